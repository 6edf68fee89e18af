// Entry of the telemetry thread: opens the store, keeps its rollups, and serves the engine, which writes, and the main thread, which
// asks. Composition only. Whatever takes long here delays neither an acknowledgement nor an alert.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { deviceTypes } from '../devices/index.ts'
import { systemClock } from './clock.ts'
import type { RetentionPolicy } from './core/telemetry/retention-policy.ts'
import { createTelemetryJobs } from './jobs/telemetry-jobs.ts'
import type { Reading } from './core/messages/reading.ts'
import type { Position } from './core/position.ts'
import type { TelemetrySink, TelemetryStatus, TelemetryStore } from './ports.ts'
import { openEmbeddedTelemetry } from './store/embedded/embedded.ts'
import { openInflux, type RefusedReading } from './store/influx/influx.ts'
import { hostReader } from './store/link/reader-host.ts'
import { hostSink } from './store/link/sink-host.ts'
import { openRollupsOrAnew } from './store/rollups/open-anew.ts'
import { createLocalWindows } from './store/telemetry/local-windows.ts'
import { createTelemetryQueries } from './store/telemetry/queries.ts'
import { createRetention } from './store/telemetry/retention.ts'

/** Where the database is, when it is not the embedded one. */
export interface InfluxTarget {
  readonly url: string
  readonly token: string | null
  readonly organisation: string | null
  readonly bucket: string
}

export interface TelemetryThreadData {
  readonly directory: string
  readonly timeZone: string
  readonly influx: InfluxTarget | null
  readonly retention: RetentionPolicy
  /** The journal's last committed position when the thread was started. */
  readonly journaledBefore: Position
  /** From the engine, which writes. */
  readonly sink: MessagePort
  /** From the main thread, which asks. */
  readonly reader: MessagePort
}

export type FromTelemetry =
  | { readonly kind: 'ready' | 'status'; readonly status: TelemetryStatus }
  /** To be journaled, so that they come into quarantine; answered by `refusals_kept`. */
  | { readonly kind: 'refused'; readonly id: number; readonly items: readonly RefusedReading[] }
  | { readonly kind: 'problem'; readonly message: string; readonly detail: string }

export type ToTelemetry =
  | { readonly kind: 'refusals_kept'; readonly id: number; readonly problem: string | null }
  | { readonly kind: 'stop' }

const STATUS_EVERY_MS = 1_000

const main = parentPort
if (main === null) throw new Error('Cannot start telemetry: expected to run in a worker thread')
const send = (message: FromTelemetry) => main.postMessage(message)
const data = workerData as TelemetryThreadData
mkdirSync(data.directory, { recursive: true, mode: 0o700 })
const onProblem = (message: string, detail: string) => send({ kind: 'problem', message, detail })
const windowAt = createLocalWindows(data.timeZone)

// Refused readings go through the journal before the store may pass them.
const waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>()
let refusals = 0
/** Refused beyond what writes have reached: a write that fails half way is repeated, perhaps in other batches, without them. */
const refused = new Map<string, Position>()
const keyOf = ({ position, device, ts }: Reading) => `${position} ${ts} ${device}`
async function refuse(items: readonly RefusedReading[]): Promise<void> {
  const id = ++refusals
  await new Promise<void>((resolve, reject) => {
    waiting.set(id, { resolve, reject })
    send({ kind: 'refused', id, items })
  })
  for (const { reading } of items) refused.set(keyOf(reading), reading.position)
}

const store: TelemetryStore =
  data.influx === null
    ? openEmbeddedTelemetry({ directory: data.directory, types: deviceTypes, clock: systemClock })
    : openInflux({
        ...data.influx,
        types: deviceTypes,
        file: join(data.directory, 'influx.db'),
        clock: systemClock,
        refuse,
        onProblem,
      })
const rollups = await openRollupsOrAnew({
  store,
  // Each store has windows of its own, and so a ledger: one data directory may have served both.
  file: join(data.directory, data.influx === null ? 'rollups.db' : 'influx-rollups.db'),
  types: deviceTypes,
  windowAt,
  timeZone: data.timeZone,
  rawKeptSince: (type) => retention.keptSince('raw', type),
  minutesKeptSince: (type) => retention.keptSince('1m', type),
  hoursKeptSince: (type) => retention.keptSince('1h', type),
  journaledBefore: data.journaledBefore,
  onProblem,
})
const retention = createRetention({
  store,
  progress: rollups,
  policy: data.retention,
  types: deviceTypes,
  windowAt,
  clock: systemClock,
  file: join(data.directory, data.influx === null ? 'retention.json' : 'influx-retention.json'),
  onProblem,
})
const queries = createTelemetryQueries({
  store,
  progress: rollups,
  types: deviceTypes,
  windowAt,
  keptSince: (level, type) =>
    Math.max(retention.keptSince(level, type), rollups.keptSince(level, type)),
})
const jobs = createTelemetryJobs({
  rollups,
  retention,
  clock: systemClock,
  onProblem,
})

const sink: TelemetrySink = {
  async write(readings, through, at) {
    await store.write(readings, through, at)
    const kept = refused.size === 0 ? readings : readings.filter((one) => !refused.has(keyOf(one)))
    for (const [key, position] of refused) if (position <= through) refused.delete(key)
    rollups.took(kept, through, at)
  },
  async sync() {
    await store.sync()
    rollups.sync()
  },
  counts: () => store.counts(),
  close() {
    closing ??= shut()
    return closing
  },
}
let closing: Promise<void> | null = null

async function shut(): Promise<void> {
  const stopped = jobs.stop()
  try {
    // What rollups have made is theirs for good once it has been on disk for one sync: then nothing is made again at the next start.
    await sink.sync()
    await sink.sync()
  } finally {
    // Ends what the job under way may be waiting for.
    await store.close()
    await stopped
    rollups.close()
  }
}

hostSink(data.sink, sink)
hostReader(data.reader, {
  ...queries,
  expired: () => retention.plan(),
  async close() {},
})

let lastStatus = ''
let cancelStatus = () => {}
function tellStatus(): void {
  const now = status()
  const text = JSON.stringify(now)
  if (text !== lastStatus) send({ kind: 'status', status: now })
  lastStatus = text
  cancelStatus = systemClock.after(STATUS_EVERY_MS, tellStatus)
}

function status(): TelemetryStatus {
  return { ...store.state(), rollups: rollups.status, retention: jobs.lastRetention }
}

main.on('message', (message: ToTelemetry) => {
  if (message.kind === 'refusals_kept') {
    const { resolve, reject } = waiting.get(message.id) ?? {}
    waiting.delete(message.id)
    if (message.problem === null) resolve?.()
    else reject?.(new Error(message.problem))
    return
  }
  void stop()
})

async function stop(): Promise<void> {
  // The engine has closed the store and heard how that went, unless it has never started: then nobody else ends the jobs and timers.
  const isOurs = closing === null
  try {
    await sink.close()
  } catch (error) {
    if (isOurs) onProblem('telemetry store did not close', String(error))
  }
  cancelStatus()
  data.sink.close()
  data.reader.close()
  main?.close()
}

send({ kind: 'ready', status: status() })
tellStatus()
