// A small InfluxDB for tests: speaks what 1.x, 2.7 and 3 answer to a writer, keeps what it was given, and fails as it is told.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

export type FakeFault =
  /** An answer; nothing is kept. */
  | {
      readonly status: number
      readonly body?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** `lost`: the connection breaks before anything is kept. `kept`: after. `half`: in the middle of an answer of refusal. */
  | 'lost'
  | 'kept'
  | 'half'
  /** Never an answer. `onHang` is told. */
  | 'hang'
  /** No HTTP at all. */
  | 'garbage'

export interface FakeRow {
  readonly place: string
  readonly measurement: string
  readonly tags: Readonly<Record<string, string>>
  readonly ts: number
  readonly fields: Record<string, number>
}

export interface FakeRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface FakeInflux {
  readonly url: string
  readonly requests: FakeRequest[]
  /** Taken by one write request each, in order; null: none. */
  readonly faults: (FakeFault | null)[]
  /** Why a line is refused, or null. */
  refuses: (line: string) => string | null
  /** Kept lines of a refused request: 1.x and 422 of 2.x keep the good ones, 400 of 2.x and 3 none. */
  keepsGood: boolean
  refusalStatus: number
  /** Requests of another kind are answered by this when it gives something. */
  other: (request: FakeRequest) => FakeFault | null
  token: string | null
  onHang: () => void
  /** Before a write request is looked at. */
  onWrite: () => void
  readonly rows: Map<string, FakeRow>
  /** Databases with policies (1.x) or buckets (2.x): writes elsewhere are 404. */
  readonly places: Set<string>
  lines(): string[]
  close(): Promise<void>
}

export async function startFakeInflux(
  generation: '1' | '2' | '3' = '1',
  onPort = 0,
): Promise<FakeInflux> {
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((done) => server.listen(onPort, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const fake: FakeInflux = {
    url: `http://127.0.0.1:${port}`,
    requests: [],
    faults: [],
    refuses: () => null,
    keepsGood: generation === '1',
    refusalStatus: 400,
    other: () => null,
    token: null,
    onHang: () => {},
    onWrite: () => {},
    rows: new Map(),
    places: new Set(),
    lines: () =>
      [...fake.rows.values()].map(
        (row) => `${row.place} ${row.measurement} ${JSON.stringify(row.tags)} ${row.ts}`,
      ),
    close: () => closed(server),
  }

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    const raw = Buffer.concat(chunks)
    const isZipped = message.headers['content-encoding'] === 'gzip'
    const request: FakeRequest = {
      method: message.method ?? '',
      path: message.url ?? '',
      headers: message.headers,
      body: (isZipped ? gunzipSync(raw) : raw).toString(),
    }
    fake.requests.push(request)
    const url = new URL(request.path, fake.url)
    const isWrite = url.pathname === '/write' || url.pathname === '/api/v2/write'
    if (isWrite) fake.onWrite()
    const fault = isWrite ? (fake.faults.shift() ?? null) : fake.other(request)
    if (fault !== null) return fail(fault, isWrite ? { request, url } : null, response)
    if (url.pathname === '/ping') return ping(response)
    if (fake.token !== null && message.headers.authorization !== fake.token)
      return answer(response, 401, { error: 'authorization failed' })
    if (isWrite) return write(request, url, response)
    if (url.pathname === '/query') return query(request, url, response)
    if (url.pathname === '/api/v2/buckets') return buckets(request, url, response)
    if (url.pathname === '/api/v2/orgs')
      return answer(response, 200, { orgs: [{ id: 'f00d', name: 'city' }] })
    answer(response, 404, { error: 'not found' })
  }

  function fail(
    fault: FakeFault,
    written: { request: FakeRequest; url: URL } | null,
    response: ServerResponse,
  ): void {
    if (fault === 'hang') fake.onHang()
    else if (fault === 'lost') response.destroy()
    else if (fault === 'kept') {
      if (written !== null) keep(written.request.body, placeOf(written.url))
      response.destroy()
    } else if (fault === 'half') {
      response.writeHead(400, { 'content-type': 'application/json', 'content-length': '500' })
      response.write('{"error":"partial wr', () => response.destroy())
    } else if (fault === 'garbage') response.socket?.end('what?\r\n\r\n')
    else {
      response.writeHead(fault.status, fault.headers)
      response.end(fault.body)
    }
  }

  function ping(response: ServerResponse): void {
    const version = { '1': '1.6.7~rc0', '2': 'v2.7.10', '3': '3.1.0' }[generation]
    if (generation === '3') return answer(response, 200, { version, revision: 'abc' })
    response.writeHead(204, { 'x-influxdb-version': version })
    response.end()
  }

  function placeOf(url: URL): string {
    if (url.pathname === '/api/v2/write') return url.searchParams.get('bucket') ?? ''
    const rp = url.searchParams.get('rp')
    const db = url.searchParams.get('db') ?? ''
    return rp === 'autogen' ? db : `${db}/${rp}`
  }

  function write(request: FakeRequest, url: URL, response: ServerResponse): void {
    const place = placeOf(url)
    if (generation !== '3' && !fake.places.has(place))
      return answer(response, 404, { error: `database not found: "${place}"` })
    const lines = request.body.split('\n')
    const reasons = lines.map((line) => fake.refuses(line))
    const reason = reasons.find((one) => one !== null)
    if (reason === undefined || fake.keepsGood)
      keep(lines.filter((_, index) => reasons[index] === null).join('\n'), place)
    if (reason === undefined) response.writeHead(204).end()
    else answer(response, fake.refusalStatus, { error: `partial write: ${reason} dropped=0` })
  }

  function keep(body: string, place: string): void {
    for (const line of body.split('\n')) {
      if (line === '' || fake.refuses(line) !== null) continue
      const row = parseLine(line, place)
      const key = JSON.stringify([place, row.measurement, row.tags, row.ts])
      fake.rows.set(key, { ...row, fields: { ...fake.rows.get(key)?.fields, ...row.fields } })
    }
  }

  function query(request: FakeRequest, url: URL, response: ServerResponse): void {
    const q = url.searchParams.get('q') ?? new URLSearchParams(request.body).get('q') ?? ''
    const results = q.split(';').map((statement, index) => ({
      statement_id: index,
      ...evaluated(statement),
    }))
    answer(response, 200, { results })
  }

  function evaluated(statement: string): object {
    const policy = /^CREATE RETENTION POLICY "(\w+)" ON "(\w+)"/.exec(statement)
    const made = /^CREATE DATABASE "(\w+)"/.exec(statement)
    if (policy !== null) fake.places.add(`${policy[2]}/${policy[1]}`)
    if (made !== null) fake.places.add(made[1] ?? '')
    const shown = /^SHOW RETENTION POLICIES ON "(\w+)"/.exec(statement)?.[1]
    if (shown !== undefined) {
      if (!fake.places.has(shown)) return { error: `database not found: ${shown}` }
      const names = [...fake.places].flatMap((place) =>
        place === shown
          ? ['autogen']
          : place.startsWith(`${shown}/`)
            ? [place.slice(shown.length + 1)]
            : [],
      )
      return { series: [{ columns: ['name'], values: names.map((name) => [name]) }] }
    }
    if (!statement.startsWith('SELECT')) return {}
    return { series: selected(statement, fake.rows.values()) }
  }

  function buckets(request: FakeRequest, url: URL, response: ServerResponse): void {
    if (request.method === 'POST') {
      const { name } = JSON.parse(request.body) as { name: string }
      fake.places.add(name)
      return answer(response, 201, { name })
    }
    const name = url.searchParams.get('name') ?? ''
    if (!fake.places.has(name))
      return answer(response, 404, { message: `bucket "${name}" not found` })
    answer(response, 200, { buckets: [{ name }] })
  }

  return fake
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((done) => server.close(() => done()))
}

/** `SELECT * FROM "db"."rp"."m" [WHERE time >= Xms AND time <= Yms AND ("device" = 'a' OR ...)] ...`, and nothing else. */
function selected(statement: string, rows: Iterable<FakeRow>): object[] {
  const [, db, rp, measurement] = /FROM "([^"]+)"\."([^"]+)"\."([^"]+)"/.exec(statement) ?? []
  const place = rp === 'autogen' ? db : `${db}/${rp}`
  const first = Number(/time >= (-?\d+)ms/.exec(statement)?.[1] ?? Number.NEGATIVE_INFINITY)
  const last = Number(/time <= (-?\d+)ms/.exec(statement)?.[1] ?? Number.POSITIVE_INFINITY)
  const devices = [...statement.matchAll(/"device" = '([^']*)'/g)].map((match) => match[1])
  const found = [...rows].filter(
    (row) =>
      row.place === place &&
      row.measurement === measurement &&
      row.ts >= first &&
      row.ts <= last &&
      (devices.length === 0 || devices.includes(row.tags['device'])),
  )
  const newestFirst = statement.includes('ORDER BY time DESC LIMIT 1')
  const taken = newestFirst ? found.sort((a, b) => b.ts - a.ts).slice(0, 1) : found
  const columns = ['time', ...new Set(taken.flatMap((row) => Object.keys(row.fields)))]
  return taken.map((row) => ({
    name: measurement,
    tags: row.tags,
    columns,
    values: [[row.ts, ...columns.slice(1).map((column) => row.fields[column] ?? null)]],
  }))
}

/** Lines of plain names only. */
function parseLine(line: string, place: string): FakeRow {
  const [series = '', fieldText = '', ts] = line.split(' ')
  const [measurement = '', ...tagTexts] = series.split(',')
  const fields: Record<string, number> = {}
  for (const field of fieldText.split(',')) {
    const [name = '', value] = field.split('=')
    fields[name] = Number(value)
  }
  const tags = Object.fromEntries(tagTexts.map((tag) => tag.split('=') as [string, string]))
  return { place, measurement, tags, ts: Number(ts), fields }
}
