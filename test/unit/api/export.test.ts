// Exports: what is in the files, and how the stream behaves when its reader or the database does not.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parseCsv } from '../../../src/api/csv.ts'
import { positionAt } from '../../../src/core/position.ts'
import {
  TelemetryUnavailable,
  type ExportQuery,
  type ExportRow,
  type TelemetryReader,
} from '../../../src/ports.ts'
import {
  alert,
  alertEffect,
  bearer,
  device,
  deviceEffect,
  leakage,
  openCity,
  quarantined,
  START,
  streetlight,
  ticket,
  ticketEffect,
  TOKEN,
  type City,
} from './city.ts'

const MINUTE_MS = 60_000
const url = '/api/v1/export/telemetry?type=streetlight&metrics=leakage,lamp_on'

let city: City

const get = (path: string) => city.app.inject({ url: path, headers: bearer })

async function openWith(
  rows: TelemetryReader['rows'],
  ids: readonly string[] = ['L-1'],
): Promise<void> {
  city = await openCity(({ telemetry }) => ({ telemetry: { ...telemetry, rows } }))
  city.apply(ids.map((id) => deviceEffect(device({ id }))))
}

function row(name: string, minutes: number): ExportRow {
  return { device: name, t: START - minutes * MINUTE_MS, simulated: false, values: [1, 0] }
}

async function openWithReadings(): Promise<void> {
  city = await openCity()
  city.apply([
    deviceEffect(device({ id: 'L-1', name: '=HYPERLINK("http://x")' })),
    deviceEffect(device({ id: 'L-2', name: '胜利路, 2 号', division: '150821', simulated: true })),
  ])
  const readings = [
    leakage(START - 2 * MINUTE_MS, -12.5, 'L-1'),
    leakage(START - MINUTE_MS, 3, 'L-1'),
    { ...leakage(START - 5 * MINUTE_MS, 7, 'L-2'), simulated: true },
    // Nothing of what is asked for.
    { ...leakage(START - 4 * MINUTE_MS, Number.NaN, 'L-2') },
  ]
  await city.telemetry.write(readings, positionAt(2), START)
}

describe('an export of telemetry', () => {
  beforeAll(openWithReadings)
  afterAll(() => city.close())

  it('is a table that a spreadsheet opens and cannot be harmed by', async () => {
    const answer = await get(url)
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8; header=present')
    expect(answer.headers['content-disposition']).toBe(
      'attachment; filename="telemetry-streetlight-raw-20261031T2230-20261101T2230.csv"',
    )
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.rawPayload.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]))
    expect(answer.body.slice(1).split('\r\n')).toEqual([
      'device,name,time,simulated,leakage (mA),lamp_on',
      `L-1,"'=HYPERLINK(""http://x"")",2026-11-01T22:28:00.000+08:00,false,-12.5,`,
      `L-1,"'=HYPERLINK(""http://x"")",2026-11-01T22:29:00.000+08:00,false,3,`,
      'L-2,"胜利路, 2 号",2026-11-01T22:25:00.000+08:00,true,7,',
      '',
    ])
  })

  it('is one JSON array', async () => {
    const answer = await get(`${url}&format=json&devices=L-2`)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.headers['content-disposition']).toContain('.json"')
    expect(answer.json()).toEqual([
      {
        device: 'L-2',
        name: '胜利路, 2 号',
        time: '2026-11-01T22:25:00.000+08:00',
        simulated: true,
        values: { leakage: 7, lamp_on: null },
      },
    ])
  })

  it('has the spread of each window', async () => {
    const plain = await get(`${url}&window=1h&devices=L-1`)
    expect(plain.body.slice(1).split('\r\n')).toEqual([
      'device,name,time,simulated,span (s),' +
        'leakage count,leakage min (mA),leakage max (mA),leakage mean (mA),leakage last (mA),' +
        'lamp_on count,lamp_on min,lamp_on max,lamp_on mean,lamp_on last',
      'L-1,"\'=HYPERLINK(""http://x"")",2026-11-01T22:00:00.000+08:00,false,,2,-12.5,3,-4.75,3,,,,,',
      '',
    ])
  })

  it('has every metric of the type unless some are named', async () => {
    const [header] = (await get('/api/v1/export/telemetry?type=streetlight')).body.split('\r\n')
    expect(header).toContain('leakage (mA),lamp_on,battery_pct (%),battery_v (V),rssi (dBm)')
  })

  it('of nothing is an empty table, or an empty array', async () => {
    const nothing = `${url}&street=没有`
    expect((await get(nothing)).body.slice(1)).toBe(
      'device,name,time,simulated,leakage (mA),lamp_on\r\n',
    )
    expect((await get(`${nothing}&format=json`)).json()).toEqual([])
  })

  it.each([
    ['type=lamp', 400, 'expected one of streetlight'],
    ['type=streetlight&metrics=power', 400, 'expected one of leakage'],
    ['type=streetlight&format=xlsx', 400, 'csv'],
    ['type=streetlight&window=auto', 400, 'raw'],
    ['type=streetlight&devices=nobody', 404, 'nobody'],
    [`type=streetlight&from=${START}&to=${START}`, 400, 'expected a moment before'],
  ])('is refused readably: %s', async (query, status, reason) => {
    for (let time = 0; time < 3; time++) {
      const answer = await get(`/api/v1/export/telemetry?${query}`)
      expect(answer.statusCode).toBe(status)
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
      expect(answer.body).toContain(reason)
    }
  })

  it('of a dataset that does not exist names those that do', async () => {
    const answer = await get('/api/v1/export/secrets?format=csv&period=2026-11')
    expect(answer.statusCode).toBe(404)
    expect(answer.json().errors[0].reason).toContain('telemetry')
  })

  it('is logged: who, what, how much', async () => {
    city.logLines.length = 0
    await get(url)
    expect(city.logLines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({
        msg: 'export',
        by: 'admin',
        dataset: 'telemetry',
        rows: 3,
        outcome: 'complete',
      }),
    )
  })
})

describe('an export of counters', () => {
  afterEach(() => city.close())

  it('has their increase, and how long a window is where finer ones are gone', async () => {
    const energy = {
      id: 'energy',
      name: { zh: '电量', en: 'Energy' },
      unit: 'kW.h',
      unitLabel: 'kWh',
      kind: 'counter' as const,
      min: 0,
      max: 1e9,
      precision: 1,
    }
    const summary = {
      t: START,
      count: 2,
      min: 10,
      max: 15,
      mean: 12.5,
      last: 15,
      increase: 5,
      spanMs: 7 * 86_400_000,
    }
    city = await openCity(({ telemetry }) => ({
      types: [{ ...streetlight, metrics: [energy] }],
      telemetry: {
        ...telemetry,
        async *rows({ devices }) {
          for (const name of devices)
            yield [{ device: name, t: START, simulated: false, summaries: [summary] }]
        },
      },
    }))
    city.apply([deviceEffect(device({ id: 'L-1', name: 'x' }))])
    const path = '/api/v1/export/telemetry?type=streetlight&metrics=energy&window=1d'
    expect((await get(path)).body.slice(1).split('\r\n')).toEqual([
      'device,name,time,simulated,span (s),energy count,energy min (kWh),energy max (kWh),energy mean (kWh),energy last (kWh),energy increase (kWh)',
      'L-1,x,2026-11-01T22:30:00.000+08:00,false,604800,2,10,15,12.5,15,5',
      '',
    ])
    const { t: _t, ...values } = summary
    expect((await get(`${path}&format=json`)).json()[0].values).toEqual({ energy: values })
  })
})

describe('an export of a list', () => {
  afterEach(() => city.close())

  it('of devices can be uploaded again', async () => {
    const rated = { id: 'power', name: { zh: '功率', en: 'Power' }, unit: 'W' }
    city = await openCity(() => ({ types: [{ ...streetlight, rated: [rated] }] }))
    const lamp = device({ id: 'L-1', name: '胜利路, 1 号', aliases: ['MN-1', 'MN-2'] })
    city.apply([deviceEffect(lamp), deviceEffect(device({ id: 'L-2', division: '150821' }))])
    const file = await get('/api/v1/export/devices?division=150802')
    expect(file.headers['content-disposition']).toContain('devices-20261101T2230.csv')
    const header = file.body.slice(1).split('\r\n')[0] ?? ''
    expect(header).toMatch(/^id,type,name,division,.*,simulated,rated\.power$/)
    const back = await openCity(() => ({ types: [{ ...streetlight, rated: [rated] }] }))
    const upload = await back.app.inject({
      method: 'POST',
      url: '/api/v1/devices',
      headers: { ...bearer, 'content-type': 'text/csv' },
      payload: file.rawPayload,
    })
    expect(upload.json()).toMatchObject({ registered: 1, ids: ['L-1'] })
    const again = await back.app.inject({ url: '/api/v1/export/devices', headers: bearer })
    expect(again.body).toBe(file.body)
    await back.close()
  })

  it.each(['devices', 'alerts', 'tickets', 'quarantine'])(
    'of %s has the items of the list',
    async (name) => {
      await openWithReadings()
      city.apply([
        alertEffect(alert({ device: 'L-1', deviceName: '@lamp' })),
        ticketEffect(ticket({ device: 'L-1' })),
        quarantined(4, Buffer.from('=1+1')),
      ])
      const list = (await get(`/api/v1/${name}?limit=1000`)).json().items
      expect(list.length).toBeGreaterThan(0)
      expect((await get(`/api/v1/export/${name}?format=json`)).json()).toEqual(list)
      const csv = await get(`/api/v1/export/${name}`)
      const table = parseCsv(csv.body, { rowsMax: 10, columnsMax: 50 })
      const [header, ...rows] = table.ok ? table.rows : []
      expect(rows).toHaveLength(list.length)
      expect(header).toContain('simulated')
      if (name === 'alerts') expect(rows[0]).toContain("'@lamp")
      if (name === 'quarantine') expect(rows[0]).toContain("'=1+1")
      expect(rows.every((row) => row.length === header?.length)).toBe(true)
      expect((await get(`/api/v1/export/${name}?color=red`)).statusCode).toBe(400)
    },
  )

  it('goes through all its pages, and a filter cuts it', async () => {
    await openWithReadings()
    const many = Array.from({ length: 1234 }, (_, index) =>
      device({ id: `M-${index}`, street: null }),
    )
    city.apply(many.map((one) => deviceEffect({ ...one, parent: 'L-1' })))
    const rows = (await get('/api/v1/export/devices?format=json&parent=L-1')).json()
    expect(new Set(rows.map((one: { id: string }) => one.id)).size).toBe(1234)
    expect((await get('/api/v1/export/alerts?device=nobody&format=json')).json()).toEqual([])
  })
})

describe('an export of homes', () => {
  afterEach(() => city.close())

  it('shows them under other names, the same within a file and others in the next', async () => {
    const rooms = { ...streetlight, id: 'indoor-temperature' }
    city = await openCity(({ telemetry }) => ({
      types: [rooms],
      telemetry: {
        ...telemetry,
        async *rows({ devices }) {
          for (const name of devices) yield [row(name, 2), row(name, 1)]
        },
      },
    }))
    const home = { type: 'indoor-temperature', name: '幸福里 3 栋' }
    city.apply(['H-1', 'H-2'].map((id) => deviceEffect(device({ ...home, id }))))
    const path = '/api/v1/export/telemetry?type=indoor-temperature&metrics=leakage&format=json'
    const first = (await get(path)).json() as { device: string; name: string }[]
    const names = first.map((one) => one.device)
    expect(new Set(names).size).toBe(2)
    expect(names[0]).toBe(names[1])
    expect(names[0]).toMatch(/^home-[0-9a-f]{16}$/)
    expect(first.every(({ name }) => name === '')).toBe(true)
    const second = (await get(path)).json() as { device: string }[]
    expect(names).not.toContain(second[0]?.device)
    const plain = createHash('sha256').update('H-1').digest('hex')
    expect(names[0]).not.toContain(plain.slice(0, 16))
  })
})

describe('the stream of an export', () => {
  afterEach(() => city.close())

  let base: string
  const open: IncomingMessage[] = []

  async function listen(): Promise<void> {
    const { port } = await city.api.listen({ host: '127.0.0.1', port: 0 })
    base = `http://127.0.0.1:${port}`
  }

  /** The answer's head; the body is not read. */
  async function begin(headers: Record<string, string> = bearer): Promise<IncomingMessage> {
    const sent = request(`${base}${url}`, { headers, agent: false })
    sent.end()
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    answer.on('error', () => undefined)
    open.push(answer)
    return answer
  }

  afterEach(() => {
    for (const answer of open.splice(0)) answer.destroy()
  })

  function closed(answer: IncomingMessage): Promise<void> {
    return new Promise((resolve) => void answer.once('close', () => resolve()))
  }

  /** Batches for as long as somebody pulls them. */
  function endless() {
    const state = { pulled: 0, left: 0, onLeft: () => {} }
    const batch = Array.from({ length: 2000 }, (_, index) => row('L-1', index))
    async function* rows(): AsyncGenerator<readonly ExportRow[]> {
      try {
        for (;;) {
          state.pulled++
          yield batch
        }
      } finally {
        state.left++
        state.onLeft()
      }
    }
    return { state, rows }
  }

  function leftBy(state: { left: number; onLeft: () => void }, count: number): Promise<void> {
    return new Promise((resolve) => {
      state.onLeft = () => {
        if (state.left >= count) resolve()
      }
      state.onLeft()
    })
  }

  /** Rounds trip through the server until nothing has been pulled for some of them. */
  async function untilStill(state: { readonly pulled: number }): Promise<number> {
    let last = -1
    for (let still = 0; still < 20;) {
      await (await fetch(`${base}/health/live`)).text()
      still = state.pulled === last ? still + 1 : 0
      last = state.pulled
    }
    return last
  }

  it('reads no further than its reader does, and goes on with it', async () => {
    const { state, rows } = endless()
    await openWith(rows)
    await listen()
    const answer = await begin()
    const stood = await untilStill(state)
    // A batch is 130 kB as text; the kernel takes some megabytes for two sockets.
    expect(stood).toBeLessThan(300)
    let received = 0
    for await (const chunk of answer.iterator({ destroyOnReturn: false })) {
      received += (chunk as Buffer).length
      if (state.pulled > stood + 20) break
    }
    expect(received).toBeGreaterThan(20 * 50_000)
  })

  it('ends when its reader goes away, and gives its turn back', async () => {
    const { state, rows } = endless()
    await openWith(rows)
    await listen()
    for (let time = 0; time < 3; time++) {
      const answer = await begin()
      expect(answer.statusCode).toBe(200)
      answer.destroy()
      await leftBy(state, time + 1)
    }
    const lines = city.logLines.filter((line) => line.includes('"outcome":"was left"'))
    expect(lines).toHaveLength(3)
  })

  it('ends when nobody takes anything for a minute', async () => {
    const { state, rows } = endless()
    await openWith(rows)
    await listen()
    const answer = await begin()
    await untilStill(state)
    city.clock.set(START + 59_000)
    expect(city.logLines.join()).not.toContain('stood still')
    city.clock.set(START + 61_000)
    await leftBy(state, 1)
    expect(city.logLines.join()).toContain('stood still')
    answer.resume()
    await closed(answer)
    expect(answer.complete).toBe(false)
  })

  it('ends with the session of who asked', async () => {
    const { state, rows } = endless()
    await openWith(rows)
    await listen()
    const signedIn = await fetch(`${base}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: TOKEN }),
    })
    const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const answer = await begin({ cookie })
    expect(answer.statusCode).toBe(200)
    const out = await fetch(`${base}/api/v1/session`, {
      method: 'DELETE',
      headers: { cookie, origin: base },
    })
    expect(out.status).toBeLessThan(300)
    await leftBy(state, 1)
    answer.resume()
    await closed(answer)
    expect(answer.complete).toBe(false)
  })

  it('is one of two at a time; a third is told when to come back', async () => {
    const { state, rows } = endless()
    await openWith(rows)
    await listen()
    const [first] = [await begin(), await begin()]
    const third = await begin()
    expect(third.statusCode).toBe(429)
    expect(third.headers['retry-after']).toBe('30')
    const body = (await third.toArray()).join('')
    expect(JSON.parse(body).code).toBe('too_many_exports')
    first?.destroy()
    await leftBy(state, 1)
    expect((await begin()).statusCode).toBe(200)
  })

  it('is cut off rather than ended when the database goes away half way', async () => {
    await openWith(async function* () {
      yield [row('L-1', 1)]
      throw new TelemetryUnavailable('gone')
    })
    await listen()
    const answer = await begin()
    expect(answer.statusCode).toBe(200)
    answer.resume()
    await closed(answer)
    expect(answer.complete).toBe(false)
    expect(city.logLines.join()).toContain('"outcome":"failed"')
  })

  it('does not begin while the database is away, nor when it does not answer', async () => {
    await openWith(async function* () {
      yield []
      throw new TelemetryUnavailable('connect ECONNREFUSED', 1500)
    })
    const away = await get(url)
    expect(away.statusCode).toBe(503)
    expect(away.headers['retry-after']).toBe('2')
    expect(away.headers['content-disposition']).toBeUndefined()
    expect(away.json().code).toBe('telemetry_unavailable')
    await city.close()
    const asked = Promise.withResolvers<ExportQuery>()
    await openWith(async function* (query) {
      asked.resolve(query)
      await new Promise<never>(() => undefined)
      yield []
    })
    const waiting = get(url)
    await asked.promise
    city.clock.set(START + 61_000)
    expect((await waiting).statusCode).toBe(503)
  })

  it('asks for a thousand devices at a time, in the order of their ids', async () => {
    const asked: number[] = []
    const ids = Array.from({ length: 2500 }, (_, index) => `M-${String(index).padStart(4, '0')}`)
    await openWith(async function* ({ devices }) {
      asked.push(devices.length)
      yield devices.map((name) => row(name, 1))
    }, ids)
    const table = parseCsv((await get(url)).body, { rowsMax: 3000, columnsMax: 10 })
    expect(asked).toEqual([1000, 1000, 500])
    expect(table.ok && table.rows.slice(1).map(([name]) => name)).toEqual(ids)
  })
})
