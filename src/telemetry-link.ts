// The main thread's end of the telemetry thread: starts it, asks it, keeps its last status, and journals what its database refuses.

import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import type { TelemetryReader, TelemetryStatus } from './ports.ts'
import type { RefusedReading } from './store/influx/influx.ts'
import { createReaderClient } from './store/link/reader-client.ts'
import { watchEnd } from './thread-end.ts'
import type { FromTelemetry, TelemetryThreadData, ToTelemetry } from './telemetry-thread.ts'

export interface TelemetryLinkOptions {
  readonly data: Omit<TelemetryThreadData, 'sink' | 'reader'>
  /** The end of a channel whose other end the engine thread writes to. */
  readonly sink: MessagePort
  /** Resolves when all of them are journaled, so that they come into quarantine. */
  readonly refuse: (items: readonly RefusedReading[]) => Promise<void>
  readonly onStatus: (status: TelemetryStatus, before: TelemetryStatus | null) => void
  readonly onProblem: (message: string, detail: string) => void
  /** The thread died: nothing is stored any more, the process must end and recover. */
  readonly onDeath: (error: Error) => void
}

export interface TelemetryLink {
  readonly reader: TelemetryReader
  readonly status: TelemetryStatus
  /** After the engine has ended, which closes the store. */
  stop(): Promise<void>
}

/** Resolves when the store is open; one that is away does not keep it from that. */
export function startTelemetry(options: TelemetryLinkOptions): Promise<TelemetryLink> {
  return new Promise((resolve, reject) => {
    const toMain = new MessageChannel()
    const workerData: TelemetryThreadData = {
      ...options.data,
      sink: options.sink,
      reader: toMain.port1,
    }
    const worker = new Worker(new URL('./telemetry-thread.ts', import.meta.url), {
      workerData,
      transferList: [options.sink, toMain.port1],
    })
    const reader = createReaderClient(toMain.port2)
    let status: TelemetryStatus | null = null
    const end = watchEnd(worker, {
      name: 'telemetry',
      isUp: () => status !== null,
      onStartFailed: reject,
      onDeath: options.onDeath,
    })
    const send = (message: ToTelemetry) => worker.postMessage(message)

    function note(next: TelemetryStatus): void {
      const before = status
      status = next
      options.onStatus(next, before)
    }

    const link: TelemetryLink = {
      reader,
      get status() {
        if (status === null) throw new Error('Cannot read the status: telemetry is not open yet')
        return status
      },
      async stop() {
        const ended = end.stop(() => send({ kind: 'stop' }))
        await reader.close()
        await ended
      },
    }

    worker.on('message', (message: FromTelemetry) => {
      switch (message.kind) {
        case 'ready':
          note(message.status)
          resolve(link)
          break
        case 'status':
          note(message.status)
          break
        case 'refused':
          options.refuse(message.items).then(
            () => send({ kind: 'refusals_kept', id: message.id, problem: null }),
            (error: unknown) =>
              send({ kind: 'refusals_kept', id: message.id, problem: String(error) }),
          )
          break
        case 'problem':
          options.onProblem(message.message, message.detail)
          break
      }
    })
  })
}
