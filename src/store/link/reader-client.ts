// The main thread's end of telemetry: questions whose work is done on another thread.

import type { MessagePort } from 'node:worker_threads'
import type { ExportRow, TelemetryReader } from '../../ports.ts'
import { createCalls } from './calls.ts'
import type { ReaderRequest, ReaderValues } from './messages.ts'

export function createReaderClient(port: MessagePort): TelemetryReader {
  const calls = createCalls(port)

  async function ask<Kind extends keyof ReaderValues>(
    _kind: Kind,
    request: (id: number) => ReaderRequest,
  ): Promise<ReaderValues[Kind]> {
    return (await calls.ask(request)) as ReaderValues[Kind]
  }

  return {
    series: (query) => ask('series', (id) => ({ id, kind: 'series', query })),
    groups: (query) => ask('groups', (id) => ({ id, kind: 'groups', query })),
    expired: () => ask('expired', (id) => ({ id, kind: 'expired' })),
    async *rows(query): AsyncGenerator<readonly ExportRow[]> {
      let rows = 0
      await ask('rows', (id) => {
        rows = id
        return { id, kind: 'rows', query }
      })
      try {
        for (;;) {
          const batch = await ask('pull', (id) => ({ id, kind: 'pull', rows }))
          if (batch === null) return
          yield batch
        }
      } finally {
        await ask('leave', (id) => ({ id, kind: 'leave', rows }))
      }
    },
    async close() {
      calls.end('The telemetry reader is closed')
      port.close()
    },
  }
}
