// The telemetry thread's end of whoever asks. Questions run beside each other; an export goes on only as fast as it is pulled.

import type { MessagePort } from 'node:worker_threads'
import type { ExportRow, TelemetryReader } from '../../ports.ts'
import type { ReaderAnswer, ReaderRequest, ReaderValues } from './messages.ts'
import { sendError } from './sent-error.ts'

/** Exports open at a time; the doors allow fewer. */
const EXPORTS_MAX = 16

export function hostReader(port: MessagePort, reader: TelemetryReader): void {
  const exports = new Map<number, AsyncIterator<readonly ExportRow[]>>()

  async function carryOut(request: ReaderRequest): Promise<ReaderValues[keyof ReaderValues]> {
    switch (request.kind) {
      case 'series':
        return reader.series(request.query)
      case 'groups':
        return reader.groups(request.query)
      case 'expired':
        return reader.expired()
      case 'rows':
        if (exports.size >= EXPORTS_MAX)
          throw new Error(`Cannot export: ${EXPORTS_MAX} exports are open already`)
        exports.set(request.id, reader.rows(request.query)[Symbol.asyncIterator]())
        return null
      case 'pull': {
        const next = await exports.get(request.rows)?.next()
        return next === undefined || next.done === true ? null : next.value
      }
      case 'leave': {
        const left = exports.get(request.rows)
        exports.delete(request.rows)
        await left?.return?.()
        return null
      }
    }
  }

  port.on('message', (request: ReaderRequest) => {
    carryOut(request).then(
      (value) => {
        const answer: ReaderAnswer = { id: request.id, value }
        port.postMessage(answer)
      },
      (error: unknown) => {
        const answer: ReaderAnswer = { id: request.id, error: sendError(error) }
        port.postMessage(answer)
      },
    )
  })
}
