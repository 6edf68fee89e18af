// Another telemetry store over the same journal: it is given what the journal still has, and the accounts go on.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deviceTypes } from '../../../devices/index.ts'
import { createManualClock } from '../../../src/clock.ts'
import { recordBytes, writeRecord, type JournalRecord } from '../../../src/core/messages/record.ts'
import { BEFORE_FIRST, positionAt, type Position } from '../../../src/core/position.ts'
import type { Report } from '../../../src/pipeline/messages.ts'
import { createPipeline } from '../../../src/pipeline/pipeline.ts'
import { createRunner } from '../../../src/pipeline/runner.ts'
import { createSnapshots } from '../../../src/pipeline/snapshots.ts'
import type { TelemetrySink } from '../../../src/ports.ts'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'
import { openState } from '../../../src/store/state/state.ts'

const START = Date.UTC(2026, 10, 22, 4)
const device = {
  id: 'R-1',
  type: 'streetlight',
  name: 'R-1',
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
}

/** The registration, then a reading a second. */
function recordAt(sequence: number): JournalRecord {
  const receivedAt = START + sequence * 1_000
  const isFirst = sequence === 1
  const body = isFirst
    ? { kind: 'devices.register', devices: [device] }
    : { v: 1, ts: receivedAt, m: { power: sequence } }
  return {
    kind: isFirst ? 'command' : 'message',
    flags: 0,
    client: 'R-1',
    topic: isFirst ? 'devices.register' : 'city/v1/150802/streetlight/R-1/up',
    payload: Buffer.from(JSON.stringify(body)),
    receivedAt,
  }
}

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hetao-change-store-'))
})
afterEach(() => rmSync(root, { recursive: true }))

/** A life of the runner over the journal from `oldest` on, up to `until`; the last report. */
async function live(options: {
  readonly store: string
  readonly telemetry: TelemetrySink
  readonly oldest: number
  readonly until: number
}): Promise<Report> {
  const snapshots = createSnapshots(join(root, 'snapshots'))
  const { snapshot } = snapshots.newest()
  const isSame = snapshot === null || snapshot.telemetryStore === options.store
  const pipeline = createPipeline({
    types: deviceTypes,
    timeZone: 'Asia/Shanghai',
    ...(snapshot === null ? {} : { snapshot: snapshot.pipeline }),
  })
  const reports: Report[] = []
  const runner = createRunner({
    pipeline,
    state: openState({ file: join(root, 'state.db') }),
    telemetry: { ...options.telemetry, close: async () => {} },
    telemetryPosition: isSame ? (snapshot?.telemetry ?? BEFORE_FIRST) : BEFORE_FIRST,
    telemetryStore: options.store,
    telemetryElsewhere: isSame ? (snapshot?.telemetryElsewhere ?? 0) : null,
    registryPast: snapshot?.registryPast ?? [],
    snapshots,
    *readJournal(after: Position, through: Position) {
      for (let sequence = Math.max(after + 1, options.oldest); sequence <= through; sequence++)
        yield { position: positionAt(sequence), record: recordAt(sequence) }
    },
    clock: createManualClock(START),
    report: (report) => reports.push(report),
    onSnapshot: () => {},
    onProblem: (message, detail) => {
      throw new Error(`${message}: ${detail}`)
    },
    snapshotEveryMs: 1e12,
  })
  await runner.recover(pipeline.position)
  for (let sequence = pipeline.position + 1; sequence <= options.until; sequence++) {
    const record = recordAt(sequence)
    const chunk = Buffer.alloc(recordBytes(record))
    writeRecord(chunk, 0, record, record.receivedAt, sequence)
    runner.consume(chunk, positionAt(sequence), 1)
  }
  await runner.snapshot()
  await runner.close()
  const last = reports.at(-1)
  if (last === undefined) throw new Error('Expected a report, got none')
  return last
}

const readings = async (store: ReturnType<typeof createMemoryTelemetry>) => {
  const span = { from: 0, to: START * 2, devices: null, metrics: ['power'] }
  const rows = await Array.fromAsync(store.readings({ type: 'streetlight', ...span }))
  return rows.flat().map(({ values }) => values[0])
}

describe('another telemetry store', () => {
  it('takes what the journal still has, and the rest counts as kept elsewhere', async () => {
    const first = createMemoryTelemetry({ types: deviceTypes })
    const before = await live({ store: 'embedded', telemetry: first, oldest: 1, until: 11 })
    expect(before).toMatchObject({ stored: 10, telemetryBehind: false })

    const second = createMemoryTelemetry({ types: deviceTypes })
    const after = await live({ store: 'influx', telemetry: second, oldest: 6, until: 13 })
    expect(await readings(second)).toEqual([6, 7, 8, 9, 10, 11, 12, 13])
    expect(after).toMatchObject({ stored: 12, duplicate: 0, telemetryBehind: false })
    expect(after.counts.accepted).toBe(12)

    const again = await live({ store: 'influx', telemetry: second, oldest: 6, until: 14 })
    expect(again).toMatchObject({ stored: 13, telemetryBehind: false })

    const back = await live({ store: 'embedded', telemetry: first, oldest: 6, until: 15 })
    expect(back).toMatchObject({ stored: 14, telemetryBehind: false })
    expect(await readings(first)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
  })
})
