// How a thread of ours ends: asked to, while it starts, or of itself. Its link knows what it says; this knows that it is there.

import type { Worker } from 'node:worker_threads'

export interface ThreadEnd {
  /** Has it end by `ask`; resolves when it has, also when it had before. */
  stop(ask: () => void): Promise<void>
}

export function watchEnd(
  worker: Worker,
  options: {
    /** `engine`, `telemetry`. */
    readonly name: string
    /** It has been up: an end from now on is a death. */
    readonly isUp: () => boolean
    readonly onStartFailed: (error: Error) => void
    readonly onDeath: (error: Error) => void
  },
): ThreadEnd {
  let isStopping = false
  let hasEnded = false
  let stopped: () => void = () => {}

  function failed(error: Error): void {
    if (options.isUp()) options.onDeath(error)
    else options.onStartFailed(error)
  }

  worker.on('error', (error) => {
    failed(error instanceof Error ? error : new Error(String(error)))
  })
  worker.on('exit', (code) => {
    hasEnded = true
    if (isStopping) stopped()
    else failed(new Error(`The ${options.name} thread ended with code ${code}`))
  })

  return {
    async stop(ask) {
      isStopping = true
      if (hasEnded) return
      await new Promise<void>((done) => {
        stopped = done
        ask()
      })
    },
  }
}
