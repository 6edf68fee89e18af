// The main thread's end of the seam: starts the engine thread, hands it committed chunks and keeps its last report.

import { Worker } from 'node:worker_threads'
import type { Millis, Position } from './core/position.ts'
import type { EngineThreadData } from './engine-thread.ts'
import type { FromEngine, Report, ToEngine } from './pipeline/messages.ts'
import type { Clock, CommittedChunk } from './ports.ts'
import { watchEnd } from './thread-end.ts'

export interface EngineLinkOptions {
  readonly data: EngineThreadData
  readonly clock: Clock
  /** A chunk's memory is free again. */
  readonly onConsumed: (memory: ArrayBuffer) => void
  readonly onReport: (report: Report) => void
  readonly onSnapshot: (needed: Position) => void
  readonly onProblem: (message: string, detail: string) => void
  /** The thread died: nothing is decided any more, the process must end and recover. */
  readonly onDeath: (error: Error) => void
}

export interface EngineLink {
  readonly report: Report
  /** When the oldest chunk that the engine has not consumed yet was sent; null when it has consumed all. */
  readonly waitingSince: Millis | null
  send(chunk: CommittedChunk): void
  /** Asks for a snapshot, so that the journal may delete what lies before it. */
  makeRoom(): void
  /** Lets the engine finish what it has, snapshot and end. */
  stop(): Promise<void>
}

/** Resolves when the engine has recovered up to `data.through`. */
export function startEngine(options: EngineLinkOptions): Promise<EngineLink> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./engine-thread.ts', import.meta.url), {
      workerData: options.data,
      transferList: [options.data.telemetry],
    })
    let report: Report | null = null
    const end = watchEnd(worker, {
      name: 'engine',
      isUp: () => report !== null,
      onStartFailed: reject,
      onDeath: options.onDeath,
    })
    const sentAt: Millis[] = []

    const link: EngineLink = {
      get report() {
        if (report === null)
          throw new Error('Cannot read the report: the engine has not recovered yet')
        return report
      },
      get waitingSince() {
        return sentAt[0] ?? null
      },
      send(chunk) {
        sentAt.push(options.clock.now())
        const memory = chunk.bytes.buffer as ArrayBuffer
        const message: ToEngine = {
          kind: 'chunk',
          memory,
          offset: chunk.bytes.byteOffset,
          length: chunk.bytes.length,
          first: chunk.first,
          count: chunk.count,
        }
        worker.postMessage(message, [memory])
      },
      makeRoom() {
        const message: ToEngine = { kind: 'make_room' }
        worker.postMessage(message)
      },
      stop: () =>
        end.stop(() => {
          const message: ToEngine = { kind: 'stop' }
          worker.postMessage(message)
        }),
    }

    worker.on('message', (message: FromEngine) => {
      switch (message.kind) {
        case 'ready':
          report = message.report
          for (const note of message.notes) options.onProblem('snapshot passed over', note)
          options.onReport(message.report)
          resolve(link)
          break
        case 'consumed':
          sentAt.shift()
          options.onConsumed(message.memory)
          break
        case 'report':
          report = message.report
          options.onReport(message.report)
          break
        case 'snapshot':
          options.onSnapshot(message.needed)
          break
        case 'problem':
          options.onProblem(message.message, message.detail)
          break
        case 'stopped':
          break
      }
    })
  })
}
