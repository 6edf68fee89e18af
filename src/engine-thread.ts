// Entry of the engine thread: opens the stores, recovers, then follows the chunks the main thread sends. Composition only.

import { join } from 'node:path'
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { deviceTypes } from '../devices/index.ts'
import { systemClock } from './clock.ts'
import { BEFORE_FIRST, formatPosition, type Position } from './core/position.ts'
import { readJournal } from './journal/reader.ts'
import type { FromEngine, Report, ToEngine } from './pipeline/messages.ts'
import { createPipeline } from './pipeline/pipeline.ts'
import { createRunner } from './pipeline/runner.ts'
import { createSnapshots } from './pipeline/snapshots.ts'
import { openState } from './store/state/state.ts'
import { createSinkClient } from './store/link/sink-client.ts'

export interface EngineThreadData {
  readonly dataDirectory: string
  readonly timeZone: string
  readonly snapshotEveryMs: number
  /** The journal's last committed position when the thread was started. */
  readonly through: Position
  /** The telemetry thread's end for whoever writes. */
  readonly telemetry: MessagePort
  /** Telemetry is kept by this machine: when it cannot follow, what comes in waits a little. */
  readonly telemetryIsLocal: boolean
  /** Which store it is: a snapshot's place in another one says nothing here. */
  readonly telemetryStore: string
}

/** Readings on their way to a store of this machine beyond which the next chunk waits; less than what falls behind. */
const TELEMETRY_HOLD = 20_000

const port = parentPort
if (port === null) throw new Error('Cannot start the engine: expected to run in a worker thread')
const send = (message: FromEngine, transfer: ArrayBuffer[] = []) =>
  port.postMessage(message, transfer)

const data = workerData as EngineThreadData
const journalDirectory = join(data.dataDirectory, 'journal')
const snapshots = createSnapshots(join(data.dataDirectory, 'snapshots'))
const { snapshot, problems } = snapshots.newest()
const state = openState({ file: join(data.dataDirectory, 'state.db') })
refuseOlderState(snapshot?.pipeline.position ?? BEFORE_FIRST)
refuseHole(snapshot?.pipeline.position ?? BEFORE_FIRST)
const pipeline = createPipeline({
  types: deviceTypes,
  timeZone: data.timeZone,
  ...(snapshot === null ? {} : { snapshot: snapshot.pipeline }),
})
const formerStore =
  snapshot === null ? data.telemetryStore : (snapshot.telemetryStore ?? 'embedded')
const isSameStore = formerStore === data.telemetryStore
if (!isSameStore)
  send({
    kind: 'problem',
    message: 'telemetry store changed',
    detail: `from ${formerStore} to ${data.telemetryStore}: it is given what the journal still has; older readings stay where they are`,
  })
/** Null stays null until the store has caught up; a snapshot that does not speak of it knew one store only. */
const { telemetryElsewhere = 0 } = isSameStore ? (snapshot ?? {}) : { telemetryElsewhere: null }
let ready = false
let last: Report | null = null
const runner = createRunner({
  pipeline,
  state,
  telemetry: await createSinkClient(data.telemetry),
  telemetryHold: data.telemetryIsLocal ? TELEMETRY_HOLD : null,
  telemetryPosition: isSameStore ? (snapshot?.telemetry ?? BEFORE_FIRST) : BEFORE_FIRST,
  telemetryStore: data.telemetryStore,
  telemetryElsewhere,
  registryPast: snapshot?.registryPast ?? [],
  snapshots,
  readJournal: (after, through) => readJournal(journalDirectory, { after, through }),
  clock: systemClock,
  report(report) {
    last = report
    if (ready) send({ kind: 'report', report })
  },
  onSnapshot: (needed) => send({ kind: 'snapshot', needed }),
  onProblem: (message, detail) => send({ kind: 'problem', message, detail }),
  snapshotEveryMs: data.snapshotEveryMs,
})
await runner.recover(data.through)
ready = true
if (last !== null) send({ kind: 'ready', report: last, notes: problems })

/** One after the other, in the order they came; between two chunks there may be a wait for room. */
let order: Promise<void> = Promise.resolve()
port.on('message', (message: ToEngine) => {
  switch (message.kind) {
    case 'chunk':
      order = order.then(async () => {
        runner.consume(
          Buffer.from(message.memory, message.offset, message.length),
          message.first,
          message.count,
        )
        await runner.room()
        send({ kind: 'consumed', memory: message.memory }, [message.memory])
      })
      break
    case 'make_room':
      void runner.makeRoom()
      break
    case 'stop':
      order = order.then(async () => {
        await runner.close()
        send({ kind: 'stopped' })
        port.close()
      })
      break
  }
})

/** A snapshot is written after the state it belongs to is on disk; an older state would lack what the engine believes, for ever. */
function refuseOlderState(from: Position): void {
  if (state.applied >= from) return
  throw new Error(
    `Cannot start: the newest snapshot is at ${formatPosition(from)}, but state.db knows nothing after ${formatPosition(state.applied)}. ` +
      'Restore state.db, or move it and snapshots away to build it from the journal anew',
  )
}

/** Recovery needs every record after the snapshot; without them the engine would believe less than the state shows. */
function refuseHole(from: Position): void {
  const { through } = data
  const [oldest] = readJournal(journalDirectory, { after: BEFORE_FIRST, through })
  if (oldest !== undefined && oldest.position > from + 1)
    throw new Error(
      `Cannot start: expected the journal to go on after ${formatPosition(from)}, the newest snapshot, but it begins at ` +
        `${formatPosition(oldest.position)}. Restore the missing segments, or move state.db, telemetry and snapshots away to start anew`,
    )
  const [next] = readJournal(journalDirectory, { after: from, through })
  if (next !== undefined) return
  if (state.applied > from)
    throw new Error(
      `Cannot start: the state knows position ${formatPosition(state.applied)}, but the journal has nothing after ${formatPosition(from)}. ` +
        'Restore the journal, or move state.db, telemetry and snapshots away to start anew',
    )
}
