// The product on one thread without sockets, disk or wall clock, for simulations and replays: the same pipeline and dispatcher,
// turned by hand, with a hash over everything they decide.

import { createHash } from 'node:crypto'
import { createDispatcher, type Dispatcher } from './cases/dispatcher.ts'
import { yieldToLoop, type ManualClock } from './clock.ts'
import type { DeviceType } from './core/device-type.ts'
import type { Effect } from './core/effect.ts'
import type { Command, Outcome } from './core/input.ts'
import { later, type Millis } from './core/position.ts'
import { FLAG_SIMULATED, type JournalRecord } from './core/messages/record.ts'
import { createPipeline } from './pipeline/pipeline.ts'
import type { CaseSystem, OutboxItem, TelemetryStore, WriteCounts } from './ports.ts'
import { createMemoryTelemetry } from './store/memory/memory.ts'

export interface OfflineOptions {
  readonly clock: ManualClock
  readonly types: readonly DeviceType[]
  readonly timeZone: string
  /** Null: tickets stay in the outbox. */
  readonly cases: CaseSystem | null
  readonly onEffect?: (effect: Effect) => void
}

export interface OfflineResult {
  /** SHA-256 over every effect in order: equal inputs give equal hashes, at any speed. */
  readonly hash: string
  readonly readings: number
  readonly items: { readonly journaled: number; readonly quarantined: number } & WriteCounts
}

export interface OfflineApp {
  /** A device's message, received now. */
  publish(message: {
    client: string
    topic: string
    payload: string | Uint8Array
    simulated: boolean
  }): void
  /** A command given now; applied at once. */
  command(by: string, command: Command): Outcome
  /** Lets time pass: timers and deliveries happen on the way, at their times. */
  advance(to: Millis): Promise<void>
  result(): Promise<OfflineResult>
  close(): Promise<void>
}

const TELEMETRY_BATCH = 4_096

export function createOfflineApp(options: OfflineOptions): OfflineApp {
  const { clock } = options
  const pipeline = createPipeline({ types: options.types, timeZone: options.timeZone })
  const telemetry: TelemetryStore = createMemoryTelemetry({
    types: options.types,
    keep: false,
  })
  const hash = createEffectHash()
  const outbox = new Map<string, OutboxItem>()
  let readings: Extract<Effect, { kind: 'reading' }>['reading'][] = []
  let outcome: Outcome | null = null
  let woken = false
  const dispatcher = options.cases === null ? null : dispatcherOf(options.cases)

  function emit(effect: Effect): void {
    hash.add(effect)
    options.onEffect?.(effect)
    if (effect.kind === 'reading') readings.push(effect.reading)
    else if (effect.kind === 'outcome') outcome = effect.outcome
    else if (effect.kind === 'ticket') {
      const { ticket, report } = effect
      if (ticket.delivery.state === 'queued' || ticket.delivery.state === 'retrying')
        outbox.set(ticket.id, { ticket, report })
      else outbox.delete(ticket.id)
      woken = true
    }
  }

  function consume(record: Omit<JournalRecord, 'receivedAt'>): void {
    pipeline.consume({ ...record, receivedAt: clock.now() }, later(pipeline.position), emit)
  }

  function input(kind: 'command' | 'answer', by: string, body: unknown): Outcome {
    outcome = null
    consume({ kind, flags: 0, client: by, topic: '', payload: Buffer.from(JSON.stringify(body)) })
    return (
      outcome ?? { ok: false, code: 'invalid', detail: 'The engine gave no outcome', errors: [] }
    )
  }

  function dispatcherOf(cases: CaseSystem): Dispatcher {
    return createDispatcher({
      cases,
      outbox: (limit) => [...outbox.values()].slice(0, limit),
      submit: (entry) =>
        Promise.resolve(
          entry.kind === 'command'
            ? input('command', entry.by, entry.command)
            : input('answer', entry.by, entry.answer),
        ),
      clock,
      log: { info: () => {}, warn: () => {} },
      // Middle of the jitter: a simulation must not depend on chance.
      random: () => 0.5,
    })
  }

  /** Lets deliveries that are under way get as far as they can at this moment. */
  async function settle(): Promise<void> {
    if (dispatcher === null) return
    // The first wake only sets a timer of the simulated clock; there is nothing to yield to until that has run.
    if (woken) {
      woken = false
      dispatcher.wake()
    }
    for (let round = 0; round < 3 && (woken || dispatcher.status().inFlight > 0); round++) {
      if (woken) {
        woken = false
        dispatcher.wake()
      }
      await yieldToLoop()
    }
  }

  async function store(): Promise<void> {
    const batch = readings
    readings = []
    await telemetry.write(batch, pipeline.position, pipeline.engine.now)
  }

  return {
    publish({ client, topic, payload, simulated }) {
      consume({
        kind: 'message',
        flags: simulated ? FLAG_SIMULATED : 0,
        client,
        topic,
        payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
      })
    },
    command: (by, command) => input('command', by, command),
    async advance(to) {
      for (;;) {
        await settle()
        const next = Math.min(to, pipeline.engine.nextDue() ?? to, clock.nextDue() ?? to)
        if (next >= to) break
        clock.set(Math.max(next, clock.now()))
        pipeline.advance(clock.now(), emit)
      }
      clock.set(to)
      pipeline.advance(to, emit)
      await settle()
      if (readings.length >= TELEMETRY_BATCH) await store()
    },
    async result() {
      await store()
      const counts = telemetry.counts()
      return {
        hash: hash.digest(counts),
        readings: pipeline.counts.accepted,
        items: {
          journaled: pipeline.counts.items,
          quarantined: pipeline.counts.quarantined,
          ...counts,
        },
      }
    },
    async close() {
      await dispatcher?.close()
      await telemetry.close()
    },
  }
}

/** Readings go in as raw doubles, everything else as JSON; both in the order they were decided. */
function createEffectHash() {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(64 * 1024)
  let used = 0

  function flush(): void {
    hash.update(buffer.subarray(0, used))
    used = 0
  }

  return {
    add(effect: Effect): void {
      if (effect.kind !== 'reading') {
        flush()
        hash.update(
          JSON.stringify(effect, (_key, value: unknown) =>
            value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
          ),
        )
        return
      }
      const { reading } = effect
      if (used + 256 + 8 * reading.values.length > buffer.length) flush()
      used += buffer.write(reading.device, used)
      used = buffer.writeDoubleLE(reading.ts, used)
      used = buffer.writeDoubleLE(reading.receivedAt, used)
      for (const value of reading.values) used = buffer.writeDoubleLE(value, used)
    },
    digest({ stored, duplicate, revised }: WriteCounts): string {
      flush()
      return hash.copy().update(JSON.stringify({ stored, duplicate, revised })).digest('hex')
    },
  }
}
