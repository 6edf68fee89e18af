// A small city behind the API: the real state store in a temporary directory, the telemetry in memory, and in place of the engine
// a few lines that answer commands as the port says.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { createApi } from '../../../src/api/api.ts'
import type { Api, ApiParts } from '../../../src/api/parts.ts'
import { parseCaseEvent } from '../../../src/cases/event.ts'
import { createManualClock, type ManualClock } from '../../../src/clock.ts'
import type { Alert } from '../../../src/core/alerts/alert.ts'
import type { Device, DeviceAccess } from '../../../src/core/registry/device.ts'
import type { DeviceType } from '../../../src/core/device-type.ts'
import type { Latest } from '../../../src/core/effect.ts'
import type { Outcome } from '../../../src/core/input.ts'
import type { IntegrationAccess } from '../../../src/core/registry/integration.ts'
import { positionAt, type Position } from '../../../src/core/position.ts'
import type { Reading } from '../../../src/core/messages/reading.ts'
import type { PayloadFormat } from '../../../src/core/messages/record.ts'
import type { CaseReport, Ticket } from '../../../src/core/tickets/ticket.ts'
import { createAccountCheck } from '../../../src/edge/account-check.ts'
import { isOneNetSignature } from '../../../src/edge/onenet-signature.ts'
import { createCredentials } from '../../../src/edge/credentials.ts'
import { createDirectory } from '../../../src/edge/directory.ts'
import type {
  Changes,
  DoorRefusal,
  PipelineStatus,
  PlacedEffect,
  StateStore,
  Submit,
  TelemetryStore,
  UnknownClient,
} from '../../../src/ports.ts'
import { openStateReader } from '../../../src/store/state/state-reader.ts'
import { openState } from '../../../src/store/state/state.ts'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'
import { chooseWindow } from '../../../src/store/telemetry/choose-window.ts'
import { createPlainReader } from '../../../src/store/telemetry/plain-reader.ts'

/** What OneNET signs with. */
export const ONENET_TOKEN = 'onenet-token'
export const TOKEN = 'a-token-for-tests-of-48-characters-0123456789abc'
export const SIGN_IN_KEY = 'a-key-for-the-sign-in-link-of-the-tests'
export const START = Date.parse('2026-11-01T22:30:00+08:00')
export const bearer = { authorization: `Bearer ${TOKEN}` }

export const streetlight: DeviceType = {
  id: 'streetlight',
  name: { zh: '路灯', en: 'Street light' },
  component: '0102',
  department: '路灯管理所',
  reportSeconds: 900,
  metrics: [
    {
      id: 'leakage',
      name: { zh: '漏电流', en: 'Leakage' },
      unit: 'mA',
      kind: 'number',
      min: 0,
      max: 1000,
      precision: 1,
    },
    {
      id: 'lamp_on',
      name: { zh: '亮灯', en: 'Lamp on' },
      unit: '1',
      kind: 'boolean',
      min: 0,
      max: 1,
      precision: 0,
      onChange: true,
    },
  ],
  rules: [
    {
      id: 'LEAKAGE',
      name: { zh: '漏电', en: 'Leakage' },
      severity: 'P1',
      when: { kind: 'above', of: { metric: 'leakage' }, limit: 30 },
      confirm: { samples: 2, of: 3, seconds: 0 },
      clear: { deadband: 5, samples: 2, seconds: 0 },
      ticket: true,
      text: { zh: '漏电流 {value}', en: 'Leakage {value}' },
      standard: { ref: 'proposal', status: 'proposal' },
    },
  ],
}

export interface City {
  readonly api: Api
  readonly app: Api['app']
  readonly clock: ManualClock
  readonly store: StateStore
  readonly telemetry: TelemetryStore
  readonly logLines: string[]
  /** Inputs that were submitted, oldest first. */
  readonly submitted: Parameters<Submit>[0][]
  /** What came through the doors of platforms that push. */
  readonly pushed: { format: PayloadFormat; payload: string; by: string }[]
  /** What the MQTT door remembers, newest first. */
  readonly refusals: DoorRefusal[]
  readonly unknownClients: UnknownClient[]
  /** Applies effects to the read models, and tells the API what changed when asked to. */
  apply(effects: readonly PlacedEffect['effect'][], latest?: readonly Latest[]): void
  announce(changes: Partial<Changes>): void
  close(): Promise<void>
}

export async function openCity(
  overrides: (parts: ApiParts) => Partial<ApiParts> = () => ({}),
): Promise<City> {
  const directory = mkdtempSync(join(tmpdir(), 'hetao-api-'))
  const clock = createManualClock(START)
  const store = openState({ file: join(directory, 'state.db') })
  const reader = openStateReader({ file: join(directory, 'state.db') })
  const telemetry = createMemoryTelemetry({ types: [streetlight] })
  const logLines: string[] = []
  const submitted: Parameters<Submit>[0][] = []
  const pushed: { format: PayloadFormat; payload: string; by: string }[] = []
  const refusals: DoorRefusal[] = []
  const unknownClients: UnknownClient[] = []
  const credentials = createCredentials(Buffer.alloc(32, 7))
  const directoryOfAccounts = createDirectory()
  const listeners = new Set<(changes: Changes) => void>()
  let sequence = 0

  const apply: City['apply'] = (effects, latest = []) => {
    const position = positionAt(++sequence)
    store.apply(
      effects.map((effect) => ({ position, effect })),
      latest,
      position,
    )
  }
  const submit: Submit = async (input) => {
    submitted.push(input)
    return input.kind === 'command'
      ? carryOut(input.command, input.by)
      : { ok: true, note: 'applied' }
  }

  function carryOut(
    command: Extract<Parameters<Submit>[0], { kind: 'command' }>['command'],
    by: string,
  ): Outcome {
    switch (command.kind) {
      case 'devices.register':
        apply(command.devices.map((fields) => deviceEffect({ ...fields, createdAt: clock.now() })))
        return APPLIED
      case 'device.update': {
        const known = reader.device(command.id)
        if (known === null) return refused('not_found', command.id)
        const {
          presence: _presence,
          lastSeenAt: _lastSeenAt,
          hasCredential: _has,
          previousCredentialUntil: _until,
          revoked: _revoked,
          ...device
        } = known
        apply([deviceEffect({ ...device, ...command.patch })])
        return APPLIED
      }
      case 'device.remove':
        if (reader.device(command.id) === null) return refused('not_found', command.id)
        apply([{ kind: 'device_removed', id: command.id }])
        return APPLIED
      case 'device.credential':
        return reader.device(command.id) === null ? refused('not_found', command.id) : APPLIED
      case 'device.revoke': {
        const known = reader.device(command.id)
        if (known === null) return refused('not_found', command.id)
        apply([deviceEffect(known, { revoked: true })])
        return APPLIED
      }
      case 'integration.create': {
        const { integration, hash } = command
        if (reader.integrations().some(({ id }) => id === integration.id))
          return refused('already_exists', integration.id)
        putAccount({ ...integration, credential: hash, previous: null })
        return APPLIED
      }
      case 'integration.credential': {
        const known = directoryOfAccounts.integration(command.id)
        if (known === undefined) return refused('not_found', command.id)
        const { hash, previousUntil } = command
        const previous =
          previousUntil === null ? null : { hash: known.credential, until: previousUntil }
        putAccount({ ...known, credential: hash, previous })
        return APPLIED
      }
      case 'integration.remove':
        if (directoryOfAccounts.integration(command.id) === undefined)
          return refused('not_found', command.id)
        directoryOfAccounts.removeIntegration(command.id)
        apply([{ kind: 'integration_removed', id: command.id }])
        return APPLIED
      case 'alerts.acknowledge': {
        const found = command.ids.map((id) => reader.alert(id)?.alert ?? null)
        if (found.includes(null)) return refused('not_found', command.ids.join())
        apply(
          found.flatMap((alert) =>
            alert === null
              ? []
              : [
                  alertEffect(
                    { ...alert, state: 'acked_active', ackedAt: clock.now(), ackedBy: by },
                    { what: 'acknowledged', by, note: command.comment },
                  ),
                ],
          ),
        )
        return APPLIED
      }
      case 'alert.comment':
        return reader.alert(command.id) === null ? refused('not_found', command.id) : APPLIED
      case 'ticket.retry':
        if (reader.ticket(command.id) === null) return refused('not_found', command.id)
        return reader.ticket(command.id)?.ticket.delivery.state === 'delivered'
          ? refused('not_allowed', command.id)
          : APPLIED
      case 'reading.refused':
        return refused('not_allowed', command.reading.device)
      default:
        throw new TypeError(`Cannot carry out ${String(command satisfies never)}`)
    }
  }

  function putAccount(access: IntegrationAccess): void {
    const { id, format, topics } = access
    const integration = { id, name: id, format, topics, createdAt: clock.now() }
    apply([{ kind: 'integration', integration, access }])
    directoryOfAccounts.putIntegration(access)
  }

  const parts: ApiParts = {
    mode: 'serve',
    types: [streetlight],
    timeZone: 'Asia/Shanghai',
    reader,
    telemetry: createPlainReader({
      store: telemetry,
      types: [streetlight],
      timeZone: 'Asia/Shanghai',
    }),
    chooseWindow,
    retentionPolicy: { raw: '90d,streetlight=30d', '1m': '400d', '1h': '1830d', '1d': 'forever' },
    submit,
    ingest: async () => ({ kind: 'committed', position: positionAt(7), receivedAt: START }),
    redrive: async () => ({ kind: 'committed', position: positionAt(8), receivedAt: START }),
    push: async (format, payload, by) => {
      pushed.push({ format, payload: Buffer.from(payload).toString('latin1'), by })
      return { kind: 'committed', position: positionAt(9), receivedAt: START }
    },
    makeCredential: (holder) =>
      holder === 'device'
        ? { password: 'made-password', hash: 'abc123' }
        : credentials.make(holder),
    isOneNetSigned: (signed) => isOneNetSignature(ONENET_TOKEN, signed),
    accounts: createAccountCheck({ directory: directoryOfAccounts, credentials, clock }),
    door: {
      refusals: (client) => refusals.filter((one) => one.client === client),
      unknownClients: () => unknownClients,
    },
    reference: { divisions, components: [{ code: '0102' }, { code: '0118' }, { code: '0120' }] },
    pipeline: () => idlePipeline,
    ready: () => ({ ok: true }),
    onChanges(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    checkCaseSignature: (headers) =>
      headers['webhook-signature'] === 'right'
        ? { ok: true }
        : { ok: false, reason: 'webhook-signature: expected the right one' },
    parseCaseEvent,
    adminToken: TOKEN,
    signInKey: SIGN_IN_KEY,
    clock,
    log: pino({ level: 'info' }, { write: (line: string) => void logLines.push(line) }),
    pagesDirectory: null,
    publicUrl: null,
    metrics: [],
  }
  const api = await createApi({ ...parts, ...overrides(parts) })
  return {
    api,
    app: api.app,
    clock,
    store,
    telemetry,
    logLines,
    submitted,
    pushed,
    refusals,
    unknownClients,
    apply,
    announce(changes) {
      for (const listener of listeners)
        listener({ alerts: [], tickets: [], readings: [], presence: [], ...changes })
    },
    async close() {
      await api.close()
      reader.close()
      store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

const divisions = [
  { code: '150821', name: { zh: '五原县', en: 'Wuyuan' } },
  { code: '150802', name: { zh: '临河区', en: 'Linhe' } },
]

const APPLIED: Outcome = { ok: true, note: 'applied' }

function refused(code: 'not_found' | 'not_allowed' | 'already_exists', id: string): Outcome {
  return { ok: false, code, detail: `Refused: "${id}"`, errors: [] }
}

export const idlePipeline: PipelineStatus = {
  journaled: 12,
  stored: 9,
  quarantined: 2,
  duplicate: 1,
  revised: 0,
  pending: 0,
  holds: true,
  lagMs: 40,
  cursors: [{ name: 'engine', position: '0-12', lagMs: 40 }],
  refused: { wrong_password: 3 },
  journal: { bytesOnDisk: 4096, segments: 1, pendingEntries: 0, holding: null },
  connections: 5,
  telemetry: {
    kind: 'influx',
    state: 'unreachable',
    since: START - 60_000,
    detail: 'connect ECONNREFUSED 127.0.0.1:8086',
    server: 'InfluxDB 2.7.10',
    rollups: { through: START - 300_000, lagMs: 240_000, dirty: 3 },
    retention: { at: START - 3_600_000, pieces: 2, bytes: null },
  },
}

export function device(fields: Partial<Device> = {}): Device {
  return {
    id: 'LH-L-00012',
    type: 'streetlight',
    name: '胜利路 12 号灯',
    division: '150802',
    grid: null,
    street: '胜利路',
    parent: null,
    lat: 40.7512,
    lon: 107.3921,
    roadClass: '主干道',
    weakArea: false,
    department: '路灯管理所',
    maintainer: null,
    componentCode: '1508020118000012',
    rated: { power: 120 },
    simulated: false,
    createdAt: START,
    ...fields,
  }
}

export function deviceEffect(
  entry: Device,
  access: Partial<DeviceAccess> = {},
): PlacedEffect['effect'] {
  const { id, type, division, parent, simulated } = entry
  return {
    kind: 'device',
    device: entry,
    access: { id, type, division, parent, simulated, credential: null, ...access },
    credentialChanged: false,
  }
}

export function alert(fields: Partial<Alert> = {}): Alert {
  return {
    id: 'A.LH-L-00012.LEAKAGE.1',
    device: 'LH-L-00012',
    type: 'streetlight',
    division: '150802',
    deviceName: '胜利路 12 号灯',
    street: '胜利路',
    rule: 'LEAKAGE',
    severity: 'P1',
    state: 'unack_active',
    raisedAt: START - 60_000,
    since: START - 120_000,
    value: 41.2,
    limit: 30,
    unit: 'mA',
    metric: 'leakage',
    because: { code: 'above', params: { value: 41.2, limit: 30 } },
    text: { zh: '漏电流 41.2 mA', en: 'Leakage 41.2 mA' },
    ticket: 'T.LH-L-00012.LEAKAGE.1',
    parent: null,
    children: 0,
    count: 1,
    ackedAt: null,
    ackedBy: null,
    returnedAt: null,
    closedAt: null,
    simulated: false,
    revision: positionAt(3),
    ...fields,
  }
}

export function alertEffect(
  entry: Alert,
  change: { what?: 'raised' | 'acknowledged'; by?: string; note?: string | null } = {},
): PlacedEffect['effect'] {
  const { what = 'raised', by = 'engine', note = null } = change
  return { kind: 'alert', alert: entry, entry: { at: entry.raisedAt, by, what, note } }
}

export function ticket(fields: Partial<Ticket> = {}): Ticket {
  return {
    id: 'T.LH-L-00012.LEAKAGE.1',
    alert: 'A.LH-L-00012.LEAKAGE.1',
    device: 'LH-L-00012',
    deviceName: '胜利路 12 号灯',
    type: 'streetlight',
    division: '150802',
    rule: 'LEAKAGE',
    severity: 'P1',
    state: 'reported',
    caseNo: null,
    openedAt: START - 60_000,
    deadline: START + 86_340_000,
    text: { zh: '漏电流 41.2 mA', en: 'Leakage 41.2 mA' },
    delivery: { state: 'queued', attempts: 0, lastError: null, nextAt: null },
    simulated: false,
    revision: positionAt(3),
    ...fields,
  }
}

export function ticketEffect(entry: Ticket): PlacedEffect['effect'] {
  return {
    kind: 'ticket',
    ticket: entry,
    report: report(entry),
    entry: { at: entry.openedAt, by: 'engine', what: 'opened', note: null },
  }
}

export function latest(fields: Partial<Latest> = {}): Latest {
  return {
    device: 'LH-L-00012',
    ts: START - 1000,
    receivedAt: START,
    simulated: false,
    values: { leakage: { value: 41.2, ts: START - 1000 } },
    ...fields,
  }
}

/** One reading of leakage; the type has six more metrics. */
export function leakage(ts: number, value: number, id = 'LH-L-00012'): Reading {
  return {
    device: id,
    type: 'streetlight',
    division: '150802',
    ts,
    receivedAt: ts,
    seq: null,
    values: [value, ...Array.from({ length: 6 }, () => Number.NaN)],
    simulated: false,
    redriven: false,
    position: positionAt(2),
  }
}

export function quarantined(sequence: number, payload: Uint8Array): PlacedEffect['effect'] {
  const position: Position = positionAt(sequence)
  return {
    kind: 'quarantine',
    item: {
      id: `0-${sequence}.0`,
      position,
      at: START,
      client: 'LH-L-00012',
      topic: 'city/v1/150802/streetlight/LH-L-00012/up',
      device: 'LH-L-00012',
      code: 'not_json',
      detail: 'Cannot read the payload: expected JSON',
      payload,
      http: false,
      simulated: false,
    },
  }
}

function report(entry: Ticket): CaseReport {
  return {
    externalId: entry.id,
    source: '物联感知',
    eventType: '部件',
    mainType: '公用设施',
    subType: '路灯',
    partCode: null,
    district: entry.division,
    grid: null,
    street: null,
    address: '胜利路',
    lon: null,
    lat: null,
    crs: 'WGS84',
    description: entry.text.zh,
    occurTime: '2026-11-01T22:28:00.000+08:00',
    reportTime: '2026-11-01T22:29:00.000+08:00',
    deadline: '2026-11-02T22:29:00.000+08:00',
    grade: '重大',
    urgency: '紧急',
    severity: entry.severity,
    rule: entry.rule,
    device: entry.device,
    alert: entry.alert,
    dept1: null,
    dept3: null,
    simulated: false,
  }
}
