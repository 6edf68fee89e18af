// The telemetry thread's end of whoever writes. Writes are carried out one after the other, in the order they came; a sync says what is
// safe by now, and a close ends the write under way: neither waits for a database that does not answer.

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

  async function answer(request: SinkRequest): Promise<void> {
    let sent: SinkAnswer
    try {
      await carryOut(request)
      sent = { id: request.id, value: sink.counts() }
    } catch (error) {
      sent = { id: request.id, error: sendError(error) }
    }
    port.postMessage(sent)
  }

  port.on('message', (request: SinkRequest) => {
    if (request.kind === 'write') last = last.then(() => answer(request))
    else void answer(request)
  })
}
