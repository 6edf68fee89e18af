// Turns the stream's events into the page's data: snapshot, patches in order, gaps filled, heartbeats. It owns the alert store;
// tickets, readings and health go to whoever was given at the start.

import { readAlert } from '../api/alert.ts'
import { readLatest } from '../api/device.ts'
import type { Latest } from '../api/device.ts'
import type { Alert } from '../api/alert.ts'
import {
  isRecord,
  list,
  millisOrNull,
  numberOrNull,
  record,
  textOr,
  textOrNull,
} from '../api/json.ts'
import { readTicket } from '../api/ticket.ts'
import type { Ticket } from '../api/ticket.ts'
import type { Clock, ServerClock } from './clock.ts'
import type { ServerEvent } from './event-parser.ts'
import type { AlertPatch, AlertStore } from './store.ts'
import { parseStreamId } from './stream-id.ts'
import type { StreamId } from './stream-id.ts'

export interface Snapshot {
  readonly asOf: string
  readonly alerts: readonly Alert[]
}

export interface Presence {
  readonly device: string
  readonly state: string
}

export interface FeedOptions {
  readonly clock: Clock
  readonly serverClock: ServerClock
  readonly store: AlertStore
  readonly loadSnapshot: (signal: AbortSignal) => Promise<Snapshot | 'signed-out'>
  readonly onAlerts: () => void
  readonly onTickets: (tickets: readonly Ticket[]) => void
  readonly onReadings: (readings: readonly Latest[]) => void
  readonly onPresence: (presence: readonly Presence[]) => void
  readonly onHeartbeat: (ingestLagMs: number | null) => void
  /** A snapshot was taken again: what hangs on the stream besides the alerts should be loaded again too. */
  readonly onResync: () => void
}

export interface Feed {
  readonly prepare: (signal: AbortSignal) => Promise<'ready' | 'signed-out'>
  readonly onEvent: (event: ServerEvent) => 'continue' | 'caught-up' | 'restart'
}

/** Holes are filled by asking again from before them, but not more often than this. */
const REFILL_EVERY_MS = 30_000

export function createFeed(options: FeedOptions): Feed {
  const { clock, store, serverClock } = options
  let isTrusted = false
  let hadSnapshot = false
  let refilledAt = Number.NEGATIVE_INFINITY
  /**
   * Where the server was when this connection began. Up to there it repeats only what still matters (no readings), so places
   * may be missing; behind it, it sends everything.
   */
  let target: StreamId | null = null

  function onBatch(id: StreamId, data: Readonly<Record<string, unknown>>): 'continue' | 'restart' {
    const patches = list(data['alerts']).flatMap(readPatch)
    if (target !== null && id.seq > target.seq) endRepetition(id)
    const receipt = store.receive(id, patches, clock.now())
    endRepetition(id)
    if (receipt === 'lost') return distrust()
    if (receipt === 'duplicate') return 'continue'
    if (patches.length > 0) options.onAlerts()
    const tickets = list(data['tickets']).flatMap((item) => readTicket(item) ?? [])
    if (tickets.length > 0) options.onTickets(tickets)
    const readings = list(data['readings']).flatMap((item) => readLatest(item) ?? [])
    if (readings.length > 0) options.onReadings(readings)
    const presence = list(data['presence']).flatMap(readPresence)
    if (presence.length > 0) options.onPresence(presence)
    return 'continue'
  }

  function distrust(): 'restart' {
    isTrusted = false
    return 'restart'
  }

  /** A hole: ask for the missing part once; when the same answer comes again, it holds nothing for us. */
  function mendHole(id: StreamId): 'continue' | 'restart' {
    if (!store.hasHole()) return 'continue'
    if (clock.now() - refilledAt < REFILL_EVERY_MS) {
      store.settle(id)
      return 'continue'
    }
    refilledAt = clock.now()
    return 'restart'
  }

  function onHeartbeat(
    id: StreamId | null,
    data: Readonly<Record<string, unknown>>,
  ): 'continue' | 'restart' {
    options.onHeartbeat(numberOrNull(data['ingestLagMs']))
    if (id === null) return 'continue'
    if (store.receive(id, [], clock.now()) === 'lost') return distrust()
    return mendHole(id)
  }

  /** Ends the repetition once `at` is reached or passed. */
  function endRepetition(at: StreamId): void {
    if (target === null || at.seq < target.seq) return
    store.settle(target)
    target = null
  }

  function progress(verdict: 'continue' | 'restart'): 'continue' | 'caught-up' | 'restart' {
    if (verdict === 'restart') return 'restart'
    return target === null ? 'caught-up' : 'continue'
  }

  return {
    async prepare(signal) {
      target = null
      if (isTrusted) return 'ready'
      const snapshot = await options.loadSnapshot(signal)
      if (snapshot === 'signed-out') return 'signed-out'
      const at = parseStreamId(snapshot.asOf)
      if (at === null)
        throw new TypeError(
          `Cannot use the snapshot: expected asOf as <epoch>.<seq>, got "${snapshot.asOf}"`,
        )
      store.replace(snapshot.alerts, at, clock.now())
      isTrusted = true
      options.onAlerts()
      if (hadSnapshot) options.onResync()
      hadSnapshot = true
      return 'ready'
    },
    onEvent(event) {
      const data = parseData(event.data)
      const serverTime = millisOrNull(data['serverTime'])
      if (serverTime !== null) serverClock.learn(serverTime)
      const id = parseStreamId(event.id)
      if (event.event === 'resync') return distrust()
      if (event.event === 'hello') {
        const epoch = textOr(data['epoch'], id?.epoch ?? '')
        const seq = numberOrNull(data['seq'])
        const at = store.resumeFrom()
        if (at === null || at.epoch !== epoch) return distrust()
        target = seq === null ? null : { epoch, seq }
        endRepetition(at)
        return progress('continue')
      }
      if (event.event === 'hb') {
        // A heartbeat comes behind whatever was to be repeated.
        if (target !== null) endRepetition(target)
        return progress(onHeartbeat(id, data))
      }
      if (event.event === 'batch' && id !== null) return progress(onBatch(id, data))
      return 'continue'
    },
  }
}

function parseData(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text)
    return record(parsed)
  } catch {
    // An event that is not JSON carries nothing; the hole it leaves is noticed by its id.
    return {}
  }
}

function readPatch(value: unknown): AlertPatch[] {
  if (!isRecord(value)) return []
  if (value['op'] === 'rm') {
    const id = textOrNull(value['id'])
    return id === null ? [] : [{ op: 'rm', id }]
  }
  const alert = readAlert(value)
  return alert === null ? [] : [{ op: 'up', alert }]
}

function readPresence(value: unknown): Presence[] {
  const fields = record(value)
  const device = textOrNull(fields['device'])
  const state = textOrNull(fields['state'])
  return device === null || state === null ? [] : [{ device, state }]
}
