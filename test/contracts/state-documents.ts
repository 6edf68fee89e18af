// Small devices, alerts, tickets and refusals for tests of whatever keeps or shows them.

import type { Alert, TimelineEntry } from '../../src/core/alerts/alert.ts'
import type { Device, DeviceAccess } from '../../src/core/registry/device.ts'
import type { Latest } from '../../src/core/effect.ts'
import { BEFORE_FIRST, formatPosition, positionAt } from '../../src/core/position.ts'
import type { Quarantined } from '../../src/core/messages/reading.ts'
import type { CaseReport, HistoryEntry, Ticket } from '../../src/core/tickets/ticket.ts'
import type { PlacedEffect } from '../../src/ports.ts'

export const T0 = Date.UTC(2026, 10, 1, 12)

type Effect = PlacedEffect['effect']

export function placed(sequence: number, effect: Effect): PlacedEffect {
  return { position: positionAt(sequence), effect }
}

export function device(id: string, more: Partial<Device> = {}): Device {
  return {
    id,
    type: 'streetlight',
    name: `胜利路 ${id}`,
    division: '150802',
    grid: null,
    street: null,
    parent: null,
    lat: 40.75,
    lon: 107.39,
    roadClass: null,
    weakArea: false,
    department: null,
    maintainer: null,
    componentCode: null,
    rated: { power: 120 },
    simulated: false,
    createdAt: T0,
    ...more,
  }
}

export function deviceEffect(
  one: Device,
  credential: string | null = null,
  more: Partial<DeviceAccess> = {},
): Effect {
  const { id, type, division, parent, simulated } = one
  return {
    kind: 'device',
    device: one,
    access: { id, type, division, parent, simulated, credential, ...more },
    credentialChanged: credential !== null,
  }
}

export function integrationEffect(id: string, credential: string): Effect {
  const account = { id, format: 'tts', topics: ['v3/#'] } as const
  return {
    kind: 'integration',
    integration: { ...account, name: id, createdAt: T0 },
    access: { ...account, credential, previous: null },
  }
}

export function alert(id: string, more: Partial<Alert> = {}): Alert {
  return {
    id,
    device: 'L1',
    type: 'streetlight',
    division: '150802',
    deviceName: '灯',
    street: null,
    rule: 'LEAKAGE',
    severity: 'P1',
    state: 'unack_active',
    raisedAt: T0,
    since: T0,
    value: 41.2,
    limit: 30,
    unit: 'mA',
    metric: 'leakage',
    because: { code: 'above', params: { seconds: 60 } },
    text: { zh: '漏电', en: 'Leakage' },
    ticket: null,
    parent: null,
    children: 0,
    count: 1,
    ackedAt: null,
    ackedBy: null,
    returnedAt: null,
    closedAt: null,
    simulated: false,
    revision: BEFORE_FIRST,
    ...more,
  }
}

export function alertEffect(one: Alert, entry: Partial<TimelineEntry> = {}): Effect {
  return {
    kind: 'alert',
    alert: one,
    entry: { at: T0, by: 'engine', what: 'raised', note: null, ...entry },
  }
}

export function ticket(id: string, more: Partial<Ticket> = {}): Ticket {
  return {
    id,
    alert: `A-${id}`,
    device: 'L1',
    deviceName: '1 号灯',
    type: 'streetlight',
    division: '150802',
    rule: 'LEAKAGE',
    severity: 'P1',
    state: 'reported',
    caseNo: null,
    openedAt: T0,
    deadline: T0 + 3_600_000,
    text: { zh: '漏电', en: 'Leakage' },
    delivery: { state: 'queued', attempts: 0, lastError: null, nextAt: null },
    simulated: false,
    revision: BEFORE_FIRST,
    ...more,
  }
}

export function ticketEffect(one: Ticket, entry: Partial<HistoryEntry> = {}): Effect {
  return {
    kind: 'ticket',
    ticket: one,
    report: report(one),
    entry: { at: T0, by: 'engine', what: 'opened', note: null, ...entry },
  }
}

export function report(one: Ticket): CaseReport {
  return {
    externalId: one.id,
    source: '物联感知',
    eventType: '部件',
    mainType: '市政公用设施',
    subType: '路灯',
    partCode: null,
    district: one.division,
    grid: null,
    street: null,
    address: '胜利路',
    lon: null,
    lat: null,
    crs: 'WGS84',
    description: '漏电',
    occurTime: '2026-11-01T20:00:00+08:00',
    reportTime: '2026-11-01T20:00:00+08:00',
    deadline: '2026-11-01T21:00:00+08:00',
    grade: '1',
    urgency: '1',
    severity: one.severity,
    rule: one.rule,
    device: one.device,
    alert: one.alert,
    dept1: null,
    dept3: null,
    simulated: one.simulated,
  }
}

export function refused(sequence: number, more: Partial<Quarantined> = {}): Quarantined {
  const position = positionAt(sequence)
  return {
    id: `${formatPosition(position)}.0`,
    code: 'not_json',
    detail: 'Cannot decode payload: expected JSON, got 3 bytes',
    position,
    at: T0 + sequence,
    client: 'L1',
    topic: 'city/v1/150802/streetlight/L1/up',
    device: 'L1',
    payload: Uint8Array.of(0, 255, 7),
    http: false,
    simulated: false,
    ...more,
  }
}

export function latest(id: string, more: Partial<Latest> = {}): Latest {
  return {
    device: id,
    ts: T0,
    receivedAt: T0 + 500,
    simulated: false,
    values: { power: { value: 92.5, ts: T0 } },
    ...more,
  }
}
