// A small HTTP server that answers InfluxQL as it is told, and the reading side of the InfluxDB store in front of it.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { systemClock } from '../../../src/clock.ts'
import type { Clock } from '../../../src/ports.ts'
import { createExpiry, type Expiry } from '../../../src/store/influx/expire.ts'
import { createInfluxQl, type InfluxQl } from '../../../src/store/influx/influxql.ts'
import { createRowReads, type RowReads } from '../../../src/store/influx/read-rows.ts'
import { createInfluxServer } from '../../../src/store/influx/server.ts'
import { createTarget } from '../../../src/store/influx/target.ts'
import { createWindowPoints, type WindowPoints } from '../../../src/store/influx/window-points.ts'
import { contractTypes } from '../../contracts/telemetry-readings.ts'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly parameters: URLSearchParams
  /** The InfluxQL statement, wherever it was sent; empty when there is none. */
  readonly statement: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Answer = (asked: Asked, response: ServerResponse) => void | Promise<void>

export interface Reading {
  readonly influxQl: InfluxQl
  readonly rows: RowReads
  readonly points: WindowPoints
  readonly expiry: Expiry
  /** Every request but those to /ping, in order. */
  readonly asked: readonly Asked[]
  /** How often the missing databases were made. */
  readonly provided: () => number
  close(): Promise<void>
}

export interface ReadingOptions {
  /** What /ping says: 1.6.7 unless told otherwise. */
  readonly version?: string
  readonly token?: string | null
  readonly organisation?: string | null
  readonly clock?: Clock
  readonly requestTimeoutMs?: number
}

export async function openReading(answer: Answer, options: ReadingOptions = {}): Promise<Reading> {
  const asked: Asked[] = []
  let provided = 0
  const http = createServer((request, response) => {
    if (request.url === '/ping') {
      response.writeHead(204, { 'x-influxdb-version': options.version ?? '1.6.7' }).end()
      return
    }
    void bodyOf(request).then(async (body) => {
      const url = new URL(request.url ?? '/', 'http://localhost')
      const parameters = url.searchParams
      const statement = parameters.get('q') ?? new URLSearchParams(body).get('q') ?? ''
      const { method = '', headers } = request
      const one = { method, path: url.pathname, parameters, statement, headers, body }
      asked.push(one)
      await answer(one, response)
    })
  })
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  const address = http.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  const { clock = systemClock, requestTimeoutMs = 10_000, token = null } = options
  const server = createInfluxServer({
    url: `http://127.0.0.1:${port}`,
    token,
    clock,
    requestTimeoutMs,
  })
  const target = createTarget('iot', options.organisation ?? null)
  const influxQl = createInfluxQl(server, target, async () => {
    provided++
  })
  const types = contractTypes
  return {
    influxQl,
    rows: createRowReads({ influxQl, target, types }),
    points: createWindowPoints({ influxQl, target, types }),
    expiry: createExpiry({ influxQl, server, target, types, clock }),
    asked,
    provided: () => provided,
    async close() {
      server.close()
      http.closeAllConnections()
      await new Promise((done) => http.close(done))
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
  return body
}

export interface SeriesText {
  readonly tags?: Readonly<Record<string, string>>
  readonly columns: readonly string[]
  readonly values: readonly (readonly unknown[])[]
}

/** One line of a chunked answer. */
export function chunk(series: readonly SeriesText[], partial = false): string {
  const result = { statement_id: 0, series, ...(partial ? { partial: true } : {}) }
  return `${JSON.stringify({ results: [result] })}\n`
}

export const nothing = `${JSON.stringify({ results: [{ statement_id: 0 }] })}\n`

export async function all<Row>(batches: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of batches) rows.push(...batch)
  return rows
}
