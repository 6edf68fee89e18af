import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { positionAt } from '../../../src/core/position.ts'
import { JournalUnavailable } from '../../../src/ports.ts'
import {
  alert,
  alertEffect,
  bearer,
  device,
  deviceEffect,
  idlePipeline,
  latest,
  leakage,
  openCity,
  quarantined,
  START,
  streetlight,
  ticket,
  ticketEffect,
  type City,
} from './city.ts'

let city: City

beforeEach(async () => {
  city = await openCity()
})
afterEach(() => city.close())

const get = (url: string) => city.app.inject({ url: `/api/v1${url}`, headers: bearer })
const post = (url: string, payload?: object) =>
  city.app.inject({
    method: 'POST',
    url: `/api/v1${url}`,
    headers: bearer,
    ...(payload === undefined ? {} : { payload }),
  })

async function ids(query: string): Promise<string[]> {
  return (await get(`/alerts?${query}`)).json().items.map(({ id }: { id: string }) => id)
}

describe('alerts', () => {
  beforeEach(() => city.apply([deviceEffect(device()), alertEffect(alert())]))

  it('show every field of the contract, times in the zone of the city', async () => {
    const response = await get('/alerts')
    expect(response.statusCode).toBe(200)
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.json()).toEqual({
      items: [
        {
          id: 'A.LH-L-00012.LEAKAGE.1',
          device: 'LH-L-00012',
          deviceName: '胜利路 12 号灯',
          type: 'streetlight',
          division: '150802',
          street: '胜利路',
          rule: 'LEAKAGE',
          severity: 'P1',
          state: 'unack_active',
          raisedAt: '2026-11-01T22:29:00.000+08:00',
          since: '2026-11-01T22:28:00.000+08:00',
          value: 41.2,
          limit: 30,
          unit: 'mA',
          metric: 'leakage',
          because: { code: 'above', params: { value: 41.2, limit: 30 } },
          text: { zh: '漏电流 41.2 mA', en: 'Leakage 41.2 mA' },
          ticket: 'T.LH-L-00012.LEAKAGE.1',
          parent: null,
          children: 0,
          count: 1,
          ackedAt: null,
          ackedBy: null,
          returnedAt: null,
          closedAt: null,
          simulated: false,
          revision: '0-3',
        },
      ],
      cursor: null,
      asOf: expect.stringMatching(/^[a-z0-9]+\.0$/),
    })
  })

  it('filter by severity list, state, division, type and device', async () => {
    city.apply([
      alertEffect(alert({ id: 'A.2', severity: 'P3', division: '150803' })),
      alertEffect(alert({ id: 'A.3', state: 'closed', closedAt: START })),
    ])
    expect(await ids('severity=P1,P2')).toEqual(['A.LH-L-00012.LEAKAGE.1'])
    expect(await ids('division=150803')).toEqual(['A.2'])
    expect(await ids('state=all')).toHaveLength(3)
    expect(await ids('type=well-meter')).toEqual([])
    expect(await ids('device=LH-L-00012')).toHaveLength(2)
  })

  it('page without gaps, and refuse a cursor of another query', async () => {
    city.apply(
      Array.from({ length: 5 }, (_, index) =>
        alertEffect(alert({ id: `A.${index}`, raisedAt: START + index })),
      ),
    )
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: { items: { id: string }[]; cursor: string | null } = (
        await get(`/alerts?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      ).json()
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.cursor
    }
    expect(new Set(seen).size).toBe(6)
    expect(seen).toHaveLength(6)
    const first = (await get('/alerts?limit=2')).json()
    for (const wrong of [`state=all&cursor=${first.cursor}`, 'cursor=nonsense', 'cursor=%00']) {
      const response = await get(`/alerts?${wrong}`)
      expect(response.statusCode, wrong).toBe(400)
      expect(response.json().code).toBe('invalid_cursor')
    }
    expect((await get(`/tickets?cursor=${first.cursor}`)).statusCode).toBe(400)
  })

  it('come alone with timeline and evidence', async () => {
    const times = [START - 40 * 60_000, START - 20 * 60_000, START - 60_000]
    await city.telemetry.write(
      times.map((ts, index) => leakage(ts, 20 + index)),
      positionAt(2),
      START,
    )
    const body = (await get('/alerts/A.LH-L-00012.LEAKAGE.1')).json()
    expect(body.timeline).toEqual([
      { at: '2026-11-01T22:29:00.000+08:00', by: 'engine', what: 'raised', note: null },
    ])
    expect(body.evidence).toMatchObject({
      metric: 'leakage',
      unit: 'mA',
      truncated: false,
      points: [
        { t: START - 20 * 60_000, v: 21 },
        { t: START - 60_000, v: 22 },
      ],
    })
  })

  it('are acknowledged by whoever is signed in, with a comment or without a body', async () => {
    const response = await post('/alerts/A.LH-L-00012.LEAKAGE.1/ack', { comment: ' 已派人 ' })
    expect(response.statusCode).toBe(200)
    expect(response.json()).toMatchObject({ state: 'acked_active', ackedBy: 'admin' })
    expect(city.submitted).toEqual([
      {
        kind: 'command',
        by: 'admin',
        command: {
          kind: 'alerts.acknowledge',
          ids: ['A.LH-L-00012.LEAKAGE.1'],
          comment: '已派人',
        },
      },
    ])
    expect((await post('/alerts/A.LH-L-00012.LEAKAGE.1/ack')).statusCode).toBe(200)
  })

  it('are acknowledged in numbers: all, or none when one is unknown', async () => {
    const both = await post('/alerts/ack', { ids: ['A.LH-L-00012.LEAKAGE.1', 'A.unknown'] })
    expect(both.statusCode).toBe(404)
    expect((await get('/alerts/A.LH-L-00012.LEAKAGE.1')).json().state).toBe('unack_active')
    const one = await post('/alerts/ack', { ids: ['A.LH-L-00012.LEAKAGE.1'] })
    expect(one.json()).toMatchObject({ result: 'applied', items: [{ state: 'acked_active' }] })
  })

  it('take comments', async () => {
    expect(
      (await post('/alerts/A.LH-L-00012.LEAKAGE.1/comment', { text: '看过' })).statusCode,
    ).toBe(200)
    expect((await post('/alerts/A.LH-L-00012.LEAKAGE.1/comment', { text: ' ' })).statusCode).toBe(
      400,
    )
    expect((await post('/alerts/A.none/comment', { text: 'x' })).statusCode).toBe(404)
  })
})

describe('tickets', () => {
  beforeEach(() => city.apply([deviceEffect(device()), ticketEffect(ticket())]))

  it('show delivery and, alone, their history', async () => {
    const list = (await get('/tickets?delivery=queued')).json()
    expect(list.items).toHaveLength(1)
    expect(list.items[0]).not.toHaveProperty('history')
    expect((await get('/tickets/T.LH-L-00012.LEAKAGE.1')).json()).toMatchObject({
      alert: 'A.LH-L-00012.LEAKAGE.1',
      state: 'reported',
      caseNo: null,
      openedAt: '2026-11-01T22:29:00.000+08:00',
      deadline: '2026-11-02T22:29:00.000+08:00',
      delivery: { state: 'queued', attempts: 0, lastError: null, nextAt: null },
      history: [{ at: '2026-11-01T22:29:00.000+08:00', by: 'engine', what: 'opened', note: null }],
    })
  })

  it('are sent again on demand, unless they are there already', async () => {
    expect((await post('/tickets/T.LH-L-00012.LEAKAGE.1/retry')).statusCode).toBe(200)
    const delivered = { state: 'delivered', attempts: 1, lastError: null, nextAt: null } as const
    city.apply([ticketEffect(ticket({ delivery: delivered }))])
    const refused = await post('/tickets/T.LH-L-00012.LEAKAGE.1/retry')
    expect(refused.statusCode).toBe(409)
    expect(refused.json().code).toBe('not_allowed')
    expect((await post('/tickets/T.none/retry')).statusCode).toBe(404)
  })
})

describe('devices', () => {
  it('are registered, shown, changed and removed', async () => {
    const made = await post('/devices', {
      id: 'LH-L-1',
      type: 'streetlight',
      name: '灯 1',
      division: '150802',
      lat: 40.75,
      lon: 107.39,
      rated: { power: 120 },
    })
    expect(made.statusCode).toBe(201)
    expect(made.headers['location']).toBe('/api/v1/devices/LH-L-1')
    expect(made.json()).toMatchObject({ id: 'LH-L-1', createdAt: '2026-11-01T22:30:00.000+08:00' })
    expect((await get('/devices/LH-L-1')).json()).toMatchObject({
      id: 'LH-L-1',
      street: null,
      weakArea: false,
      rated: { power: 120 },
      presence: null,
      lastSeenAt: null,
      hasCredential: false,
    })
    const patched = await city.app.inject({
      method: 'PATCH',
      url: '/api/v1/devices/LH-L-1',
      headers: bearer,
      payload: { name: '新名', street: null },
    })
    expect(patched.json()).toMatchObject({ name: '新名', street: null })
    const removal = { method: 'DELETE', url: '/api/v1/devices/LH-L-1', headers: bearer } as const
    expect((await city.app.inject(removal)).statusCode).toBe(204)
    expect((await get('/devices/LH-L-1')).statusCode).toBe(404)
    expect((await city.app.inject(removal)).statusCode).toBe(404)
  })

  it('refuse a patch of unknown or fixed fields, or of nothing', async () => {
    city.apply([deviceEffect(device())])
    for (const payload of [{ id: 'x' }, { type: 'x' }, { createdAt: 1 }, { role: 'admin' }, {}]) {
      const response = await city.app.inject({
        method: 'PATCH',
        url: '/api/v1/devices/LH-L-00012',
        headers: bearer,
        payload,
      })
      expect(response.statusCode, JSON.stringify(payload)).toBe(400)
    }
    expect(city.submitted).toEqual([])
  })

  it('have a report interval of their own, or null', async () => {
    const entry = { id: 'LH-L-1', type: 'streetlight', name: '灯 1', division: '150802' }
    const patch = (payload: object) =>
      city.app.inject({
        method: 'PATCH',
        url: '/api/v1/devices/LH-L-1',
        headers: bearer,
        payload,
      })
    expect((await post('/devices', entry)).json()).toMatchObject({ reportSeconds: null })
    expect((await patch({ reportSeconds: 900 })).json()).toMatchObject({ reportSeconds: 900 })
    expect((await get('/devices/LH-L-1')).json()).toMatchObject({ reportSeconds: 900 })
    for (const reportSeconds of [0, 1.5, 2_592_001, '900', true])
      expect((await patch({ reportSeconds })).statusCode, String(reportSeconds)).toBe(400)
    expect((await patch({ reportSeconds: null })).json()).toMatchObject({ reportSeconds: null })
    const document = (await city.app.inject({ url: '/openapi.json', headers: bearer })).json()
    const { requestBody } = document.paths['/api/v1/devices/{id}'].patch
    expect(JSON.stringify(requestBody)).toContain('"maximum":2592000')
  })

  it('of an older state, without a report interval, show null', async () => {
    city.apply([deviceEffect(device())])
    expect((await get('/devices/LH-L-00012')).json()).toMatchObject({ reportSeconds: null })
  })

  it('are found by a piece of their name, taken literally', async () => {
    city.apply([deviceEffect(device()), deviceEffect(device({ id: 'X-1', name: '(a+)+$' }))])
    const found = (await get(`/devices?q=${encodeURIComponent('(a+)+$')}`)).json()
    expect(found.items.map(({ id }: { id: string }) => id)).toEqual(['X-1'])
  })

  it('get a password once', async () => {
    city.apply([deviceEffect(device())])
    const response = await post('/devices/LH-L-00012/credentials')
    expect(response.statusCode).toBe(201)
    expect(response.json()).toEqual({ username: 'LH-L-00012', password: 'made-password' })
    expect(city.submitted[0]).toMatchObject({ command: { id: 'LH-L-00012', hash: 'abc123' } })
    expect(city.logLines.join()).not.toContain('made-password')
    expect((await post('/devices/unknown/credentials')).statusCode).toBe(404)
  })
})

describe('telemetry', () => {
  const url = '/devices/LH-L-00012/telemetry?metric=leakage'

  beforeEach(async () => {
    city.apply([deviceEffect(device())], [latest()])
    await city.telemetry.write(
      [3, 2, 1].map((minutes) => leakage(START - minutes * 60_000, 13 - minutes)),
      positionAt(2),
      START,
    )
  })

  it('covers the last day unless said otherwise', async () => {
    expect((await get(url)).json()).toEqual({
      metric: 'leakage',
      unit: 'mA',
      window: 'raw',
      from: '2026-10-31T22:30:00.001+08:00',
      to: '2026-11-01T22:30:00.001+08:00',
      points: [
        { t: START - 180_000, v: 10 },
        { t: START - 120_000, v: 11 },
        { t: START - 60_000, v: 12 },
      ],
      truncated: false,
    })
  })

  it('takes ISO times, also with an unescaped plus, and epoch milliseconds', async () => {
    const from = START - 120_000
    for (const text of [String(from), '2026-11-01T22:28:00+08:00', '2026-11-01T14:28:00Z'])
      expect((await get(`${url}&from=${text}`)).json().points, text).toHaveLength(2)
  })

  it('sums up by windows', async () => {
    const { points } = (await get(`${url}&window=1h`)).json()
    expect(points).toEqual([
      { t: START - 1_800_000, count: 3, min: 10, max: 12, mean: 11, last: 12 },
    ])
  })

  it('refuses what is no time, no window, no metric, or runs backwards', async () => {
    const bad = [
      'from=yesterday',
      'from=2026-11-01',
      'from=2026-11-01T22:28:00',
      'from=2026-02-30T00:00:00Z',
      'from=2026-11-01T25:00:00Z',
      'from=1793543400',
      'from=9999999999999999',
      'from=1e12',
      'from=-1',
      'window=2h',
      'limit=5',
      `from=${START}&to=${START}`,
      `from=${START}&to=${START - 1}`,
      'metric=leakage',
    ]
    for (const query of bad) expect((await get(`${url}&${query}`)).statusCode, query).toBe(400)
    const unknown = await get('/devices/LH-L-00012/telemetry?metric=power')
    expect(unknown.statusCode).toBe(400)
    expect(unknown.json().errors[0].reason).toContain('leakage, lamp_on')
    expect((await get('/devices/none/telemetry?metric=leakage')).statusCode).toBe(404)
    expect((await get('/devices/LH-L-00012/telemetry')).statusCode).toBe(400)
  })

  it('shows the newest values, and none for a device that said nothing', async () => {
    expect((await get('/devices/LH-L-00012/latest')).json()).toEqual({
      device: 'LH-L-00012',
      ts: '2026-11-01T22:29:59.000+08:00',
      receivedAt: '2026-11-01T22:30:00.000+08:00',
      simulated: false,
      values: { leakage: { value: 41.2, ts: '2026-11-01T22:29:59.000+08:00' } },
    })
    city.apply([deviceEffect(device({ id: 'silent' }))])
    expect((await get('/devices/silent/latest')).json()).toMatchObject({ ts: null, values: {} })
  })
})

describe('the rest', () => {
  it('lists types with their common metrics', async () => {
    const { items } = (await get('/types')).json()
    expect(items).toHaveLength(1)
    expect(items[0].rules).toEqual(streetlight.rules)
    const one = (await get('/types/streetlight')).json()
    expect(one.metrics.map(({ id }: { id: string }) => id)).toEqual([
      'leakage',
      'lamp_on',
      'battery_pct',
      'battery_v',
      'rssi',
      'snr',
      'device_temp',
    ])
    expect((await get('/types/none')).statusCode).toBe(404)
  })

  it('shows quarantine as text or base64, and redrives all or none', async () => {
    city.apply([quarantined(4, Buffer.from('不是 JSON'))])
    city.apply([quarantined(5, Buffer.from([0xff, 0xfe]))])
    const list = (await get('/quarantine?code=not_json')).json()
    expect(list.items).toMatchObject([
      { id: '0-5.0', payload: '//4=', encoding: 'base64', door: 'mqtt' },
      { id: '0-4.0', payload: '不是 JSON', encoding: 'utf8' },
    ])
    expect(list.counts).toEqual({ not_json: 2 })
    const missing = await post('/quarantine/redrive', { ids: ['0-4.0', '0-9.0'] })
    expect(missing.statusCode).toBe(404)
    const done = await post('/quarantine/redrive', { ids: ['0-4.0', '0-4.0'] })
    expect(done.statusCode).toBe(202)
    expect(done.json()).toEqual({ items: [{ id: '0-4.0', position: '0-8' }] })
  })

  it('reads a beginning of a frame again only with the message that brought it', async () => {
    const whole = quarantined(4, Buffer.from('whole'))
    if (whole.kind !== 'quarantine') throw new TypeError('Expected a refusal')
    const rest = { ...whole, item: { ...whole.item, id: '0-4.rest' } }
    city.apply([rest])
    city.apply([whole])
    const alone = await post('/quarantine/redrive', { ids: ['0-4.rest'] })
    expect(alone.statusCode).toBe(409)
    expect(alone.json().errors).toMatchObject([{ field: 'ids' }])
    const both = await post('/quarantine/redrive', { ids: ['0-4.rest', '0-4.0'] })
    expect(both.statusCode).toBe(202)
    expect(both.json().items.map((item: { id: string }) => item.id)).toEqual(['0-4.0', '0-4.rest'])
  })

  it('tells the accounting', async () => {
    const { telemetry: _telemetry, ...accounting } = idlePipeline
    expect((await get('/pipeline')).json()).toMatchObject(accounting)
  })

  it('exports metrics', async () => {
    city.apply([deviceEffect(device()), alertEffect(alert()), ticketEffect(ticket())])
    const { body, headers } = await city.app.inject({ url: '/metrics', headers: bearer })
    expect(headers['content-type']).toMatch(/^text\/plain/)
    for (const line of [
      'hetao_pipeline_items_total{outcome="stored"} 9',
      'hetao_pipeline_holds 1',
      'hetao_refused_total{reason="wrong_password"} 3',
      'hetao_alerts_active{severity="P1"} 1',
      'hetao_tickets_undelivered{delivery="queued"} 1',
      'hetao_mqtt_connections 5',
    ])
      expect(body.split('\n')).toContain(line)
    expect(body).toContain('process_cpu_seconds_total')
  })

  it('describes itself as OpenAPI and as a page without script', async () => {
    const document = (await city.app.inject({ url: '/openapi.json', headers: bearer })).json()
    expect(document.openapi).toBe('3.1.0')
    expect(document.paths['/health/live'].get.security).toEqual([])
    expect(Object.keys(document.paths['/api/v1/devices'].post.requestBody.content)).toEqual([
      'application/json',
      'text/csv',
    ])
    const page = await city.app.inject({ url: '/docs', headers: bearer })
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(page.body).toContain('GET /api/v1/alerts/{id}')
    expect(page.body).not.toMatch(/<script/i)
  })
})

describe('the ingest door', () => {
  const payload = { device: 'LH-L-00012', v: 1, m: { leakage: 12 } }

  it('hands the bytes on as they came and answers with the position', async () => {
    const seen: string[] = []
    const other = await openCity(() => ({
      ingest: async (bytes, by) => {
        seen.push(`${by} ${Buffer.from(bytes).toString()}`)
        return { kind: 'committed', position: positionAt(7), receivedAt: START }
      },
    }))
    const response = await other.app.inject({
      method: 'POST',
      url: '/api/v1/ingest',
      headers: { ...bearer, 'content-type': 'application/json' },
      payload: ' {"device":"LH-L-00012", "v":1}',
    })
    expect(response.statusCode).toBe(202)
    expect(response.json()).toEqual({ position: '0-7' })
    expect(seen).toEqual(['admin  {"device":"LH-L-00012", "v":1}'])
    await other.close()
  })

  it.each([
    [{ kind: 'refused', reason: 'full' } as const, 503],
    [{ kind: 'refused', reason: 'closed' } as const, 503],
    [{ kind: 'refused', reason: 'too_large' } as const, 413],
    [{ kind: 'unknown', cause: 'disk' } as const, 503],
  ])('answers %j with %i', async (outcome, status) => {
    const other = await openCity(() => ({ ingest: async () => outcome }))
    const response = await other.app.inject({
      method: 'POST',
      url: '/api/v1/ingest',
      headers: bearer,
      payload,
    })
    expect(response.statusCode).toBe(status)
    if (status === 503) expect(response.headers['retry-after']).toBe('2')
    await other.close()
  })

  it('refuses what names no device', async () => {
    for (const bad of [{}, [], { device: 5 }, { device: '../x' }, { device: '' }])
      expect((await post('/ingest', bad)).statusCode, JSON.stringify(bad)).toBe(400)
  })

  it('refuses more than 64 KiB', async () => {
    const large = { device: 'LH-L-00012', pad: 'x'.repeat(70_000) }
    expect((await post('/ingest', large)).statusCode).toBe(413)
  })
})

describe('case events', () => {
  const event = {
    id: 'evt-1',
    ticket: 'T.LH-L-00012.LEAKAGE.1',
    state: 'dispatched',
    at: '2026-11-01T22:40:00+08:00',
  }
  const send = (headers: Record<string, string>, payload: object | string = event) =>
    city.app.inject({
      method: 'POST',
      url: '/api/v1/cases/events',
      headers: { 'content-type': 'application/json', ...headers },
      payload,
    })

  it('are applied when signed', async () => {
    const response = await send({ 'webhook-signature': 'right' })
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual({ result: 'applied' })
    expect(city.submitted).toMatchObject([
      { kind: 'answer', by: 'case-system', answer: { kind: 'event', event: { id: 'evt-1' } } },
    ])
  })

  it('are refused without signature, also with a bearer token, whatever they hold', async () => {
    for (const headers of [{}, bearer, { 'webhook-signature': 'wrong' }])
      for (const payload of [event, '{"broken', ''])
        expect((await send(headers, payload)).json().code).toBe('signature_invalid')
    expect(city.submitted).toEqual([])
  })

  it('are checked field by field', async () => {
    const response = await send({ 'webhook-signature': 'right' }, { id: 'evt-1' })
    expect(response.statusCode).toBe(400)
    expect(response.json().errors.map(({ field }: { field: string }) => field)).toContain('state')
    expect((await send({ 'webhook-signature': 'right' }, '{"a')).json().code).toBe('malformed_json')
  })

  it('need a secret to be set', async () => {
    const other = await openCity(() => ({ checkCaseSignature: null }))
    const response = await other.app.inject({
      method: 'POST',
      url: '/api/v1/cases/events',
      payload: event,
    })
    expect(response.statusCode).toBe(401)
    expect(response.json().code).toBe('signature_not_configured')
    await other.close()
  })

  it.each([
    ['not_found', 404],
    ['not_allowed', 409],
    ['invalid', 400],
  ] as const)('that the engine calls %s are answered with %i', async (code, status) => {
    const other = await openCity(() => ({
      submit: async () => ({ ok: false, code, detail: 'no', errors: [] }),
    }))
    const response = await other.app.inject({
      method: 'POST',
      url: '/api/v1/cases/events',
      headers: { 'webhook-signature': 'right' },
      payload: event,
    })
    expect(response.statusCode).toBe(status)
    await other.close()
  })
})

describe('failures', () => {
  it('say 503 and when to come back while the journal takes nothing', async () => {
    const other = await openCity(() => ({
      submit: async () => {
        throw new JournalUnavailable('/data/journal is full')
      },
    }))
    const response = await other.app.inject({
      method: 'POST',
      url: '/api/v1/alerts/x/ack',
      headers: bearer,
    })
    expect(response.statusCode).toBe(503)
    expect(response.headers['retry-after']).toBe('2')
    expect(response.json().code).toBe('journal_unavailable')
    expect(response.body).not.toContain('/data')
    await other.close()
  })

  it('tell nothing of the inside, and tell the log everything', async () => {
    const other = await openCity(() => ({
      pipeline: () => {
        throw new Error('SQLITE_CORRUPT at /data/state.db')
      },
    }))
    const response = await other.app.inject({ url: '/api/v1/pipeline', headers: bearer })
    expect(response.statusCode).toBe(500)
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    const problem = response.json()
    expect(problem).toMatchObject({ code: 'internal', status: 500 })
    expect(response.body).not.toMatch(/SQLITE|\/data| at /)
    const logged = other.logLines.find((line) => line.includes('SQLITE_CORRUPT'))
    expect(logged).toContain(problem.requestId)
    await other.close()
  })

  it('of readiness say so without the reason, which is logged once', async () => {
    const other = await openCity(() => ({ ready: () => ({ ok: false, why: 'disk full' }) }))
    for (let round = 0; round < 2; round++) {
      const response = await other.app.inject({ url: '/health/ready' })
      expect(response.statusCode).toBe(503)
      expect(response.json()).toEqual({ status: 'unavailable' })
    }
    expect(other.logLines.filter((line) => line.includes('disk full'))).toHaveLength(1)
    expect((await other.app.inject({ url: '/health/live' })).json()).toEqual({ status: 'ok' })
    await other.close()
  })
})
