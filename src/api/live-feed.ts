// What has changed, gathered into batches ten times a second at most, numbered, and kept for a while so that a reader who was away
// can catch up. Knows nothing of HTTP.

import type { Alert } from '../core/alerts/alert.ts'
import type { Latest } from '../core/effect.ts'
import type { Millis } from '../core/position.ts'
import type { Ticket } from '../core/tickets/ticket.ts'
import type { Changes, Clock } from '../ports.ts'
import { alertView } from './alert-view.ts'
import { latestView } from './latest-view.ts'
import { ticketView } from './ticket-view.ts'
import type { Times } from './times.ts'

/** The lists as JSON text, made once for all readers; null where there is nothing. */
export interface Batch {
  readonly seq: number
  readonly at: Millis
  readonly alerts: string | null
  readonly tickets: string | null
  readonly readings: string | null
  readonly presence: string | null
  readonly items: number
}

export interface LiveFeed {
  readonly epoch: string
  readonly seq: number
  /** The oldest number that can still be had again. */
  readonly ringFrom: number
  /** `<epoch>.<seq>` of now. */
  place(): string
  publish(changes: Changes): void
  /** The batches behind `seq`, without readings, or null when they cannot be had any more. */
  since(seq: number): readonly Batch[] | null
  onBatch(listener: (batch: Batch) => void): () => void
  close(): void
}

export interface LiveFeedOptions {
  readonly clock: Clock
  readonly times: Times
  /** Differs from one start of the server to the next. */
  readonly epoch: string
  /** A batch could not be made; whoever asks for it later must fetch the lists again. */
  readonly onFailed: (error: unknown) => void
  readonly flushMs?: number
  readonly ringItemsMax?: number
  readonly ringMs?: number
  /** Devices whose newest values go out with one batch; the others follow with the next ones. */
  readonly readingsMax?: number
  /** Devices that may wait; beyond it those that wait longest are dropped, a fresh reading comes anyhow. */
  readonly waitingMax?: number
}

export function createLiveFeed(options: LiveFeedOptions): LiveFeed {
  const { clock, times, epoch, flushMs = 100, ringItemsMax = 50_000, ringMs = 600_000 } = options
  const { readingsMax = 500, waitingMax = 50_000 } = options
  const alerts = new Map<string, Alert>()
  const tickets = new Map<string, Ticket>()
  const readings = new Map<string, Latest>()
  const presence = new Map<string, Changes['presence'][number]>()
  const listeners = new Set<(batch: Batch) => void>()
  const ring: Batch[] = []
  let ringItems = 0
  let seq = 0
  let lostThrough = 0
  let flushedAt = Number.NEGATIVE_INFINITY
  let cancelFlush: (() => void) | null = null

  function flush(): void {
    cancelFlush = null
    flushedAt = clock.now()
    try {
      makeBatch()
    } catch (error) {
      for (const map of [alerts, tickets, presence, readings]) map.clear()
      ring.length = 0
      ringItems = 0
      lostThrough = ++seq
      options.onFailed(error)
    }
  }

  function makeBatch(): void {
    const at = clock.now()
    const kept = {
      seq: seq + 1,
      at,
      alerts: listJson(alerts, (alert) => ({ op: 'up', ...alertView(alert, times) })),
      tickets: listJson(tickets, (ticket) => ({ op: 'up', ...ticketView(ticket, times) })),
      readings: null,
      presence: listJson(presence, ({ device, state, at }) => ({
        device,
        state,
        at: times.iso(at),
      })),
      items: alerts.size + tickets.size + presence.size,
    }
    for (const map of [alerts, tickets, presence]) map.clear()
    const batch = { ...kept, readings: takeReadings() }
    if (kept.items === 0 && batch.readings === null) return
    seq = batch.seq
    if (kept.items > 0) remember(kept)
    for (const listener of listeners) listener(batch)
    if (readings.size > 0) flushSoon()
  }

  /** The first change after a pause leaves at once; what follows gathers until the pause is over. */
  function flushSoon(): void {
    const waitMs = Math.min(flushMs, Math.max(0, flushedAt + flushMs - clock.now()))
    cancelFlush ??= clock.after(waitMs, flush)
  }

  function takeReadings(): string | null {
    const taken: Latest[] = []
    for (const [device, latest] of readings) {
      if (taken.length === readingsMax) break
      taken.push(latest)
      readings.delete(device)
    }
    return taken.length === 0 ? null : JSON.stringify(taken.map((each) => latestView(each, times)))
  }

  // Readings stay out of the ring: they would push the alerts out of it within seconds, and the newest value is a GET away.
  function remember(batch: Batch): void {
    ring.push(batch)
    ringItems += batch.items
    for (let oldest = ring[0]; oldest !== undefined && isTooMuch(oldest); oldest = ring[0]) {
      ring.shift()
      ringItems -= oldest.items
      lostThrough = oldest.seq
    }
  }

  function isTooMuch(oldest: Batch): boolean {
    return ringItems > ringItemsMax || oldest.at < clock.now() - ringMs
  }

  return {
    epoch,
    get seq() {
      return seq
    },
    get ringFrom() {
      return lostThrough + 1
    },
    place: () => `${epoch}.${seq}`,
    publish(changes) {
      for (const alert of changes.alerts) alerts.set(alert.id, alert)
      for (const ticket of changes.tickets) tickets.set(ticket.id, ticket)
      for (const change of changes.presence) presence.set(change.device, change)
      // Nobody can catch up on readings, so none are gathered while nobody listens.
      if (listeners.size > 0)
        for (const latest of changes.readings) {
          readings.set(latest.device, latest)
          if (readings.size > waitingMax) forgetOldest(readings)
        }
      if (alerts.size + tickets.size + presence.size + readings.size > 0) flushSoon()
    },
    since(from) {
      if (from < lostThrough || from > seq) return null
      return ring.filter((batch) => batch.seq > from)
    },
    onBatch(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) readings.clear()
      }
    },
    close() {
      cancelFlush?.()
      cancelFlush = null
      listeners.clear()
    },
  }
}

function listJson<T>(items: ReadonlyMap<string, T>, show: (item: T) => unknown): string | null {
  return items.size === 0 ? null : JSON.stringify([...items.values()].map(show))
}

function forgetOldest(map: Map<string, unknown>): void {
  const oldest = map.keys().next()
  if (oldest.done !== true) map.delete(oldest.value)
}
