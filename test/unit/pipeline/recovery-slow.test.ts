// A start while the telemetry database takes readings but slowly, or does not answer: everything else must be up at once.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { deviceTypes } from '../../../devices/index.ts'
import type { JournalRecord } from '../../../src/core/messages/record.ts'
import { BEFORE_FIRST, positionAt, type Position } from '../../../src/core/position.ts'
import type { Report } from '../../../src/pipeline/messages.ts'
import { createPipeline } from '../../../src/pipeline/pipeline.ts'
import { createRunner } from '../../../src/pipeline/runner.ts'
import { createSnapshots } from '../../../src/pipeline/snapshots.ts'
import type { Clock } from '../../../src/ports.ts'
import { openState } from '../../../src/store/state/state.ts'

const START = Date.UTC(2026, 10, 22, 4)
const MESSAGES = 5_200

function recordAt(sequence: number): JournalRecord {
  const at = START + sequence * 1_000
  const isFirst = sequence === 1
  const device = { id: 'R-1', type: 'streetlight', name: 'R-1', division: '150802' }
  const rest = { grid: null, street: null, parent: null, lat: null, lon: null, roadClass: null }
  const more = { weakArea: false, department: null, maintainer: null, componentCode: null }
  const devices = [{ ...device, ...rest, ...more, rated: {}, simulated: true }]
  const body = isFirst ? { kind: 'devices.register', devices } : { v: 1, ts: at, m: { power: 1 } }
  return {
    kind: isFirst ? 'command' : 'message',
    flags: 0,
    client: isFirst ? 'test' : 'R-1',
    topic: isFirst ? 'devices.register' : 'city/v1/150802/streetlight/R-1/up',
    payload: Buffer.from(JSON.stringify(body)),
    receivedAt: at,
  }
}

it('recovers while a write does not end, without waiting for it again and again', async () => {
  const root = mkdtempSync(join(tmpdir(), 'hetao-recovery-'))
  let waitedMs = 0
  const clock: Clock = {
    now: () => START,
    after(ms, task) {
      const pending = setImmediate(() => {
        waitedMs += ms
        task()
      })
      return () => clearImmediate(pending)
    },
  }
  const reports: Report[] = []
  const state = openState({ file: join(root, 'state.db') })
  const pipeline = createPipeline({ types: deviceTypes, timeZone: 'Asia/Shanghai' })
  const runner = createRunner({
    pipeline,
    state,
    telemetry: {
      write: () => new Promise(() => {}),
      sync: () => Promise.resolve(),
      counts: () => ({ stored: MESSAGES - 1, duplicate: 0, revised: 0, refused: 0 }),
      close: () => Promise.resolve(),
    },
    telemetryPosition: BEFORE_FIRST,
    telemetryStore: 'memory',
    telemetryElsewhere: 0,
    registryPast: [],
    snapshots: createSnapshots(join(root, 'snapshots')),
    *readJournal(after: Position, through: Position) {
      for (let sequence = after + 1; sequence <= through; sequence++)
        yield { position: positionAt(sequence), record: recordAt(sequence) }
    },
    clock,
    report: (report) => reports.push(report),
    onSnapshot: () => {},
    onProblem: () => {},
    snapshotEveryMs: 1e12,
  })
  await runner.recover(positionAt(MESSAGES))
  expect(pipeline.counts.accepted).toBe(MESSAGES - 1)
  // All of them were stored before a kill: those in the queue are not waiting on top of that.
  expect(reports.at(-1)).toMatchObject({ stored: MESSAGES - 1, telemetryBehind: true })
  expect(waitedMs).toBeLessThanOrEqual(5_000)
  state.close()
  rmSync(root, { recursive: true })
})
