// A whole year of one type through embedded store, rollups and retention, with a leap day, month ends, clock changes, late and corrected
// readings, registers that go round and one that is replaced, killed with SIGKILL again and again on the way.

import { fork, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Summary } from '../../src/core/telemetry/summary.ts'
import type { RollupLevel, SeriesQuery } from '../../src/ports.ts'
import {
  bruteForceGroup,
  bruteForceSummaries,
  bruteForceWindows,
  startOfWindow,
  type Values,
} from '../contracts/brute-force-windows.ts'
import { removeDirectory, temporaryDirectory } from '../support/product.ts'
import {
  batchCount,
  BATCH_HOURS,
  DAY,
  deviceName,
  HOUR,
  meter,
  REPLACED,
  samplesOf,
  tableOf,
  years,
  type YearName,
} from './year-plan.ts'
import type { FromYear } from './year-process.ts'
import { KEPT_DAYS, openYearSide, type YearSide } from './year-side.ts'

const LIMIT = 50_000
/** A minute and a half on a machine that does nothing else. */
const LIVE_MAX_MS = 400_000
const FORTY_DAYS = 40 * DAY

/** Runs the process up to batch `until`, killed as soon as batch `killAt` was heard of; gives what it told. */
async function live(
  directory: string,
  name: YearName,
  { until, killAt }: { readonly until: number; readonly killAt: number | null },
): Promise<readonly FromYear[]> {
  const child = fork(join(import.meta.dirname, 'year-process.ts'), [directory, name, `${until}`], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const told: FromYear[] = []
  children.add(child)
  child.on('message', (message: FromYear) => {
    told.push(message)
    if (killAt !== null && message.kind === 'batch' && message.number >= killAt)
      child.kill('SIGKILL')
  })
  const signal = await new Promise((done) => child.once('exit', (_code, by) => done(by)))
  children.delete(child)
  expect(signal).toBe(killAt === null ? null : 'SIGKILL')
  if (killAt === null) expect(told.at(-1)).toMatchObject({ kind: 'end' })
  return told
}

/** When each year's process is killed, and when it ends orderly and is started again. */
const ends = {
  shanghai: {
    kills: [
      '2028-01-09T03:00Z',
      '2028-02-29T07:00Z',
      '2028-04-30T18:00Z',
      '2028-09-01T00:00Z',
      '2028-12-31T20:00Z',
    ],
    orderly: '2028-06-30T20:00Z',
  },
  berlin: { kills: ['2028-03-26T02:00Z', '2028-10-29T02:00Z'], orderly: '2028-02-29T23:30Z' },
} satisfies Record<YearName, { kills: readonly string[]; orderly: string }>

interface Lived {
  readonly directory: string
  readonly told: readonly FromYear[]
}

async function liveThrough(name: YearName): Promise<Lived> {
  const year = years[name]
  const directory = temporaryDirectory('year')
  directories.push(directory)
  const batchAt = (time: string) =>
    Math.floor((Date.parse(time) - year.from) / (BATCH_HOURS * HOUR))
  const stops = [
    ...ends[name].kills.map((time) => ({ until: batchCount(year), killAt: batchAt(time) })),
    { until: batchAt(ends[name].orderly), killAt: null },
  ].sort((a, b) => (a.killAt ?? a.until) - (b.killAt ?? b.until))
  const told: FromYear[] = []
  for (const stop of [...stops, { until: batchCount(year), killAt: null }])
    told.push(...(await live(directory, name, stop)))
  return { directory, told }
}

const directories: string[] = []
const children = new Set<ChildProcess>()
const lived = new Map<YearName, Lived>()

beforeAll(async () => {
  const names = ['shanghai', 'berlin'] as const
  // Side by side: each is a process of its own.
  const all = await Promise.all(names.map(liveThrough))
  for (const [place, name] of names.entries()) {
    const one = all[place]
    if (one !== undefined) lived.set(name, one)
  }
}, LIVE_MAX_MS)
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  for (const directory of directories) removeDirectory(directory)
})

describe.each(['shanghai', 'berlin'] as const)('a year in %s', (name) => {
  const year = years[name]
  const end = year.from + batchCount(year) * BATCH_HOURS * HOUR
  const tables = Array.from({ length: year.devices }, (_, device) => tableOf(year, device))
  let side: YearSide
  let directory = ''
  let told: readonly FromYear[] = []

  beforeAll(async () => {
    const one = lived.get(name)
    if (one === undefined) throw new Error(`Nobody has lived through the year in ${name}`)
    ;({ directory, told } = one)
    side = await openYearSide(directory, year, end)
    // What had not reached the disk for certain is made again.
    await side.rollups.work()
  })
  afterAll(() => side.close())

  const shown = [
    {
      metric: 'volume_total',
      values: (device: number): Values => tables[device]?.volume ?? new Map(),
    },
    {
      metric: 'pressure',
      values: (device: number): Values => tables[device]?.pressure ?? new Map(),
    },
  ] as const
  const chart = (more: Partial<SeriesQuery>): SeriesQuery => ({
    type: meter.id,
    metric: 'volume_total',
    devices: [deviceName(0)],
    from: year.from,
    to: year.to,
    window: '1d',
    limit: LIMIT,
    ...more,
  })
  const midnight = (time: number): number => startOfWindow('1d', time, year.timeZone)

  it('stored every reading once, whatever was killed', () => {
    let samples = 0
    for (let device = 0; device < year.devices; device++)
      samples += [...samplesOf(year, device)].length
    const stored = tables.reduce((sum, table) => sum + table.volume.size, 0)
    expect(side.store.counts()).toMatchObject({ stored, duplicate: samples - stored, refused: 0 })
    expect(side.problems).toEqual([])
    expect(told.flatMap((one) => (one.kind === 'end' ? one.problems : []))).toEqual([])
  })

  it('has worked everything off', () => {
    expect(side.rollups.status.dirty).toBe(0)
    expect(side.rollups.through('1d')).toBe(midnight(end - 5 * 60_000))
    for (const level of ['1m', '1h', '1d'] as const)
      expect(side.rollups.stale(level, meter.id, null, year.from, end)).toEqual([])
  })

  it('keeps of each level what retention says, gone from the disk before', () => {
    const ran = told.filter((one) => one.kind === 'retention')
    expect(ran.filter(({ pieces }) => pieces > 0).length).toBeGreaterThan(8)
    const lastRun = year.to
    const files = (folder: string): string[] => {
      const path = join(directory, 'telemetry', meter.id, folder)
      return existsSync(path)
        ? readdirSync(path)
            .filter((file) => file.endsWith('.db'))
            .sort()
        : []
    }
    const dayOf = (daysBefore: number) => new Date(lastRun - daysBefore * DAY).toISOString()
    expect(files('')[0]).toBe(`${dayOf(KEPT_DAYS.raw).slice(0, 10)}.db`)
    expect(files('1m')[0]).toBe(`${dayOf(KEPT_DAYS['1m']).slice(0, 10)}.db`)
    expect(files('1h')[0]).toBe(`${dayOf(KEPT_DAYS['1h']).slice(0, 7)}.db`)
    expect(files('1d')[0]).toMatch(/^202[78]\.db$/)
  })

  it.each(['1m', '1h', '1d'] as const)('kept %s windows that equal brute force', async (level) => {
    const kept = await windowsByCell(side, level, year.from, end)
    const oldest = oldestKept(level)
    for (let device = 0; device < year.devices; device++)
      for (const { metric, values } of shown) {
        const expected = bruteForceSummaries(values(device), {
          from: oldest,
          to: end,
          window: level,
          timeZone: year.timeZone,
        })
        const found = kept.get(`${deviceName(device)} ${metric}`) ?? new Map<number, Summary>()
        for (const start of found.keys()) if (start < oldest) found.delete(start)
        for (const [start, summary] of expected)
          expectSummary(
            found.get(start),
            summary,
            metric,
            `${level} of ${device} ${metric} at ${start}`,
          )
        expect(found.size).toBe(expected.size)
      }
  })

  function oldestKept(level: RollupLevel): number {
    return level === '1d' ? year.from : midnight(year.to - KEPT_DAYS[level] * DAY) + DAY
  }

  it('charts the days of the whole year, 366 of them, long after the readings have gone', async () => {
    const devices = [0, 1, REPLACED % year.devices, year.devices - 1]
    for (const { metric, values } of shown) {
      const answer = await side.queries.series(chart({ metric, devices: devices.map(deviceName) }))
      for (const [place, { points }] of answer.entries()) {
        expect(points).toHaveLength(366)
        expect(points).toEqual(
          bruteForceWindows(values(devices[place] ?? 0), {
            from: year.from,
            to: year.to,
            window: '1d',
            timeZone: year.timeZone,
            ...(metric === 'volume_total' ? { lookBackMs: FORTY_DAYS } : {}),
          }),
        )
      }
    }
  })

  it.each([
    ['the leap day', '2028-02-29', 1],
    ['the end of February', '2028-02-27', 5],
    ['the last day of the year', '2028-12-31', 1],
    ['the days of the clock change in spring', '2028-03-25', 3],
    ['the days of the clock change in autumn', '2028-10-28', 3],
  ])('charts %s in days of the city', async (_what, day, days) => {
    const from = midnight(Date.parse(`${day}T12:00Z`))
    const to = midnight(from + days * DAY + 12 * HOUR)
    const [series] = await side.queries.series(chart({ from, to }))
    const query = {
      from,
      to,
      window: '1d',
      timeZone: year.timeZone,
      lookBackMs: FORTY_DAYS,
    } as const
    expect(series?.points).toHaveLength(days)
    expect(series?.points).toEqual(bruteForceWindows(shown[0].values(0), query))
  })

  it.each(['1m', '15m', '1h', '6h', '1d'] as const)(
    'answers %s across the border where readings end from what is kept',
    async (window) => {
      const border = midnight(year.to - KEPT_DAYS.raw * DAY)
      const from = border - (window === '1m' || window === '15m' ? 3 * DAY : 30 * DAY)
      const to = border + 20 * DAY + 12_345
      const query = { window, timeZone: year.timeZone, from, to }
      for (const { metric, values } of shown) {
        const [series] = await side.queries.series(chart({ metric, from, to, window }))
        const lookBackMs = metric === 'volume_total' ? { lookBackMs: FORTY_DAYS } : {}
        expect(series?.points).toEqual(
          bruteForceWindows(values(0), { ...query, ...lookBackMs }).slice(0, LIMIT),
        )
      }
    },
  )

  it('takes a window whole where what it is made of has gone', async () => {
    const noon = midnight(Date.parse('2028-02-29T12:00Z')) + 12 * HOUR
    const [series] = await side.queries.series(
      chart({ metric: 'pressure', from: noon, to: noon + 3 * DAY }),
    )
    const day = {
      from: midnight(noon),
      to: noon + 4 * DAY,
      window: '1d',
      timeZone: year.timeZone,
    } as const
    expect(series?.points).toEqual(bruteForceWindows(shown[1].values(0), day).slice(0, 4))
  })

  it('sums up a district over the months', async () => {
    const keys = ['a', 'b']
    const members = keys.map((_, half) =>
      Array.from({ length: year.devices }, (__, device) => device).filter(
        (device) => device % 2 === half,
      ),
    )
    const { devices: _all, ...query } = chart({})
    const answer = await side.queries.groups({
      ...query,
      window: '1d',
      groups: keys.map((key, half) => ({ key, devices: (members[half] ?? []).map(deviceName) })),
    })
    for (const [half, { points }] of answer.entries())
      expectNear(
        points,
        bruteForceGroup((members[half] ?? []).map(shown[0].values), {
          from: year.from,
          to: year.to,
          window: '1d',
          timeZone: year.timeZone,
          lookBackMs: FORTY_DAYS,
        }),
      )
  })
})

async function windowsByCell(
  side: YearSide,
  level: RollupLevel,
  from: number,
  to: number,
): Promise<Map<string, Map<number, Summary>>> {
  const metrics = ['volume_total', 'pressure']
  const cells = new Map<string, Map<number, Summary>>()
  for await (const batch of side.store.windows(level, {
    type: meter.id,
    metrics,
    devices: null,
    from,
    to,
  }))
    for (const { device, start, summaries } of batch)
      for (const [place, metric] of metrics.entries()) {
        const summary = summaries[place] ?? null
        if (summary === null) continue
        const key = `${device} ${metric}`
        const cell = cells.get(key) ?? new Map<number, Summary>()
        cells.set(key, cell.set(start, summary))
      }
  return cells
}

/** Written out, as this is asked a million times. */
function expectSummary(
  found: Summary | undefined,
  expected: Summary,
  metric: string,
  what: string,
): void {
  const isCounter = metric === 'volume_total'
  const isSame =
    found !== undefined &&
    found.count === expected.count &&
    found.min === expected.min &&
    found.max === expected.max &&
    found.sum === expected.sum &&
    found.last === expected.last &&
    (!isCounter || (found.first === expected.first && found.gained === expected.gained))
  if (!isSame) expect(found, what).toEqual(expected)
}

function expectNear(actual: unknown, expected: unknown): void {
  const rounded = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (_key, one: unknown) =>
        typeof one === 'number' ? Number(one.toPrecision(12)) : one,
      ),
    )
  expect(rounded(actual)).toEqual(rounded(expected))
}
