// Whatever an InfluxDB does and whenever the process is killed: in the end each good reading is stored once, each bad one refused,
// and the counts say so.

import * as fc from 'fast-check'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import type { Reading } from '../../../src/core/messages/reading.ts'
import { positionAt } from '../../../src/core/position.ts'
import { TelemetryUnavailable, type TelemetryStore } from '../../../src/ports.ts'
import { openInflux, type RefusedReading } from '../../../src/store/influx/influx.ts'
import { contractTypes, NOON, reading } from '../../contracts/telemetry-readings.ts'
import { startFakeInflux, type FakeFault, type FakeInflux } from './influx-fake.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

const POISON = 666

/** `crash`: the process is killed as the server gets the request. `crash-kept`: as it has kept it. */
type Trouble = FakeFault | 'crash' | 'crash-kept' | 'crash-refusing' | null

const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(null) },
  {
    weight: 5,
    arbitrary: fc.constantFrom<Trouble[]>(
      { status: 500 },
      { status: 503, headers: { 'retry-after': '1' } },
      { status: 401 },
      { status: 404, body: '{"error":"database not found"}' },
      { status: 429 },
      { status: 200 },
      'lost',
      'kept',
      'half',
      'hang',
      'garbage',
    ),
  },
  { weight: 3, arbitrary: fc.constantFrom<Trouble[]>('crash', 'crash-kept', 'crash-refusing') },
)

const sample = fc.record({
  device: fc.constantFrom('L1', 'L2', 'L3'),
  division: fc.constantFrom('150802', '150821'),
  ts: fc.integer({ min: 0, max: 9 }).map((step) => NOON + step * 1000),
  power: fc.constantFrom(Number.NaN, 1, 2, POISON),
  lamp_on: fc.constantFrom(Number.NaN, 0, 1),
  /** Readings of one message share its position. */
  isNext: fc.boolean(),
})

const story = fc.record({
  samples: fc.array(sample, { maxLength: 40 }),
  hasPoison: fc.boolean(),
  cuts: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 }),
  troubles: fc.array(trouble, { maxLength: 25 }),
  keepsGood: fc.boolean(),
  linesMax: fc.constantFrom(2, 5, 100),
})

type Story = typeof story extends fc.Arbitrary<infer T> ? T : never

function readingsOf({ samples, hasPoison }: Story): Reading[] {
  let position = 1
  return samples.flatMap(({ isNext, device, division, ts, power, lamp_on }) => {
    if (isNext) position++
    if (power === POISON && !hasPoison) return []
    if (Number.isNaN(power) && Number.isNaN(lamp_on)) return []
    return [reading(position, ts, { power, lamp_on }, { device, division })]
  })
}

interface Run {
  readonly store: TelemetryStore
  /** Where the ledger goes on after a kill, once there was one. */
  killed: string | null
  close(): Promise<void>
}

let directories = 0

function start(
  fake: FakeInflux,
  directory: string,
  parent: string,
  { linesMax, troubles }: Pick<Story, 'linesMax'> & { troubles: Trouble[] },
  refused: RefusedReading[],
): Run {
  const clock = createManualClock(NOON)
  mkdirSync(directory, { recursive: true })

  /** What a killed process leaves behind: the files as they are now. */
  function kill(): void {
    run.killed = join(parent, `${++directories}`)
    cpSync(directory, run.killed, { recursive: true })
  }

  fake.onHang = () => clock.set(clock.now() + 10_000)
  fake.onWrite = () => {
    fake.faults.length = 0
    if (run.killed !== null) {
      // The dead send nothing.
      fake.faults.push('lost')
      return
    }
    const next = troubles.shift() ?? null
    if (next === 'crash' || next === 'crash-kept') {
      kill()
      fake.faults.push(next === 'crash' ? 'lost' : 'kept')
    } else fake.faults.push(next === 'crash-refusing' ? null : next)
  }
  const store = openInflux({
    url: fake.url,
    token: null,
    organisation: null,
    bucket: 'iot',
    types: contractTypes,
    file: join(directory, 'influx.db'),
    clock,
    limits: { linesMax, bytesMax: 1_000_000 },
    refuse: async (items) => {
      refused.push(...items)
      if (troubles[0] !== 'crash-refusing') return
      troubles.shift()
      kill()
      throw new Error('killed')
    },
    onProblem: () => {},
  })
  const run: Run = { store, killed: null, close: () => store.close() }
  return run
}

/** As the pipeline does: batch by batch, each until it is in, all of it again after a kill. */
async function writeAll(fake: FakeInflux, parent: string, told: Story) {
  const readings = readingsOf(told)
  const refused: RefusedReading[] = []
  const troubles = [...told.troubles]
  let run = start(fake, join(parent, `${++directories}`), parent, { ...told, troubles }, refused)
  let batches = batchesOf(readings, told.cuts)
  for (let tries = 0; batches.length > 0; tries++) {
    if (tries > 200) throw new Error('expected the writes to come to an end')
    const [batch = []] = batches
    const through = batch.at(-1)?.position ?? positionAt(0)
    const error: unknown = await run.store.write(batch, through, NOON).then(
      () => null,
      (reason: unknown) => reason,
    )
    if (run.killed !== null) {
      await run.close()
      run = start(fake, run.killed, parent, { ...told, troubles }, refused)
      // Another cut than before the kill.
      batches = batchesOf(readings, [...told.cuts.slice(1), 3])
    } else if (error === null) batches = batches.slice(1)
    else if (!(error instanceof TelemetryUnavailable)) throw error
  }
  const counts = run.store.counts()
  await run.close()
  return { readings, refused, counts }
}

/** Whole positions, about as many readings as the cuts say. */
function batchesOf(readings: readonly Reading[], cuts: readonly number[]): Reading[][] {
  const batches: Reading[][] = []
  let batch: Reading[] = []
  for (const [index, one] of readings.entries()) {
    batch.push(one)
    const isEnd = readings[index + 1]?.position !== one.position
    if (!isEnd || batch.length < (cuts[batches.length % cuts.length] ?? 1)) continue
    batches.push(batch)
    batch = []
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}

/** What must be there and counted. */
function expectedOf(readings: readonly Reading[]) {
  const rows = new Map<string, { power: number | undefined; lamp_on: number | undefined }>()
  const counts = { stored: 0, duplicate: 0, revised: 0, refused: 0 }
  for (const { device, ts, values } of readings) {
    const [power = Number.NaN, lamp_on = Number.NaN] = values
    if (power === POISON) {
      counts.refused++
      continue
    }
    const row = rows.get(`${device} ${ts}`)
    if (row === undefined) counts.stored++
    else counts.duplicate++
    const next = {
      power: Number.isNaN(power) ? row?.power : power,
      lamp_on: Number.isNaN(lamp_on) ? row?.lamp_on : lamp_on,
    }
    if (row !== undefined && (row.power !== next.power || row.lamp_on !== next.lamp_on))
      counts.revised++
    rows.set(`${device} ${ts}`, next)
  }
  return { rows, counts }
}

const isKill = (one: Trouble) => typeof one === 'string' && one.startsWith('crash')
const identity = ({ reading: { device, ts, position, values } }: RefusedReading) =>
  `${device} ${ts} ${position} ${values.join()}`

it('stores each good reading once, refuses each bad one and counts exactly, whatever happens', async () => {
  const parent = await makeTemporaryDirectory()
  try {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const fake = await startFakeInflux('1')
        fake.keepsGood = told.keepsGood
        fake.refuses = (line) => (line.includes(`power=${POISON}`) ? 'poison' : null)
        try {
          const { readings, refused, counts } = await writeAll(fake, parent.path, told)
          const expected = expectedOf(readings)
          const kept = [...fake.rows.values()]
            .filter(({ measurement }) => measurement === 'streetlight')
            .map(({ tags, ts, fields }): [string, object] => [
              `${tags['device']} ${ts}`,
              { power: fields['power'], lamp_on: fields['lamp_on'] },
            ])
          expect(kept).toHaveLength(expected.rows.size)
          expect(new Map(kept)).toEqual(expected.rows)
          const { revised, ...exact } = expected.counts
          expect(counts).toMatchObject(exact)
          const bad = readings
            .filter(({ values }) => values[0] === POISON)
            .map((one) => identity({ reading: one, reason: '' }))
          // A reading counts as a revision of a refused one that stood before it in its batch.
          if (bad.length === 0) expect(counts.revised).toBe(revised)
          const handed = refused.map(identity)
          expect(new Set(handed)).toEqual(new Set(bad))
          if (!told.troubles.some(isKill)) expect(handed.toSorted()).toEqual(bad.toSorted())
        } finally {
          await fake.close()
        }
      }),
      { numRuns: 20 },
    )
  } finally {
    await parent.remove()
  }
})
