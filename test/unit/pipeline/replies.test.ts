// What a network expects to hear back is told while the product is live, once; a recovery keeps quiet about it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { BEFORE_FIRST, positionAt } from '../../../src/core/position.ts'
import { recordBytes, writeRecord, type JournalRecord } from '../../../src/core/messages/record.ts'
import type { Report } from '../../../src/pipeline/messages.ts'
import { createPipeline, type Pipeline } from '../../../src/pipeline/pipeline.ts'
import { createRunner } from '../../../src/pipeline/runner.ts'
import { createSnapshots } from '../../../src/pipeline/snapshots.ts'
import { openState } from '../../../src/store/state/state.ts'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'

const START = Date.UTC(2026, 10, 22, 4)
const record: JournalRecord = {
  kind: 'clock',
  flags: 0,
  client: '',
  topic: '',
  payload: new Uint8Array(0),
  receivedAt: START,
}

/** A pipeline in which every record is answered. */
function answering(): Pipeline {
  const pipeline = createPipeline({ types: [], timeZone: 'Asia/Shanghai' })
  const consume: Pipeline['consume'] = (one, position, emit) => {
    pipeline.consume(one, position, emit)
    const payload = Uint8Array.of(Number(position))
    emit({ kind: 'reply', reply: { topic: 'dtu/1/reply', payload } })
  }
  const answered: Pipeline = Object.create(pipeline, { consume: { value: consume } })
  return answered
}

describe('replies', () => {
  it('are in the report of their chunk, and not of a recovery', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hetao-replies-'))
    const reports: Report[] = []
    const runner = createRunner({
      pipeline: answering(),
      state: openState({ file: join(directory, 'state.db') }),
      telemetry: createMemoryTelemetry({ types: [] }),
      telemetryPosition: BEFORE_FIRST,
      telemetryStore: 'memory',
      telemetryElsewhere: 0,
      registryPast: [],
      snapshots: createSnapshots(join(directory, 'snapshots')),
      readJournal: (after, through) =>
        [1, 2]
          .map((sequence) => ({ position: positionAt(sequence), record }))
          .filter(({ position }) => position > after && position <= through),
      clock: createManualClock(START),
      report: (report) => reports.push(report),
      onSnapshot: () => {},
      onProblem: (message, detail) => {
        throw new Error(`${message}: ${detail}`)
      },
      snapshotEveryMs: 3_600_000,
    })
    await runner.recover(positionAt(2))
    expect(reports.flatMap(({ replies }) => replies)).toEqual([])
    const chunk = Buffer.alloc(recordBytes(record))
    writeRecord(chunk, 0, record, START, 3)
    runner.consume(chunk, positionAt(3), 1)
    expect(reports.at(-1)?.replies).toEqual([
      { topic: 'dtu/1/reply', payload: Uint8Array.of(Number(positionAt(3))) },
    ])
    await runner.close()
    expect(reports.flatMap(({ replies }) => replies)).toHaveLength(1)
    rmSync(directory, { recursive: true, force: true })
  })
})
