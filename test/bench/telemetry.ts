// What a reading costs in the embedded telemetry store, with the streetlights of the catalogue: written, delivered again, kept and
// charted from raw rows; `charts.ts` has rollups too. Run with `npx node`; `--against <folder>` names another checkout (with its node_modules) to compare with, in turns.

import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { streetlight } from '../../devices/streetlight/type.ts'
import { metricsOf } from '../../src/core/device-type.ts'
import { positionAt } from '../../src/core/position.ts'
import type { Reading } from '../../src/core/messages/reading.ts'
import type { TelemetryStore } from '../../src/ports.ts'
import { systemClock } from '../../src/clock.ts'
import { openEmbeddedTelemetry } from '../../src/store/embedded/embedded.ts'
import { createPlainReader } from '../../src/store/telemetry/plain-reader.ts'

const ROWS = 120_000
const ROUNDS = 5
const BURST = 20
const START = Date.UTC(2026, 10, 1)

const metrics = metricsOf(streetlight).map((metric) => metric.id)
const four = ['power', 'voltage', 'current', 'leakage_current']
const two = ['lamp_on', 'dim_level']
const nine = streetlight.metrics.map((metric) => metric.id)

interface Case {
  readonly name: string
  readonly devices: number
  /** Readings per write: 4,096 is a full one, fewer come when 20 ms are over. */
  readonly batch: number
  readonly times: Times
  readonly carried: (random: () => number) => readonly string[]
}
/** Gives the time of the next reading of a device. */
type Times = (devices: number, random: () => number) => (device: number, index: number) => number

/** As the load test has it: each device counts on by itself, in bursts, and they drift apart. */
const ownClocks: Times = (devices) => {
  const next = Array<number>(devices).fill(START)
  return (device) => (next[device] = (next[device] ?? 0) + 1)
}
/** All in turn, 10,000 readings a second, up to two seconds under way. */
const oneClock: Times = (_devices, random) => (_device, index) =>
  START + 2_000 + Math.floor(index / 10 - random() * 2_000)

const mixed = (random: () => number): readonly string[] => {
  const draw = random()
  return draw < 0.7 ? four : draw < 0.9 ? two : nine
}
const cases: readonly Case[] = [
  { name: '50 devices', devices: 50, batch: 4_096, times: ownClocks, carried: () => four },
  { name: '50 devices, small', devices: 50, batch: 200, times: ownClocks, carried: () => four },
  { name: '10,000 devices', devices: 10_000, batch: 4_096, times: oneClock, carried: () => four },
  { name: '10,000, mixed', devices: 10_000, batch: 4_096, times: oneClock, carried: mixed },
]

/** The same numbers in every run. */
function createRandom(): () => number {
  let state = 42
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

function* batchesOf(one: Case): Generator<Reading[]> {
  const random = createRandom()
  const timeOf = one.times(one.devices, random)
  const ids = Array.from({ length: one.devices }, (_, n) => `LH-L-${String(n).padStart(5, '0')}`)
  let batch: Reading[] = []
  let device = 0
  for (let index = 0; index < ROWS; index++) {
    if (one.times === oneClock) device = index % one.devices
    else if (index % BURST === 0) device = Math.floor(random() * one.devices)
    const ts = timeOf(device, index)
    const carried = one.carried(random)
    batch.push({
      device: ids[device] ?? '',
      type: streetlight.id,
      division: '150802',
      ts,
      receivedAt: ts + 150,
      seq: null,
      values: metrics.map((metric, at) =>
        carried.includes(metric) ? 220 + ((index + at) % 1000) / 10 : Number.NaN,
      ),
      simulated: true,
      redriven: false,
      position: positionAt(index + 1),
    })
    if (batch.length < one.batch && index < ROWS - 1) continue
    yield batch
    batch = []
  }
}

interface Measured {
  /** How long each write took. */
  readonly writesMs: readonly number[]
  readonly bytesPerRow: number
  readonly stored: number
}

async function measure(open: typeof openEmbeddedTelemetry, one: Case): Promise<Measured> {
  const directory = await mkdtemp(join(tmpdir(), 'hetao-bench-'))
  try {
    const store = open({ directory, types: [streetlight], clock: systemClock })
    const writesMs: number[] = []
    for (const batch of batchesOf(one)) {
      writesMs.push(await milliseconds(() => writeTo(store, batch)))
    }
    const { stored } = store.counts()
    await store.close()
    return {
      writesMs,
      bytesPerRow: (await bytesIn(directory)) / stored,
      stored,
    }
  } finally {
    await rm(directory, { recursive: true })
  }
}

function writeTo(store: TelemetryStore, batch: readonly Reading[]): Promise<void> {
  const last = batch.at(-1)
  return store.write(batch, last?.position ?? positionAt(0), last?.receivedAt ?? START)
}

async function bytesIn(directory: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(join(directory, streetlight.id)))
    bytes += (await stat(join(directory, streetlight.id, name))).size
  return bytes
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

const print = (line: string): boolean => process.stdout.write(`${line}\n`)

/** The fastest of the rounds for each write: what others on the machine disturb is left out. */
function usPerRow(rounds: readonly Measured[]): number {
  const [first] = rounds
  if (first === undefined) return Number.NaN
  const fastest = first.writesMs.map((_, write) =>
    Math.min(...rounds.map((round) => round.writesMs[write] ?? Number.POSITIVE_INFINITY)),
  )
  return (fastest.reduce((sum, ms) => sum + ms, 0) * 1000) / ROWS
}

const { values: given } = parseArgs({ options: { against: { type: 'string' } } })
let openOther: typeof openEmbeddedTelemetry | null = null
if (given.against !== undefined) {
  const path = resolve(given.against, 'src/store/embedded/embedded.ts')
  const other: { openEmbeddedTelemetry: typeof openEmbeddedTelemetry } = await import(
    pathToFileURL(path).href
  )
  openOther = other.openEmbeddedTelemetry
}

for (const one of cases) {
  const here: Measured[] = []
  const there: Measured[] = []
  for (let round = 0; round < ROUNDS; round++) {
    if (openOther !== null) there.push(await measure(openOther, one))
    here.push(await measure(openEmbeddedTelemetry, one))
  }
  const [first] = here
  const compared =
    openOther === null
      ? ''
      : `, before ${usPerRow(there).toFixed(2)} us and ${there[0]?.bytesPerRow.toFixed(1)} bytes, ratio ${(usPerRow(there) / usPerRow(here)).toFixed(2)}`
  print(
    `${one.name.padEnd(18)} ${usPerRow(here).toFixed(2)} us and ${first?.bytesPerRow.toFixed(1)} bytes a row${compared}`,
  )
  if (there.length > 0 && there[0]?.stored !== first?.stored)
    throw new Error(
      `Cannot compare: expected ${there[0]?.stored} rows stored, got ${first?.stored}`,
    )
}

const directory = await mkdtemp(join(tmpdir(), 'hetao-bench-'))
try {
  const store = openEmbeddedTelemetry({ directory, types: [streetlight], clock: systemClock })
  const batches = cases[2] === undefined ? [] : [...batchesOf(cases[2])]
  for (const batch of batches) await writeTo(store, batch)
  print(`sync               ${(await milliseconds(() => store.sync())).toFixed(1)} ms`)
  let sequence = ROWS
  let again = 0
  for (const batch of batches.slice(0, 8)) {
    const repeated = batch.map((one) => ({ ...one, position: positionAt(++sequence) }))
    again += await milliseconds(() => writeTo(store, repeated))
  }
  print(`delivered again    ${((again * 1000) / (sequence - ROWS)).toFixed(2)} us a row`)

  const reader = createPlainReader({ store, types: [streetlight], timeZone: 'Asia/Shanghai' })
  const query = { devices: ['LH-L-00042'], type: streetlight.id, metric: 'power', from: START }
  for (const window of ['raw', '1m', '1h'] as const) {
    let points = 0
    const took = await milliseconds(async () => {
      points = (
        await reader.series({ ...query, to: START + 3_600_000, window, limit: 50_000 })
      ).flatMap((series) => series.points).length
    })
    print(
      `chart ${window.padEnd(4)}         ${took.toFixed(1)} ms for ${points} points among ${ROWS} rows`,
    )
  }
  await reader.close()
  await store.close()
} finally {
  await rm(directory, { recursive: true })
}
