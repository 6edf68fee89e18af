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
} from '../../../src/core/messages/record.ts'
import type { Report } from '../../../src/pipeline/messages.ts'
import { createPipeline } from '../../../src/pipeline/pipeline.ts'
import { createRunner } from '../../../src/pipeline/runner.ts'
import { createSnapshots } from '../../../src/pipeline/snapshots.ts'
import { openState } from '../../../src/store/state/state.ts'
import { openStateReader } from '../../../src/store/state/state-reader.ts'
import { openEmbeddedTelemetry } from '../../../src/store/embedded/embedded.ts'

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
    clock: createManualClock(START),
  })
  const reports: Report[] = []
  let isDead = false
  const runner = createRunner({
    pipeline,
    state,
    telemetry,
    telemetryPosition: snapshot?.telemetry ?? BEFORE_FIRST,
    telemetryStore: 'memory',
    telemetryElsewhere: 0,
    registryPast: snapshot?.registryPast ?? [],
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
      if (!isDead) throw new Error(`${message}: ${detail}`)
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
    isDead = true
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

/** A runner whose stores can be told to be away; its journal is `records`. */
function openRunner(root: string, records: readonly JournalRecord[]) {
  const clock = createManualClock(START)
  const snapshots = createSnapshots(join(root, 'snapshots'))
  const { snapshot } = snapshots.newest()
  const pipeline = createPipeline({
    types: deviceTypes,
    timeZone: 'Asia/Shanghai',
    ...(snapshot === null ? {} : { snapshot: snapshot.pipeline }),
  })
  const state = openState({ file: join(root, 'state.db') })
  const telemetry = openEmbeddedTelemetry({
    directory: join(root, 'telemetry'),
    types: deviceTypes,
    clock,
  })
  const away = { state: false, telemetry: false }
  const problems: string[] = []
  const reports: Report[] = []
  const needed: Position[] = []
  const runner = createRunner({
    pipeline,
    state: {
      get applied() {
        return state.applied
      },
      apply(...given) {
        if (away.state) throw new Error('disk full')
        state.apply(...given)
      },
      sync: () => state.sync(),
      close: () => state.close(),
    },
    telemetry: {
      ...telemetry,
      write: (...given) =>
        away.telemetry ? Promise.reject(new Error('away')) : telemetry.write(...given),
    },
    telemetryPosition: snapshot?.telemetry ?? BEFORE_FIRST,
    telemetryStore: 'memory',
    telemetryElsewhere: 0,
    registryPast: snapshot?.registryPast ?? [],
    snapshots,
    *readJournal(after: Position, through: Position) {
      for (let sequence = after + 1; sequence <= through; sequence++) {
        const record = records[sequence - 1]
        if (record !== undefined) yield { position: positionAt(sequence), record }
      }
    },
    clock,
    report: (report) => reports.push(report),
    onSnapshot: (position) => needed.push(position),
    onProblem: (message) => problems.push(message),
    snapshotEveryMs: 1e12,
  })
  const feed = (from: number, to = from) => {
    for (let sequence = from; sequence <= to; sequence++) {
      const record = records[sequence - 1]
      if (record !== undefined) runner.consume(chunkOf([record], sequence), positionAt(sequence), 1)
    }
  }
  return { runner, pipeline, telemetry, state, clock, away, problems, reports, needed, feed }
}

const leak = {
  device: 'R-1',
  leakage: 41 as const,
  backMs: 0,
  gapMs: 1000 as const,
  acknowledge: false,
}

describe('a state store that fails', () => {
  it('delays effects and snapshots, and loses none of them', async () => {
    const root = mkdtempSync(join(tmpdir(), 'hetao-recovery-'))
    const rig = openRunner(root, recordsOf([leak, leak, leak]))
    rig.feed(1)
    rig.away.state = true
    rig.feed(2, 4)
    await rig.runner.snapshot()
    expect(rig.problems).toEqual(['state store failed', 'state store failed', 'snapshot failed'])
    expect(rig.state.applied).toBe(positionAt(1))
    rig.away.state = false
    rig.clock.set(START + 10_000)
    expect(rig.state.applied).toBe(positionAt(4))
    expect(rig.reports.flatMap((report) => report.changes.tickets).length).toBeGreaterThan(0)
    await rig.runner.close()
    rmSync(root, { recursive: true })
  })

  it('does not keep the thread from ending', async () => {
    const root = mkdtempSync(join(tmpdir(), 'hetao-recovery-'))
    const rig = openRunner(root, recordsOf([leak, leak, leak]))
    rig.feed(1)
    rig.away.state = true
    rig.feed(2, 4)
    await rig.runner.close()
    expect(rig.clock.nextDue()).toBe(null)
    rmSync(root, { recursive: true })
  })
})

describe('a telemetry store that is away', () => {
  it('gets every accepted reading and no other, whatever has become of the devices since', async () => {
    const root = mkdtempSync(join(tmpdir(), 'hetao-recovery-'))
    const command = (body: object): JournalRecord => ({
      kind: 'command',
      flags: 0,
      client: 'test',
      topic: '',
      payload: Buffer.from(JSON.stringify(body)),
      receivedAt: START + 60_000,
    })
    const newcomer = { ...register, devices: [{ ...register.devices[0], id: 'UNKNOWN' }] }
    const records = [
      ...recordsOf(['R-1', 'R-2', 'R-3', 'UNKNOWN', 'R-1'].map((device) => ({ ...leak, device }))),
      command({ kind: 'device.update', id: 'R-1', patch: { division: '150821' } }),
      command({ kind: 'device.remove', id: 'R-2' }),
      command(newcomer),
    ]
    const before = openRunner(root, records)
    before.feed(1)
    await before.runner.snapshot()
    before.away.telemetry = true
    before.feed(2, 7)
    // One change before the snapshot that a restart goes on from, the others after it.
    await before.runner.snapshot()
    before.state.close()
    await before.telemetry.close()

    const after = openRunner(root, records)
    after.away.telemetry = true
    await after.runner.recover(positionAt(records.length))
    after.away.telemetry = false
    after.clock.set(START + 600_000)
    await after.runner.snapshot()
    const { accepted, quarantined } = after.pipeline.counts
    expect({ accepted, quarantined }).toEqual({ accepted: 4, quarantined: 1 })
    expect(after.telemetry.counts()).toMatchObject({ stored: 4, duplicate: 0 })
    await after.runner.close()
    rmSync(root, { recursive: true })
  })
})

describe('makeRoom()', () => {
  it('lets a full journal delete everything consumed, without another record', async () => {
    const root = mkdtempSync(join(tmpdir(), 'hetao-recovery-'))
    const rig = openRunner(root, recordsOf([leak, leak, leak]))
    rig.feed(1, 4)
    await rig.runner.makeRoom()
    expect(rig.needed.at(-1)).toBe(positionAt(4))
    await rig.runner.close()
    rmSync(root, { recursive: true })
  })
})
