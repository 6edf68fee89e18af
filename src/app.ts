// The composition root: builds the product in a straight line, registers what must be undone as soon as it exists, and undoes it
// last in, first out. Read it from top to bottom to follow a message.

import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { deviceTypes } from '../devices/index.ts'
import { componentClasses } from '../devices/reference/components.ts'
import { divisions } from '../devices/reference/divisions.ts'
import { createApi } from './api/api.ts'
import { createDispatcher } from './cases/dispatcher.ts'
import { parseCaseEvent } from './cases/event.ts'
import { createSignatureCheck } from './cases/signature.ts'
import { createWebhook } from './cases/webhook.ts'
import { systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { openDoors, tlsFiles, type Addresses } from './doors.ts'
import { FLAG_HTTP, FLAG_REDRIVEN, FLAG_SIMULATED, flagsOfFormat } from './core/messages/record.ts'
import type { Position } from './core/position.ts'
import type { Quarantined } from './core/messages/reading.ts'
import { retentionWarnings } from './core/telemetry/retention-policy.ts'
import { createAccountCheck } from './edge/account-check.ts'
import { createBroker } from './edge/broker.ts'
import { createCredentials } from './edge/credentials.ts'
import { createDirectory } from './edge/directory.ts'
import { createIngestDoor, createPushDoor } from './edge/http-door.ts'
import { isOneNetSignature, type OneNetSigned } from './edge/onenet-signature.ts'
import { createDevicePolicy } from './edge/policy.ts'
import { startEngine, type EngineLink } from './engine-link.ts'
import type { JournalIo } from './journal/journal-io.ts'
import { openJournal } from './journal/journal.ts'
import type { Log } from './log.ts'
import { createPipelineStatus } from './pipeline-status.ts'
import type { Report } from './pipeline/messages.ts'
import type { AppendOutcome, CaseSystem, Changes, CommittedChunk, Journal } from './ports.ts'
import { openStateReader } from './store/state/state-reader.ts'
import { openState } from './store/state/state.ts'
import { chooseWindow } from './store/telemetry/choose-window.ts'
import { createSubmit } from './submit.ts'
import { startTelemetry } from './telemetry-link.ts'
import { influxOf, noteTelemetry, retentionOf, retentionText } from './telemetry-settings.ts'
import { createRefusals } from './telemetry-refusals.ts'

export interface AppOptions {
  readonly config: Config
  readonly log: Log
  readonly mode: 'serve' | 'demo'
  /** Opens one session through the sign-in link, once; demo only. */
  readonly signInKey?: string
  /** The engine thread died: the process must end, and the next start recovers. */
  readonly onDeath: (error: Error) => void
  /** The journal's disk, when it is not the machine's: the crash test hands in one that fails. */
  readonly journalIo?: JournalIo
}

export interface App {
  readonly addresses: Addresses
  /** Reads the certificate files again; throws, and keeps the old ones, when they do not fit. */
  renewTls(): void
  close(): Promise<void>
}

export async function startApp(options: AppOptions): Promise<App> {
  const { config, log } = options
  const clock = systemClock
  const undo: (() => void | Promise<void>)[] = []
  const close = async () => {
    let failure: unknown = null
    for (let step = undo.pop(); step !== undefined; step = undo.pop())
      try {
        await step()
      } catch (error) {
        // The others must still be undone: above all the engine and the journal.
        log.error({ err: error }, 'a part did not stop')
        failure ??= error
      }
    if (failure !== null) throw failure
  }
  try {
    // The data directory and its key.
    const directory = resolve(config.HETAO_DATA_DIR)
    makePrivate(directory)
    const credentials = createCredentials(deviceKey(directory))
    const stateFile = join(directory, 'state.db')

    // The journal. Its chunks go to the engine; until that has started, what is committed is read from disk by the recovery.
    let engine: EngineLink | null = null
    const deliver = (chunk: CommittedChunk) => {
      if (engine === null) early.push(chunk)
      else engine.send(chunk)
    }
    const early: CommittedChunk[] = []
    const { journal, repair } = await openJournal({
      directory: join(directory, 'journal'),
      // Positions the state has seen are never used again, not even when the disk has lost the journal's last records.
      after: appliedBy(stateFile),
      clock,
      segmentBytes: config.HETAO_JOURNAL_SEGMENT,
      maxBytes: config.HETAO_JOURNAL_MAX,
      retentionMs: config.HETAO_RETENTION_JOURNAL,
      deliver,
      onHold: (reason) =>
        reason === null
          ? log.info('journal goes on')
          : log.warn({ reason }, 'journal holds acknowledgements'),
      onFull: () => engine?.makeRoom(),
      ...(options.journalIo === undefined ? {} : { io: options.journalIo }),
    })
    undo.push(() => journal.close())
    // The journal's lock is ours, so this can only be the word of a process that has ended.
    const addressesFile = join(directory, 'addresses.json')
    const forgetAddresses = () => rmSync(addressesFile, { force: true })
    forgetAddresses()
    undo.push(forgetAddresses)
    if (repair.torn.length + repair.damaged.length > 0 || repair.tookOverFrom !== null)
      log.warn({ repair }, 'journal repaired')

    // The telemetry thread: keeps what the engine accepts, and answers what people ask of it. It opens while the engine starts.
    const isEmbedded = config.HETAO_STORE === 'embedded'
    const retention = retentionOf(config)
    const typeIds = deviceTypes.map(({ id }) => id)
    for (const warning of retentionWarnings(retention, typeIds)) log.warn(warning)
    const channel = new MessageChannel()
    const through = journal.committed
    const opening = startTelemetry({
      sink: channel.port1,
      data: {
        directory: join(directory, 'telemetry'),
        timeZone: config.HETAO_TIMEZONE,
        influx: isEmbedded ? null : influxOf(config),
        retention,
        journaledBefore: through,
      },
      refuse: createRefusals({ journal }),
      onStatus: noteTelemetry(log),
      onProblem: (problem, detail) => log.error({ detail }, problem),
      onDeath: options.onDeath,
    })
    // Whoever waits for it is told; until then nobody need be.
    opening.catch(() => {})
    undo.push(async () => (await opening.catch(() => null))?.stop())

    // The engine thread: recovers from snapshot and tail, then decides.
    const directoryOfDevices = createDirectory()
    const listeners = new Set<(changes: Changes) => void>()
    const submit = createSubmit({ journal, clock })
    let report: Report | null = null
    let noteReport: (next: Report) => void = () => {}
    let sendReply: (topic: string, payload: Uint8Array) => void = () => {}
    const onReport = (next: Report) => {
      report = next
      noteReport(next)
      for (const { access } of next.access) directoryOfDevices.put(access)
      for (const id of next.removed) directoryOfDevices.remove(id)
      for (const access of next.integrations) directoryOfDevices.putIntegration(access)
      for (const id of next.integrationsRemoved) directoryOfDevices.removeIntegration(id)
      for (const { topic, payload } of next.replies) sendReply(topic, payload)
      for (const [position, outcome] of next.outcomes) submit.settle(position, outcome)
      for (const listener of listeners) listener(next.changes)
    }
    const link = await startEngine({
      clock,
      data: {
        dataDirectory: directory,
        timeZone: config.HETAO_TIMEZONE,
        snapshotEveryMs: config.HETAO_SNAPSHOT_EVERY,
        through,
        telemetry: channel.port2,
        telemetryIsLocal: isEmbedded,
        telemetryStore: config.HETAO_STORE,
      },
      onConsumed: (memory) => journal.release(memory),
      onReport,
      onSnapshot: (needed) => {
        journal
          .retain(needed)
          .catch((error: unknown) => log.error({ err: error }, 'journal retention failed'))
      },
      onProblem: (problem, detail) => log.error({ detail }, problem),
      onDeath: options.onDeath,
    }).catch(async (error: unknown) => {
      // An engine that finds no telemetry says less than the telemetry that did not open.
      await opening
      throw error
    })
    const telemetry = await opening
    engine = link
    for (const chunk of early)
      if (chunk.first > through) link.send(chunk)
      else journal.release(chunk.bytes.buffer as ArrayBuffer)
    undo.push(() => link.stop())

    // What the doors and people read.
    const reader = openStateReader({ file: stateFile })
    undo.push(() => reader.close())
    for (const access of reader.access()) directoryOfDevices.put(access)
    for (const access of reader.integrationAccess()) directoryOfDevices.putIntegration(access)

    // Devices come in.
    const status = createPipelineStatus({
      clock,
      journal,
      report: () => report ?? link.report,
      waitingSince: () => link.waitingSince,
      broker: () => broker.stats(),
      telemetry: () => telemetry.status,
    })
    noteReport = (next) => status.reported(next)
    const broker = await createBroker({
      journal,
      directory: directoryOfDevices,
      policy: createDevicePolicy({ directory: directoryOfDevices, credentials }),
      clock,
      log,
      limits: {
        connectionsMax: config.HETAO_MQTT_CONNECTIONS_MAX,
        connectionsPerAddressMax: config.HETAO_MQTT_CONNECTIONS_PER_ADDRESS,
        messagesPerSecondMax: config.HETAO_MQTT_RATE,
        messagesBurstMax: config.HETAO_MQTT_RATE * 4,
      },
    })
    undo.push(() => broker.close())
    // What a network expects to hear back. Whoever is not there to hear it sends its message again.
    sendReply = (topic, payload) => {
      broker
        .publish(topic, payload, 0)
        .catch((error: unknown) => log.warn({ err: error, topic }, 'a reply was not sent'))
    }

    // Tickets go out.
    const dispatcher = createDispatcher({
      cases: caseSystemOf(config),
      outbox: (limit) => (config.HETAO_CASES === 'none' ? [] : reader.outbox(limit)),
      submit: submit.submit,
      clock,
      log,
      random: () => randomBytes(4).readUInt32LE() / 2 ** 32,
    })
    undo.push(() => dispatcher.close())
    listeners.add((changes) => {
      if (changes.tickets.length > 0) dispatcher.wake()
    })

    // People and systems.
    const inbound = config.HETAO_CASES_INBOUND_SECRET
    const pages = resolve(import.meta.dirname, '../dashboards/web/dist')
    const api = await createApi({
      mode: options.mode,
      types: deviceTypes,
      timeZone: config.HETAO_TIMEZONE,
      reader,
      telemetry: telemetry.reader,
      chooseWindow,
      retentionPolicy: retentionText(retention),
      submit: submit.submit,
      ingest: createIngestDoor({ journal, directory: directoryOfDevices }),
      push: createPushDoor({ journal }),
      redrive: (item, by) => redrive(journal, item, by),
      makeCredential: (holder) => credentials.make(holder),
      accounts: createAccountCheck({ directory: directoryOfDevices, credentials, clock }),
      isOneNetSigned: oneNetCheck(config.HETAO_ONENET_TOKEN),
      door: broker.memory(),
      reference: { divisions, components: componentClasses },
      pipeline: () => status.read(),
      ready: () => status.ready(),
      onChanges(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      checkCaseSignature:
        inbound === null ? null : createSignatureCheck({ secrets: [inbound], clock }),
      parseCaseEvent,
      adminToken: config.HETAO_ADMIN_TOKEN,
      signInKey: options.signInKey ?? null,
      clock,
      log,
      pagesDirectory: existsSync(join(pages, 'index.html')) ? pages : null,
      publicUrl: config.HETAO_PUBLIC_URL,
      metrics: [],
    })
    undo.push(() => api.close())

    // Open the doors, and say where they are.
    const addresses = await openDoors(config, broker, api)
    writeFileSync(addressesFile, `${JSON.stringify(addresses)}\n`, {
      mode: 0o600,
    })
    log.info(addresses, 'listening')
    dispatcher.wake()
    return {
      addresses,
      renewTls() {
        const tls = tlsFiles(config)
        if (tls !== null) broker.renewTls(tls)
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function caseSystemOf(config: Config): CaseSystem {
  const { HETAO_CASES_URL: url, HETAO_CASES_SECRET: secret } = config
  if (config.HETAO_CASES === 'none' || url === null || secret === null)
    return {
      file: () => Promise.resolve({ kind: 'rejected', error: 'No case system is configured' }),
    }
  return createWebhook({ url, secret, clock: systemClock })
}

function oneNetCheck(token: string | null): ((signed: OneNetSigned) => boolean) | null {
  return token === null ? null : (signed) => isOneNetSignature(token, signed)
}

function makePrivate(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    chmodSync(directory, 0o700)
  } catch (error) {
    throw new Error(`HETAO_DATA_DIR: expected a directory of our own, got "${directory}"`, {
      cause: error,
    })
  }
}

function appliedBy(stateFile: string): Position {
  const state = openState({ file: stateFile })
  try {
    return state.applied
  } finally {
    state.close()
  }
}

/** Devices' secrets are kept as a hash under this key; without it a stolen database tells nothing. */
function deviceKey(directory: string): Buffer {
  const file = join(directory, 'device.key')
  if (!existsSync(file)) writeFileSync(file, randomBytes(32), { mode: 0o600, flag: 'wx' })
  const key = readFileSync(file)
  if (key.length !== 32) throw new Error(`Cannot use ${file}: expected 32 bytes, got ${key.length}`)
  return key
}

/** Puts a quarantined message before the pipeline again, as it came, with the time it came. */
function redrive(journal: Journal, item: Quarantined, by: string): Promise<AppendOutcome> {
  const payload = Buffer.alloc(16 + item.payload.length)
  payload.writeDoubleLE(item.at)
  payload.writeDoubleLE(item.position, 8)
  payload.set(item.payload, 16)
  return new Promise((done) =>
    journal.append(
      {
        kind: 'message',
        flags:
          FLAG_REDRIVEN |
          flagsOfFormat(item.format ?? 'canonical') |
          (item.http ? FLAG_HTTP : 0) |
          (item.simulated ? FLAG_SIMULATED : 0),
        client: item.client === '' ? by : item.client,
        topic: item.topic,
        payload,
      },
      done,
    ),
  )
}
