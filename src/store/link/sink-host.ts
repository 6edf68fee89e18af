// The telemetry thread's end of whoever writes: carries out one request after the other, in the order they came.

import type { MessagePort } from 'node:worker_threads'
import type { TelemetrySink } from '../../ports.ts'
import type { SinkAnswer, SinkRequest } from './messages.ts'
import { createUnpacker } from './packed-readings.ts'
import { sendError } from './sent-error.ts'

export function hostSink(port: MessagePort, sink: TelemetrySink): void {
  const unpack = createUnpacker()
  let last: Promise<void> = Promise.resolve()

  async function carryOut(request: SinkRequest): Promise<void> {
    if (request.kind === 'write')
      await sink.write(unpack(request.packed), request.through, request.at)
    else if (request.kind === 'sync') await sink.sync()
    else if (request.kind === 'close') await sink.close()
  }

  port.on('message', (request: SinkRequest) => {
    last = last.then(async () => {
      let answer: SinkAnswer
      try {
        await carryOut(request)
        answer = { id: request.id, value: sink.counts() }
      } catch (error) {
        answer = { id: request.id, error: sendError(error) }
      }
      port.postMessage(answer)
    })
  })
}
