// The engine thread's end of telemetry: a sink whose store works on another thread.

import type { MessagePort } from 'node:worker_threads'
import type { TelemetryCounts, TelemetrySink } from '../../ports.ts'
import { createCalls } from './calls.ts'
import type { SinkRequest } from './messages.ts'
import { createPacker } from './packed-readings.ts'

/** Resolves when the store is open; rejects when it cannot be opened. */
export async function createSinkClient(port: MessagePort): Promise<TelemetrySink> {
  const calls = createCalls(port)
  const pack = createPacker()

  async function ask(
    request: (id: number) => SinkRequest,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<TelemetryCounts> {
    return (await calls.ask(request, transfer)) as TelemetryCounts
  }

  let counts = await ask((id) => ({ id, kind: 'hello' }))
  return {
    async write(readings, through, at) {
      const packed = pack(readings)
      counts = await ask(
        (id) => ({ id, kind: 'write', packed, through, at }),
        [packed.numbers.buffer],
      )
    },
    async sync() {
      // What it counts of a write under way, or of one that has failed half way, still waits with whoever writes.
      await ask((id) => ({ id, kind: 'sync' }))
    },
    counts: () => counts,
    async close() {
      await ask((id) => ({ id, kind: 'close' }))
      port.close()
    },
  }
}
