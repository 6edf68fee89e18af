// The law behind every restart: snapshot + tail, at any cut, ends in the same state and the same stores as never having stopped.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deviceTypes } from '../../../devices/index.ts'
import { createManualClock } from '../../../src/clock.ts'
import { BEFORE_FIRST, positionAt, type Position } from '../../../src/core/position.ts'
import {
  recordBytes,
  writeRecord,
  type Entry,
  type JournalRecord,
} from '../../../src/core/record.ts'
import type { Report } from '../../../src/pipeline/messages.ts'
import { createPipeline } from '../../../src/pipeline/pipeline.ts'
import { createRunner } from '../../../src/pipeline/runner.ts'
import { createSnapshots } from '../../../src/pipeline/snapshots.ts'
import { openState } from '../../../src/store/state/state.ts'
import { openStateReader } from '../../../src/store/state/state-reader.ts'
import { openEmbeddedTelemetry } from '../../../src/store/telemetry/embedded.ts'

const START = Date.UTC(2026, 10, 22, 4)
const DEVICES = ['R-1', 'R-2', 'R-3']

const register = {
  kind: 'devices.register',
  devices: DEVICES.map((id) => ({
    id,
    type: 'streetlight',
    name: id,
    division: '150802',
    grid: null,
    street: null,
    parent: null,
    lat: null,
    lon: null,
    roadClass: null,
    weakArea: false,
    department: null,
    maintainer: null,
    componentCode: null,
    rated: {},
    simulated: true,
  })),
}

const story = fc.array(
  fc.record({
    device: fc.constantFrom(...DEVICES, 'UNKNOWN'),
    leakage: fc.constantFrom(1, 2, 41, 50, 'bad'),
    backMs: fc.constantFrom(0, 0, 0, 60_000, 4 * 3_600_000),
    gapMs: fc.constantFrom(1_000, 30_000, 600_000),
    acknowledge: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
)

type Step = typeof story extends fc.Arbitrary<readonly (infer S)[]> ? S : never

function recordsOf(steps: readonly Step[]): JournalRecord[] {
  let at = START
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value))
  const records: JournalRecord[] = [
    {
      kind: 'command',
      flags: 0,
      client: 'test',
      topic: register.kind,
      payload: encode(register),
      receivedAt: at,
    },
  ]
  for (const { device, leakage, backMs, gapMs, acknowledge } of steps) {
    at += gapMs
    records.push({
      kind: 'message',
      flags: 0,
      client: device,
      topic: `city/v1/150802/streetlight/${device}/up`,
      payload: encode({ v: 1, ts: at - backMs, m: { leakage_current: leakage } }),
      receivedAt: at,
    })
    if (acknowledge)
      records.push({
        kind: 'clock',
        flags: 0,
        client: '',
        topic: '',
        payload: new Uint8Array(0),
        receivedAt: at,
      })
  }
  return records
}

function chunkOf(records: readonly JournalRecord[], first: number): Buffer {
  const chunk = Buffer.alloc(
    records.reduce((sum, record) => sum + recordBytes(record satisfies Entry), 0),
  )
  let offset = 0
  records.forEach((record, index) => {
    offset = writeRecord(chunk, offset, record, record.receivedAt, first + index)
  })
  return chunk
}

/** One life of the engine thread over `directory`, from its snapshot to `records[until]`. */
async function live(
  directory: string,
  records: readonly JournalRecord[],
  until: number,
  end: 'close' | 'kill',
  snapshotAfter: number | null,
) {
  const snapshots = createSnapshots(join(directory, 'snapshots'))
  const { snapshot } = snapshots.newest()
  const pipeline = createPipeline({
    types: deviceTypes,
    timeZone: 'Asia/Shanghai',
    ...(snapshot === null ? {} : { snapshot: snapshot.pipeline }),
  })
  const state = openState({ file: join(directory, 'state.db') })
  const telemetry = openEmbeddedTelemetry({
    directory: join(directory, 'telemetry'),
    types: deviceTypes,
  })
  const reports: Report[] = []
  const runner = createRunner({
    pipeline,
    state,
    telemetry,
    telemetryPosition: snapshot?.telemetry ?? BEFORE_FIRST,
    snapshots,
    *readJournal(after: Position, through: Position) {
      for (let sequence = after + 1; sequence <= through; sequence++) {
        const record = records[sequence - 1]
        if (record !== undefined) yield { position: positionAt(sequence), record }
      }
    },
    clock: createManualClock(START),
    report: (report) => reports.push(report),
    onSnapshot: () => {},
    onProblem: (message, detail) => {
      throw new Error(`${message}: ${detail}`)
    },
    snapshotEveryMs: 1e12,
  })
  const recovered = Math.max(pipeline.position, state.applied)
  await runner.recover(positionAt(recovered))
  for (let sequence = recovered + 1; sequence <= until; sequence++) {
    const record = records[sequence - 1]
    if (record !== undefined) runner.consume(chunkOf([record], sequence), positionAt(sequence), 1)
    if (sequence === snapshotAfter) await runner.snapshot()
  }
  const final = JSON.stringify(pipeline.snapshot())
  if (end === 'close') await runner.close()
  else {
    // What a kill leaves: the stores as they are, nothing flushed, no snapshot.
    state.close()
    await telemetry.close()
  }
  return { final, counts: telemetry.counts() }
}

function projection(directory: string): string {
  const reader = openStateReader({ file: join(directory, 'state.db') })
  try {
    const page = { limit: 1000, cursor: null }
    const filter = {
      state: 'all',
      severity: null,
      division: null,
      type: null,
      device: null,
    } as const
    const alerts = reader.alerts(filter, page).items
    return JSON.stringify({
      alerts,
      timelines: alerts.map((alert) => reader.alert(alert.id)?.timeline),
      tickets: reader.tickets({ delivery: null, device: null, division: null }, page).items,
      quarantine: reader
        .quarantine({ device: null, code: null }, page)
        .items.map((item) => [item.id, item.code]),
      latest: DEVICES.map((id) => reader.latest(id)),
    })
  } finally {
    reader.close()
  }
}

describe('recovery', () => {
  it('ends like an undisturbed run, wherever it was cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        story,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (steps, cut, early) => {
          const root = mkdtempSync(join(tmpdir(), 'hetao-recovery-'))
          try {
            const records = recordsOf(steps)
            const through = records.length
            const undisturbed = join(root, 'a')
            const disturbed = join(root, 'b')
            const whole = await live(undisturbed, records, through, 'close', null)
            const killAt = 1 + Math.floor(cut * (through - 1))
            await live(disturbed, records, killAt, 'kill', 1 + Math.floor(early * (killAt - 1)))
            const after = await live(disturbed, records, through, 'close', null)
            expect(after.final).toBe(whole.final)
            expect(after.counts).toEqual(whole.counts)
            expect(projection(disturbed)).toBe(projection(undisturbed))
          } finally {
            rmSync(root, { recursive: true })
          }
        },
      ),
      { numRuns: 10 },
    )
  })

  it('accounts for every item', async () => {
    const root = mkdtempSync(join(tmpdir(), 'hetao-recovery-'))
    const steps = Array.from({ length: 20 }, (_, index) => ({
      device: index % 5 === 0 ? 'UNKNOWN' : 'R-1',
      leakage: index % 7 === 0 ? ('bad' as const) : 1,
      backMs: 0,
      gapMs: 1000,
      acknowledge: false,
    }))
    const { final, counts } = await live(root, recordsOf(steps as never), 21, 'close', null)
    const { items, quarantined } = (
      JSON.parse(final) as { counts: { items: number; quarantined: number } }
    ).counts
    expect(items).toBe(20)
    expect(counts.stored + counts.duplicate + quarantined).toBe(items)
    rmSync(root, { recursive: true })
  })
})

describe('a state store that fails', () => {
  it('delays effects and snapshots, and loses none of them', async () => {
    const root = mkdtempSync(join(tmpdir(), 'hetao-recovery-'))
    const clock = createManualClock(START)
    const real = openState({ file: join(root, 'state.db') })
    let isFull = false
    const problems: string[] = []
    const reports: Report[] = []
    const pipeline = createPipeline({ types: deviceTypes, timeZone: 'Asia/Shanghai' })
    const runner = createRunner({
      pipeline,
      state: {
        get applied() {
          return real.applied
        },
        apply(...given) {
          if (isFull) throw new Error('disk full')
          real.apply(...given)
        },
        sync: () => real.sync(),
        close: () => real.close(),
      },
      telemetry: openEmbeddedTelemetry({ directory: join(root, 'telemetry'), types: deviceTypes }),
      telemetryPosition: BEFORE_FIRST,
      snapshots: createSnapshots(join(root, 'snapshots')),
      readJournal: () => [],
      clock,
      report: (report) => reports.push(report),
      onSnapshot: () => {},
      onProblem: (message) => problems.push(message),
      snapshotEveryMs: 1e12,
    })
    const step = {
      device: 'R-1',
      leakage: 41 as const,
      backMs: 0,
      gapMs: 1000 as const,
      acknowledge: false,
    }
    const records = recordsOf([step, step, step])
    const feed = (sequence: number) => {
      const record = records[sequence - 1]
      if (record !== undefined) runner.consume(chunkOf([record], sequence), positionAt(sequence), 1)
    }
    feed(1)
    isFull = true
    for (const sequence of [2, 3, 4]) feed(sequence)
    await runner.snapshot()
    expect(problems).toEqual(['state store failed', 'state store failed', 'snapshot failed'])
    expect(real.applied).toBe(positionAt(1))
    isFull = false
    clock.set(START + 10_000)
    expect(real.applied).toBe(positionAt(4))
    expect(reports.flatMap((report) => report.changes.tickets).length).toBeGreaterThan(0)
    await runner.close()
    rmSync(root, { recursive: true })
  })
})
