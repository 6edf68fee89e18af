// `npm run bench:telemetry -- [--readings 10000000] [--devices 231] [--json]`
//
// Fills an embedded store with a month of readings and their rollups, then asks for the charts of a month and of many devices. Prints
// how fast it wrote, what a reading takes on the disk at each level, and the median of each chart.

import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { streetlight } from '../../devices/streetlight/type.ts'
import { systemClock } from '../../src/clock.ts'
import { BEFORE_FIRST } from '../../src/core/position.ts'
import { rollupLevels, type TelemetryStore, type TelemetryWindow } from '../../src/ports.ts'
import { openEmbeddedTelemetry } from '../../src/store/embedded/embedded.ts'
import { openRollups, type Rollups } from '../../src/store/rollups/rollups.ts'
import { createLocalWindows } from '../../src/store/telemetry/local-windows.ts'
import { createTelemetryQueries } from '../../src/store/telemetry/queries.ts'
import { deviceId, fleetBatches, type FleetOptions } from './fleet-readings.ts'

const MINUTE = 60_000
const DAY = 86_400_000
/** A local midnight of Asia/Shanghai. */
const START = Date.UTC(2026, 9, 1, 16)
const LIMIT = 50_000
const ROUNDS = 11
const CHART_MAX_MS = 50
const DEVICES_MAX_MS = 300
const RATE_MIN = 20_000
const RUSH_DEVICES = 20_000

const { values } = parseArgs({
  options: {
    readings: { type: 'string', default: '10000000' },
    devices: { type: 'string', default: '231' },
    rush: { type: 'string', default: '2400000' },
    json: { type: 'boolean', default: false },
  },
})
const [readings = 0, devices = 0, rush = 0] = [values.readings, values.devices, values.rush].map(
  Number,
)
if (![readings, devices, rush].every((value) => Number.isSafeInteger(value) && value > 0)) {
  process.stderr.write(
    'Usage: npm run bench:telemetry -- [--readings 10000000] [--devices 231] [--rush 2400000] [--json]; positive whole numbers\n',
  )
  process.exit(2)
}

const say = (line: string) => process.stderr.write(`${line}\n`)
const round = (value: number, digits = 1) => Math.round(value * 10 ** digits) / 10 ** digits
const mib = (bytes: number) => round(bytes / 2 ** 20)
const memory = (): string => {
  const { rss, heapUsed } = process.memoryUsage()
  return `RSS ${mib(rss)} MiB, heap ${mib(heapUsed)} MiB`
}
const windowAt = createLocalWindows('Asia/Shanghai')
const types = [streetlight]

interface Side {
  readonly directory: string
  readonly store: TelemetryStore
  readonly rollups: Rollups | null
}

async function openSide(directory: string, withRollups: boolean): Promise<Side> {
  const store = openEmbeddedTelemetry({ directory, types, clock: systemClock })
  const rollups = withRollups
    ? await openRollups({ store, file: join(directory, 'rollups.db'), types, windowAt })
    : null
  return { directory, store, rollups }
}

async function closeSide(side: Side): Promise<void> {
  side.rollups?.close()
  await side.store.close()
}

interface Filled {
  readonly readings: number
  readonly seconds: number
  readonly perSecond: number
  /** What 20,000 readings a second take of one core. */
  readonly coreShareAtTarget: number
  /** The longest that a write took, with the rollups due after it. */
  readonly longestMs: number
}

/** Writes as fast as it goes, rolling up as time goes on in the readings, and brings all of it to the disk. */
async function fill({ store, rollups }: Side, fleet: FleetOptions, what: string): Promise<Filled> {
  const begun = performance.now()
  const cpu = process.cpuUsage()
  // As the product does with each snapshot.
  const sync = async (): Promise<void> => {
    await store.sync()
    rollups?.sync()
  }
  let done = 0
  let said = begun
  let longestMs = 0
  let last = performance.now()
  let through = BEFORE_FIRST
  let at = fleet.start
  for (const batch of fleetBatches(fleet)) {
    const { readings } = batch
    ;({ through, at } = batch)
    await store.write(readings, through, at)
    if (rollups !== null) {
      rollups.took(readings, through, at)
      await rollups.work()
    }
    done += readings.length
    const now = performance.now()
    longestMs = Math.max(longestMs, now - last)
    last = now
    if (now - said < 5_000) continue
    said = now
    await sync()
    say(
      `${what}: ${done.toLocaleString('en')} of ${fleet.readings.toLocaleString('en')} readings, ${Math.round((done / (now - begun)) * 1000).toLocaleString('en')}/s, ${memory()}`,
    )
  }
  if (rollups !== null) {
    // Time goes on, so that all of it is rolled up.
    rollups.took([], through, at + 5 * MINUTE)
    await rollups.work()
  }
  await sync()
  // Windows are safe when what was put before the sync before this one is.
  await sync()
  const seconds = (performance.now() - begun) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return {
    readings: done,
    seconds: round(seconds),
    perSecond: Math.round(done / seconds),
    coreShareAtTarget: round(((user + system) / 1e6 / done) * RATE_MIN, 2),
    longestMs: round(longestMs),
  }
}

interface Chart {
  readonly name: string
  readonly medianMs: number
  readonly firstMs: number
  readonly points: number
  /** Null: printed only. */
  readonly maxMs: number | null
}

async function time(
  name: string,
  maxMs: number | null,
  ask: () => Promise<readonly { readonly points: readonly unknown[] }[]>,
): Promise<Chart> {
  const tookMs: number[] = []
  let points = 0
  for (let count = 0; count < ROUNDS; count++) {
    const start = performance.now()
    const answer = await ask()
    tookMs.push(performance.now() - start)
    points = answer.reduce((sum, series) => sum + series.points.length, 0)
  }
  const [firstMs = Number.NaN] = tookMs
  const medianMs = [...tookMs].sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN
  say(
    `${name.padEnd(44)} ${medianMs.toFixed(1).padStart(8)} ms median, ${firstMs.toFixed(1).padStart(8)} ms first, ${points} points${maxMs === null ? '' : `, at most ${maxMs} ms`}`,
  )
  return { name, medianMs: round(medianMs), firstMs: round(firstMs), points, maxMs }
}

async function charts({ store, rollups }: Side, to: number): Promise<Chart[]> {
  if (rollups === null) return []
  const queries = createTelemetryQueries({
    store,
    progress: rollups,
    types,
    windowAt,
    keptSince: () => 0,
  })
  const ids = Array.from({ length: Math.min(devices, 231) }, (_, device) => deviceId(device))
  const month = { type: streetlight.id, metric: 'power', from: to - 30 * DAY, to, limit: LIMIT }
  const lastDay = { ...month, from: to - DAY }
  const one = [ids[Math.floor(ids.length / 2)] ?? '']
  const hundred = ids.slice(0, 100)
  const found: Chart[] = []
  const targets: Partial<Record<TelemetryWindow, number>> = { '1h': CHART_MAX_MS }
  for (const window of ['1h', '1d', '6h', '15m', '1m', 'raw'] as const)
    found.push(
      await time(`30 days, one device, ${window}`, targets[window] ?? null, () =>
        queries.series({ ...month, devices: one, window }),
      ),
    )
  const many: Partial<Record<TelemetryWindow, number>> = {
    '15m': DEVICES_MAX_MS,
    '5m': DEVICES_MAX_MS,
    '1h': DEVICES_MAX_MS,
  }
  for (const window of ['1h', '15m', '5m', '1m', 'raw'] as const)
    found.push(
      await time(`1 day, ${hundred.length} devices, ${window}`, many[window] ?? null, () =>
        queries.series({ ...lastDay, devices: hundred, window }),
      ),
    )
  const groups = [0, 1, 2, 3, 4].map((key) => ({
    key: `15080${key}`,
    devices: ids.filter((_, device) => device % 5 === key),
  }))
  for (const window of ['1h', '1d'] as const)
    found.push(
      await time(`7 days, ${ids.length} devices in 5 divisions, ${window}`, null, () =>
        queries.groups({ ...month, from: to - 7 * DAY, groups, window }),
      ),
    )
  return found
}

/** Bytes on the disk and rows, by level; after the store was closed. */
async function sizes(directory: string, stored: number, from: number, to: number) {
  const side = await openSide(directory, false)
  const folder = join(directory, streetlight.id)
  const bytesIn = (path: string): number =>
    existsSync(path)
      ? readdirSync(path, { withFileTypes: true })
          .filter((entry) => entry.isFile())
          .reduce((sum, entry) => sum + statSync(join(path, entry.name)).size, 0)
      : 0
  const result: { level: string; rows: number; mib: number; bytesPerRow: number }[] = []
  for (const level of ['raw', ...rollupLevels] as const) {
    let rows = level === 'raw' ? stored : 0
    if (level !== 'raw')
      for await (const batch of side.store.windows(level, {
        type: streetlight.id,
        metrics: ['power'],
        devices: null,
        from: from - DAY,
        to: to + DAY,
      }))
        rows += batch.length
    const bytes = bytesIn(level === 'raw' ? folder : join(folder, level))
    result.push({ level, rows, mib: mib(bytes), bytesPerRow: round(bytes / Math.max(1, rows)) })
  }
  await closeSide(side)
  return result
}

const directory = mkdtempSync(join(tmpdir(), 'hetao-charts-'))
process.once('SIGINT', () => {
  rmSync(directory, { recursive: true, force: true })
  process.exit(130)
})
try {
  const fleet = { devices, readings, everyMs: MINUTE, start: START }
  const rushFleet = { devices: RUSH_DEVICES, readings: rush, everyMs: 1_000, start: START }

  const writes: Record<string, Filled> = {}
  for (const withRollups of [false, true]) {
    const name = `${RUSH_DEVICES.toLocaleString('en')} devices a second, ${withRollups ? 'with' : 'without'} rollups`
    const path = join(directory, withRollups ? 'rush-with' : 'rush-without')
    const side = await openSide(path, withRollups)
    writes[name] = await fill(side, rushFleet, name)
    await closeSide(side)
    rmSync(path, { recursive: true })
  }
  const kept = join(directory, 'kept')
  const name = `${devices} devices a minute, with rollups`
  const filling = await openSide(kept, true)
  writes[name] = await fill(filling, fleet, name)
  const { stored } = filling.store.counts()
  await closeSide(filling)
  for (const [what, one] of Object.entries(writes))
    say(
      `${what.padEnd(44)} ${one.perSecond.toLocaleString('en').padStart(8)} readings/s; 20,000/s take ${one.coreShareAtTarget} of a core; longest write ${one.longestMs} ms`,
    )

  const end = START + Math.floor(readings / devices) * MINUTE
  const levels = await sizes(kept, stored, START, end)
  for (const one of levels)
    say(
      `${one.level.padEnd(4)} ${one.rows.toLocaleString('en').padStart(12)} rows ${String(one.mib).padStart(8)} MiB ${String(one.bytesPerRow).padStart(7)} bytes a row`,
    )

  const asking = await openSide(kept, true)
  await asking.rollups?.work()
  const found = await charts(asking, end)
  await closeSide(asking)
  const { rss, heapUsed } = process.memoryUsage()
  const memoryMiB = { rss: mib(rss), heapUsed: mib(heapUsed) }
  say(`memory of the process: ${memory()}`)

  const tooSlow = found.filter(({ medianMs, maxMs }) => maxMs !== null && medianMs > maxMs)
  const tooFew = Object.entries(writes).filter(([, one]) => one.perSecond < RATE_MIN)
  for (const { name: chart, medianMs, maxMs } of tooSlow)
    say(`✗ ${chart}: expected at most ${maxMs} ms, got ${medianMs}`)
  for (const [what, one] of tooFew)
    say(`✗ ${what}: expected ${RATE_MIN} readings/s or more, got ${one.perSecond}`)
  if (values.json)
    process.stdout.write(
      `${JSON.stringify({ readings: stored, writes, levels, charts: found, memoryMiB })}\n`,
    )
  process.exitCode = tooSlow.length + tooFew.length === 0 ? 0 : 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
