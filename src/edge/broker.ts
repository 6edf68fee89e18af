// The embedded MQTT broker: aedes under our guards, limits and access policy, with the journal before every acknowledgement.

import type { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { Aedes } from 'aedes'
import type { Client } from 'aedes'
import type { Clock, DoorMemory, Journal } from '../ports.ts'
import { brokerParts, checkAedes, clientParts } from './aedes-parts.ts'
import { createConnectHooks } from './connect-hook.ts'
import { createAcknowledgements } from './acknowledgements.ts'
import { isConsumed } from './consumed.ts'
import { createCredentialWatch } from './credential-watch.ts'
import { createDoorMemory } from './door-memory.ts'
import { guardPackets } from './guard-packets.ts'
import type { Directory } from './directory.ts'
import { createIngest } from './ingest.ts'
import { defaultLimits } from './limits.ts'
import type { Limits } from './limits.ts'
import { createListener } from './listener.ts'
import type { Endpoint, ListenOptions } from './listener.ts'
import { createBrakedLog } from './log.ts'
import type { Log } from './log.ts'
import type { AccessPolicy } from './access-policy.ts'
import { NOWHERE } from './origin.ts'
import type { Origin } from './origin.ts'
import { createPublishHook } from './publish-hook.ts'
import type { PublishCounts } from './publish-hook.ts'
import { createRefusals, NOBODY } from './refusal.ts'
import type { OnRefused } from './refusal.ts'
import { createSessionStore } from './session-store.ts'
import { createSessions } from './session.ts'
import type { Session, Sessions } from './session.ts'
import { createSignInBrake } from './sign-in-brake.ts'
import { createSubscribeHooks } from './subscribe-hook.ts'
import type { TlsFiles } from './tls-door.ts'

export interface BrokerOptions {
  /** Only `append` is used, and only for what the policy says to ingest. */
  readonly journal: Pick<Journal, 'append'>
  readonly policy: AccessPolicy
  /** Whoever it revokes is disconnected at once. */
  readonly directory?: Pick<Directory, 'onRevoked'> &
    Partial<Pick<Directory, 'get' | 'integration' | 'version'>>
  /** What is left out has its default. */
  readonly limits?: Partial<Limits>
  readonly clock: Clock
  readonly log: Log
  /** Off only to compare: every packet goes through aedes then. Default true. */
  readonly isShortPathOn?: boolean
  /** Called for every refusal; must not throw. */
  readonly onRefused?: OnRefused
}

export interface Broker {
  /** Any number of listeners, each of its kind; the answer says on which port. */
  listen(options: ListenOptions): Promise<Endpoint>
  /** New certificates for every TLS listener; throws, and keeps the old ones, when the files do not fit together. */
  renewTls(files: TlsFiles): void
  /** Takes over a connection that came another way, such as a test's pair of streams. */
  handle(connection: Duplex, origin?: Partial<Origin>): void
  /** Ends every connection of this client id; its last will is published. */
  disconnect(clientId: string): void
  /** Ends every connection of this integration account. */
  disconnectAccount(account: string): void
  /** Sends to subscribers, and to persistent sessions that are away when `qos` is above 0. */
  publish(topic: string, payload: Uint8Array | string, qos: 0 | 1 | 2): Promise<void>
  /** Authenticated connections. */
  connections(): number
  stats(): BrokerStats
  /** What was turned away lately, for people. */
  memory(): DoorMemory
  /** Waits up to a second for running commits to be acknowledged, then closes everything. Wills stay unpublished. */
  close(): Promise<void>
}

interface BrokerStats extends PublishCounts {
  readonly connections: number
  readonly kept: {
    readonly sessions: number
    readonly retained: number
    readonly queuedBytes: number
    readonly dropped: number
  }
  readonly refused: Readonly<Record<string, number>>
}

const CONCURRENT_DELIVERIES = 1_000
const LAST_COMMITS_MS = 1_000
const LAST_COMMITS_STEP_MS = 10

/** Rejects when the installed aedes is not the one the guards were made for. */
export async function createBroker(options: BrokerOptions): Promise<Broker> {
  const { clock, policy, journal } = options
  const limits: Limits = { ...defaultLimits, ...options.limits }
  const write = createBrakedLog(options.log, clock)
  const registry = options.directory
  const memory = createDoorMemory({
    clock,
    isKnown: (client) =>
      registry?.get?.(client) !== undefined || registry?.integration?.(client) !== undefined,
  })
  const refusals = createRefusals({
    log: options.log,
    clock,
    listeners: options.onRefused === undefined ? [memory.note] : [memory.note, options.onRefused],
  })
  const brake = createSignInBrake({ clock, limits })
  const sessions = createSessions()
  const allowed = new WeakSet<object>()
  const isAllowed = (subscription: object): boolean => allowed.has(subscription)
  const store = createSessionStore({ limits, clock, isAllowed })
  const shared = { policy, sessions, limits, refusals, clock }
  const watch = createCredentialWatch({ ...shared, registry })
  const acknowledgements = createAcknowledgements(shared)
  const ingest = createIngest({ ...shared, journal, qos2: store, acknowledgements })
  const publishing = createPublishHook({ ...shared, ingest })

  const aedes = await Aedes.createBroker({
    persistence: store,
    concurrency: CONCURRENT_DELIVERIES,
    connectTimeout: limits.connectTimeoutMs,
    drainTimeout: limits.drainTimeoutMs,
    queueLimit: limits.packetsBeforeConnackMax,
    maxInflightInbound: limits.qos2InFlightMax,
    maxClientsIdLength: limits.clientIdBytesMax,
    maxTopicLevels: limits.topicLevelsMax,
    ...createConnectHooks({
      ...shared,
      brake,
      watch,
      onSignedIn: (clientId) => memory.known(clientId),
    }),
    ...createSubscribeHooks({ ...shared, allowed }),
    authorizePublish: publishing.authorizePublish,
  })
  checkAedes(aedes)
  keepOneConnectionPerId(aedes, sessions)
  skipConsumed(aedes)
  // Without a listener aedes' own failures would end the process; its types do not know the event.
  const failures: EventEmitter = aedes
  failures.on('error', (error) => write('error', { err: error }, 'MQTT broker failed'))
  aedes.on('unsubscribe', (filters, client) => {
    const session = sessions.of(client)
    for (const filter of filters) session?.filters.delete(filter)
  })
  aedes.on('connectionError', (client, error) => {
    if (error.message === 'connect did not arrive in time')
      refusals.refuse(
        'connect_timeout',
        sessions.of(client) ?? NOBODY,
        null,
        `Cannot wait any longer: ${error.message}`,
      )
    write('debug', { client: client?.id, error: error.message }, 'MQTT connection ended')
  })
  aedes.on('clientError', (client, error) => {
    write('debug', { client: client?.id, error: error.message }, 'MQTT connection ended')
  })

  function handle(connection: Duplex, origin: Partial<Origin> = {}): void {
    const client = aedes.handle(connection)
    const parts = clientParts(client)
    const session = sessions.begin(client, { ...NOWHERE, ...origin })
    connection.once('close', () => sessions.end(session))
    guardPackets({
      parts,
      session,
      limits,
      clock,
      refuse: ({ reason, topic, detail }) => refusals.refuse(reason, session, topic, detail),
      takeProven: options.isShortPathOn === false ? null : publishing.takeProven,
    })
    // aedes would hold one of its delivery slots until the reader catches up, and with enough slow ones stop for everybody.
    parts.waitForDrain = (done) => {
      if (connection.writableLength > limits.unreadBytesMax && !connection.destroyed) {
        const detail = `Cannot send: ${connection.writableLength} bytes wait to be read`
        refusals.refuse('slow_reader', session, null, detail)
        connection.destroy()
      }
      setImmediate(done, null, client)
    }
  }

  function end(session: Session): void {
    sessions.end(session)
    session.client.conn.destroy()
  }

  const listener = createListener({
    limits,
    clock,
    accept: handle,
    refuse: (reason, address, detail) =>
      refusals.refuse(reason, { id: null, address }, null, detail),
    onError: (error) => write('error', { err: error }, 'MQTT listener failed'),
  })

  function disconnect(clientId: string): void {
    for (const session of sessions.withId(clientId)) end(session)
  }
  function disconnectAccount(account: string): void {
    for (const session of sessions.ofAccount(account)) end(session)
  }
  registry?.onRevoked((id) => {
    brake.forget(id)
    disconnect(id)
    disconnectAccount(id)
  })

  return {
    listen: (how) => listener.listen(how),
    renewTls: (files) => listener.renew(files),
    handle,
    disconnect,
    disconnectAccount,
    publish: (topic, payload, qos) =>
      new Promise((resolve, reject) => {
        const bytes = Buffer.from(payload)
        aedes.publish(
          { cmd: 'publish', topic, payload: bytes, qos, retain: false, dup: false },
          (error) => (error instanceof Error ? reject(error) : resolve()),
        )
      }),
    connections: () => sessions.connected,
    stats: () => ({
      ...publishing.counts(),
      connections: sessions.connected,
      kept: store.counts(),
      refused: refusals.counts(),
    }),
    memory: () => memory,
    async close() {
      listener.stop()
      publishing.stop()
      await lastCommits(clock, () => publishing.counts().unacknowledged === 0)
      for (const session of sessions.all()) end(session)
      await listener.close()
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
      watch.close()
      refusals.close()
    },
  }
}

/**
 * aedes identifies a closing connection by its client id, so that a slow close of the old one can unregister its successor, and
 * two takeovers at once leave both alive. Here the last one to authenticate holds the id, and only it can give it up.
 */
function keepOneConnectionPerId(aedes: Aedes, sessions: Sessions): void {
  const parts = brokerParts(aedes)
  const register = parts._finishRegisterClient.bind(aedes)
  const unregister = parts.unregisterClient.bind(aedes)
  parts._finishRegisterClient = (client: Client) => {
    const session = sessions.of(client)
    if (session === undefined || client.closed) return
    for (const other of sessions.withId(client.id)) {
      if (other.ordinal > session.ordinal) {
        client.conn.destroy()
        return
      }
      if (other !== session) other.client.conn.destroy()
    }
    register(client)
  }
  parts.unregisterClient = (client: Client) => {
    if (parts.clients[client.id] === client) unregister(client)
  }
}

/** What went to the journal is not for subscribers; this also saves a fifth of the broker's work per message. */
function skipConsumed(aedes: Aedes): void {
  const parts = brokerParts(aedes)
  const publish = parts.publish.bind(aedes)
  parts.publish = (packet, client, done) => {
    if (!isConsumed(packet)) publish(packet, client, done)
    else done?.(null)
  }
}

async function lastCommits(clock: Clock, isDone: () => boolean): Promise<void> {
  const deadline = clock.now() + LAST_COMMITS_MS
  while (!isDone() && clock.now() < deadline)
    await new Promise<void>((resolve) => clock.after(LAST_COMMITS_STEP_MS, resolve))
}
