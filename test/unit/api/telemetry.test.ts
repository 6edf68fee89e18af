// Questions about telemetry: one device, many, groups, the newest values, and what would be deleted.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiParts } from '../../../src/api/parts.ts'
import { positionAt } from '../../../src/core/position.ts'
import {
  TelemetryUnavailable,
  type Expired,
  type GroupQuery,
  type SeriesQuery,
  type TelemetryReader,
} from '../../../src/ports.ts'
import {
  bearer,
  device,
  deviceEffect,
  latest,
  leakage,
  openCity,
  START,
  streetlight,
  type City,
} from './city.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

let city: City

/** One city for all tests of a block: they only look. */
function shareCity(prepare: () => void | Promise<void> = () => undefined): void {
  beforeAll(async () => {
    city = await openCity()
    await prepare()
  })
  afterAll(() => city.close())
}

const get = (url: string, from = city) => from.app.inject({ url: `/api/v1${url}`, headers: bearer })

/** Three lights on two streets of one division and one in another division. */
function lights(): void {
  const fields = [
    { id: 'L-1', street: '胜利路', parent: 'F-1', department: null },
    { id: 'L-2', street: '胜利路', parent: 'F-1', grid: '15080200100101' },
    { id: 'L-3', street: null },
    { id: 'L-4', division: '150821' },
  ]
  city.apply([...fields, { id: 'F-1', name: '一号箱' }].map((one) => deviceEffect(device(one))))
}

async function write(readings: readonly (readonly [string, number, number])[]): Promise<void> {
  await city.telemetry.write(
    readings.map(([id, minutes, value]) => leakage(START - minutes * MINUTE_MS, value, id)),
    positionAt(2),
    START,
  )
}

/** A reader that notes what it is asked, and answers as it is told. */
function noted(answers: Partial<TelemetryReader> = {}) {
  const asked: (SeriesQuery | GroupQuery)[] = []
  const telemetry: TelemetryReader = {
    async series(query) {
      asked.push(query)
      return query.devices.map((name) => ({ device: name, points: [] }))
    },
    async groups(query) {
      asked.push(query)
      return query.groups.map(({ key }) => ({ key, points: [] }))
    },
    async *rows() {
      yield []
    },
    expired: async () => [],
    close: async () => undefined,
    ...answers,
  }
  return { asked, telemetry }
}

async function withReader(
  telemetry: TelemetryReader,
  use: (other: City) => Promise<void>,
  overrides: Partial<ApiParts> = {},
): Promise<void> {
  const other = await openCity(() => ({ telemetry, ...overrides }))
  other.apply([deviceEffect(device({ id: 'L-1' })), deviceEffect(device({ id: 'L-2' }))])
  try {
    await use(other)
  } finally {
    await other.close()
  }
}

describe('a series', () => {
  shareCity()

  it('is raw for a short chart and in windows for a long one', async () => {
    lights()
    await write([
      ['L-1', 3 * 24 * 60, 5],
      ['L-1', 2, 10],
    ])
    const url = '/devices/L-1/telemetry?metric=leakage&window=auto'
    const day = (await get(url)).json()
    expect(day).toMatchObject({ window: 'raw', points: [{ t: START - 120_000, v: 10 }] })
    const week = (await get(`${url}&from=${START - 7 * DAY_MS}&width=200`)).json()
    expect(week.window).toBe('1h')
    expect(week.points).toHaveLength(2)
  })

  it('goes over to windows where a device reports more often than its type says', async () => {
    const { asked, telemetry } = noted({
      async series(query) {
        asked.push(query)
        const points = Array.from({ length: query.limit }, (_, index) => ({ t: index, v: 1 }))
        return [{ device: 'L-1', points: query.window === 'raw' ? points : [] }]
      },
    })
    await withReader(telemetry, async (other) => {
      const answer = await get('/devices/L-1/telemetry?metric=leakage&window=auto', other)
      expect(answer.json()).toMatchObject({ window: '5m', points: [] })
      expect(asked.map(({ window }) => window)).toEqual(['raw', '5m'])
    })
  })

  it('goes by the rhythm of the device where it has one', async () => {
    const { asked, telemetry } = noted()
    await withReader(telemetry, async (other) => {
      other.apply([deviceEffect(device({ id: 'L-1', reportSeconds: 10 }))])
      await get('/devices/L-1/telemetry?metric=leakage&window=auto', other)
      expect(asked.map(({ window }) => window)).toEqual(['5m'])
    })
  })

  it('passes the increase of counters through, and how long a window is where finer ones are gone', async () => {
    const point = { t: START, count: 2, min: 1, max: 3, mean: 2, last: 3, increase: 2, spanMs: 1 }
    const { telemetry } = noted({ series: async () => [{ device: 'L-1', points: [point] }] })
    await withReader(telemetry, async (other) => {
      const answer = await get('/devices/L-1/telemetry?metric=leakage&window=1d', other)
      expect(answer.json().points).toEqual([point])
    })
  })
})

describe('many devices', () => {
  shareCity(async () => {
    lights()
    await write([
      ['L-1', 50, 2],
      ['L-1', 40, 4],
      ['L-2', 30, 9],
      ['L-4', 20, 1],
    ])
  })
  const url = '/telemetry?type=streetlight&metric=leakage'

  it('come in one answer, those without readings too', async () => {
    const answer = await get(`${url}&division=150802&window=1h&from=${START - HOUR_MS}`)
    expect(answer.json()).toEqual({
      type: 'streetlight',
      metric: 'leakage',
      unit: 'mA',
      window: '1h',
      from: '2026-11-01T21:30:00.000+08:00',
      to: '2026-11-01T22:30:00.001+08:00',
      series: [
        { device: 'F-1', points: [] },
        {
          device: 'L-1',
          points: [{ t: START - 90 * MINUTE_MS, count: 2, min: 2, max: 4, mean: 3, last: 4 }],
        },
        {
          device: 'L-2',
          points: [{ t: START - 30 * MINUTE_MS, count: 1, min: 9, max: 9, mean: 9, last: 9 }],
        },
        { device: 'L-3', points: [] },
      ],
      devices: 4,
      truncated: false,
    })
  })

  it.each([
    ['street=胜利路', ['F-1', 'L-1', 'L-2', 'L-4']],
    ['street=胜利路&division=150802', ['F-1', 'L-1', 'L-2']],
    ['parent=F-1', ['L-1', 'L-2']],
    ['grid=15080200100101', ['L-2']],
    ['devices=L-4,L-1,L-4', ['L-4', 'L-1']],
    ['street=没有', []],
  ])('are chosen by %s', async (filter, expected) => {
    const answer = await get(`${url}&${filter}`)
    expect(answer.statusCode).toBe(200)
    expect(answer.json().series.map((one: { device: string }) => one.device)).toEqual(expected)
  })

  it.each([
    ['devices=L-1,nobody', 404, 'no device has id "nobody"'],
    ['devices=L-1&division=150802', 400, 'expected no filter beside it'],
    ['devices=L%201', 400, 'expected ids of devices'],
    ['devices=', 400, 'expected ids of devices'],
    ['width=0', 400, 'expected a whole number'],
    ['window=2h', 400, 'auto'],
    ['color=red', 400, 'color'],
    [`from=${START}&to=${START}`, 400, 'expected a moment before'],
  ])('are refused readably: %s', async (query, status, reason) => {
    const answer = await get(`${url}&${query}`)
    expect(answer.statusCode).toBe(status)
    expect(answer.body).toContain(reason.replaceAll('"', '\\"'))
  })

  it('are of one known type and metric', async () => {
    expect((await get('/telemetry?type=lamp&metric=leakage')).json().errors).toEqual([
      { field: 'type', reason: 'expected one of streetlight' },
    ])
    expect((await get('/telemetry?type=streetlight&metric=power')).json().errors[0].field).toBe(
      'metric',
    )
    const other = { ...streetlight, id: 'bollard' }
    await withReader(
      noted().telemetry,
      async (two) => {
        const answer = await get('/telemetry?type=bollard&metric=leakage&devices=L-1', two)
        expect(answer.statusCode).toBe(400)
        expect(answer.json().errors[0].reason).toBe('"L-1" is a streetlight')
      },
      { types: [streetlight, other] },
    )
  })

  it('are at most a thousand, and the answer says how many there were', async () => {
    const { asked, telemetry } = noted()
    await withReader(telemetry, async (other) => {
      const many = Array.from({ length: 1200 }, (_, index) => `M-${String(index).padStart(4, '0')}`)
      other.apply(many.map((id) => deviceEffect(device({ id, street: '长街' }))))
      const answer = (await get(`${url}&street=长街`, other)).json()
      expect(answer).toMatchObject({ devices: 1200, truncated: true, window: '1h' })
      expect(answer.series).toHaveLength(1000)
      expect(asked).toMatchObject([{ devices: many.slice(0, 1000), window: '1h' }])
      const far = await get(`${url}&street=长街&from=${START - 365 * DAY_MS}`, other)
      expect(far.statusCode).toBe(400)
      expect(far.json().errors[0].reason).toContain('a shorter span or fewer series')
    })
  })

  it('never give more points than an answer may have', async () => {
    const refused = await get(`${url}&window=1m&from=${START - 365 * DAY_MS}`)
    expect(refused.statusCode).toBe(400)
    expect(refused.json().errors).toEqual([
      {
        field: 'window',
        reason: '1m gives too many points: ask for window=1h, a shorter span or fewer series',
      },
    ])
    const chosen = await get(`${url}&from=${START - 365 * DAY_MS}&width=10000`)
    expect(chosen.json().window).toBe('1h')
    const points = Array.from({ length: 30_000 }, (_, t) => ({ t, v: 1 }))
    const { telemetry } = noted({
      series: async ({ devices }) => devices.map((name) => ({ device: name, points })),
    })
    await withReader(telemetry, async (other) => {
      const bursts = await get(`${url}&window=raw`, other)
      expect(bursts.statusCode).toBe(400)
      expect(bursts.json().detail).toContain('50000')
    })
  })

  it('are asked for by a few at a time', async () => {
    const gate = Promise.withResolvers<[]>()
    const { telemetry } = noted({ series: () => gate.promise })
    await withReader(telemetry, async (other) => {
      const waiting = Array.from({ length: 17 }, () => get(url, other))
      const refused = await Promise.race(waiting)
      expect(refused.statusCode).toBe(429)
      expect(refused.headers['retry-after']).toBe('1')
      expect(refused.json().code).toBe('too_many_queries')
      gate.resolve([])
      const codes = (await Promise.all(waiting)).map(({ statusCode }) => statusCode)
      expect(codes.filter((code) => code === 200)).toHaveLength(16)
      expect((await get(url, other)).statusCode).toBe(200)
    })
  })
})

describe('groups', () => {
  const url = '/telemetry/groups?type=streetlight&metric=leakage'

  shareCity(async () => {
    lights()
    await write([
      ['L-1', 29, 2],
      ['L-1', 28, 4],
      ['L-2', 27, 9],
      ['L-4', 26, 1],
    ])
  })

  it('sum up their devices and carry their names', async () => {
    const answer = await get(`${url}&by=division&window=1h&from=${START - HOUR_MS}`)
    expect(answer.json()).toEqual({
      type: 'streetlight',
      metric: 'leakage',
      unit: 'mA',
      by: 'division',
      window: '1h',
      from: '2026-11-01T21:30:00.000+08:00',
      to: '2026-11-01T22:30:00.001+08:00',
      groups: [
        {
          key: '150802',
          name: { zh: '临河区', en: 'Linhe' },
          devices: 4,
          points: [
            { t: START - 30 * MINUTE_MS, devices: 2, count: 3, min: 2, max: 9, mean: 5, total: 12 },
          ],
        },
        {
          key: '150821',
          name: { zh: '五原县', en: 'Wuyuan' },
          devices: 1,
          points: [
            { t: START - 30 * MINUTE_MS, devices: 1, count: 1, min: 1, max: 1, mean: 1, total: 1 },
          ],
        },
      ],
    })
  })

  it.each([
    [
      'street',
      '',
      [
        ['胜利路', 4, undefined],
        [null, 1, undefined],
      ],
    ],
    ['type', '', [['streetlight', 5, '路灯']]],
    [
      'parent',
      '&division=150802',
      [
        ['F-1', 2, '一号箱'],
        [null, 2, undefined],
      ],
    ],
    [
      'grid',
      '',
      [
        ['15080200100101', 1, undefined],
        [null, 4, undefined],
      ],
    ],
    ['department', '', [['路灯管理所', 5, undefined]]],
    ['street', '&devices=L-3', [[null, 1, undefined]]],
    ['street', '&street=没有', []],
  ])('by %s%s are those of the registry', async (by, filter, expected) => {
    const answer = await get(`${url}&by=${by}${filter}`)
    expect(answer.statusCode).toBe(200)
    expect(
      answer
        .json()
        .groups.map((one: { key: string; devices: number; name?: { zh: string } }) => [
          one.key,
          one.devices,
          one.name?.zh,
        ]),
    ).toEqual(expected)
  })

  it('say how long a window is where finer ones are gone', async () => {
    const values = { t: START, devices: 1, count: 1, min: 1, max: 1, mean: 1, total: 1 }
    const point = { ...values, spanMs: HOUR_MS }
    const groups = async () => [{ key: '胜利路', points: [point] }]
    await withReader(noted({ groups }).telemetry, async (other) => {
      expect((await get(`${url}&by=street`, other)).json().groups[0].points).toEqual([point])
    })
  })

  it('take windows no shorter than the rhythm of the type unless told to', async () => {
    expect((await get(`${url}&by=street`)).json().window).toBe('15m')
    expect((await get(`${url}&by=street&window=1m`)).json().window).toBe('1m')
    expect((await get(`${url}&by=street&from=${START - 30 * DAY_MS}`)).json().window).toBe('6h')
    expect((await get(`${url}&by=street&window=raw`)).statusCode).toBe(400)
    expect((await get(`${url}&by=colour`)).statusCode).toBe(400)
    const long = await get(`${url}&by=street&window=1m&from=${START - 60 * DAY_MS}`)
    expect(long.statusCode).toBe(400)
    expect(long.json().errors[0].reason).toContain('window=5m')
  })

  it('are at most a thousand', async () => {
    const { telemetry } = noted()
    await withReader(telemetry, async (other) => {
      const many = Array.from({ length: 1001 }, (_, index) =>
        deviceEffect(device({ id: `M-${index}`, street: `${index} 街` })),
      )
      other.apply(many)
      const answer = await get(`${url}&by=street`, other)
      expect(answer.statusCode).toBe(400)
      expect(answer.json().errors[0]).toMatchObject({ field: 'by' })
      expect((await get(`${url}&by=division`, other)).statusCode).toBe(200)
    })
  })
})

describe('the newest values of many devices', () => {
  shareCity(() => {
    lights()
    city.apply([], [latest({ device: 'L-1' }), latest({ device: 'L-4', simulated: true })])
  })

  it('come in pages, by id, with those that said nothing', async () => {
    const first = (await get('/latest?type=streetlight&limit=2')).json()
    expect(first.items).toEqual([
      {
        device: 'F-1',
        type: 'streetlight',
        division: '150802',
        ts: null,
        receivedAt: null,
        simulated: false,
        values: {},
      },
      {
        device: 'L-1',
        type: 'streetlight',
        division: '150802',
        ts: '2026-11-01T22:29:59.000+08:00',
        receivedAt: '2026-11-01T22:30:00.000+08:00',
        simulated: false,
        values: { leakage: { value: 41.2, ts: '2026-11-01T22:29:59.000+08:00' } },
      },
    ])
    const rest = (await get(`/latest?type=streetlight&limit=10&cursor=${first.cursor}`)).json()
    expect(rest.items.map((one: { device: string }) => one.device)).toEqual(['L-2', 'L-3', 'L-4'])
    expect(rest.cursor).toBeNull()
    expect((await get(`/latest?limit=2&cursor=${first.cursor}`)).json().code).toBe('invalid_cursor')
  })

  it.each([
    ['division=150821', ['L-4']],
    ['parent=F-1', ['L-1', 'L-2']],
    ['devices=L-4,L-1,gone', ['L-1', 'L-4']],
    ['type=nothing', []],
  ])('are chosen by %s', async (filter, expected) => {
    const { items } = (await get(`/latest?${filter}`)).json()
    expect(items.map((one: { device: string }) => one.device)).toEqual(expected)
  })

  it('of a list come in pages too', async () => {
    const first = (await get('/latest?devices=L-4,L-1,L-2&limit=2')).json()
    expect(first.items).toMatchObject([{ device: 'L-1' }, { device: 'L-2' }])
    const next = (await get(`/latest?devices=L-4,L-1,L-2&limit=2&cursor=${first.cursor}`)).json()
    expect(next).toMatchObject({ items: [{ device: 'L-4', simulated: true }], cursor: null })
    expect((await get('/latest?devices=L-1&type=streetlight')).statusCode).toBe(400)
  })
})

describe('retention', () => {
  const piece: Expired = {
    level: 'raw',
    type: 'streetlight',
    from: START - 100 * DAY_MS,
    to: START - 99 * DAY_MS,
    rows: 9600,
    bytes: 81_920,
    where: 'telemetry/streetlight/2026-07-24.db',
  }

  it('says what would go, and takes nothing', async () => {
    const expired = [
      { ...piece, dueAt: START + DAY_MS },
      { ...piece, level: '1m' as const, rows: null, bytes: 100 },
    ]
    await withReader(noted({ expired: async () => expired }).telemetry, async (other) => {
      expect((await get('/retention', other)).json()).toEqual({
        policy: { raw: '90d,streetlight=30d', '1m': '400d', '1h': '1830d', '1d': 'forever' },
        expired: [
          {
            ...piece,
            from: '2026-07-24T22:30:00.000+08:00',
            to: '2026-07-25T22:30:00.000+08:00',
            dueAt: '2026-11-02T22:30:00.000+08:00',
          },
          expect.objectContaining({ level: '1m', rows: null, bytes: 100, dueAt: null }),
        ],
        totals: { pieces: 2, rows: null, bytes: 82_020 },
        truncated: false,
      })
      const deletion = await other.app.inject({
        method: 'DELETE',
        url: '/api/v1/retention',
        headers: bearer,
      })
      expect(deletion.statusCode).toBe(405)
    })
  })

  it('shows a thousand pieces and counts all', async () => {
    const expired = Array.from({ length: 1500 }, () => piece)
    await withReader(noted({ expired: async () => expired }).telemetry, async (other) => {
      const answer = (await get('/retention', other)).json()
      expect(answer.expired).toHaveLength(1000)
      expect(answer).toMatchObject({ truncated: true, totals: { pieces: 1500, rows: 14_400_000 } })
    })
  })
})

describe('while the telemetry database is away', () => {
  shareCity()

  const away = async () => {
    throw new TelemetryUnavailable('connect ECONNREFUSED http://10.0.0.7:8086', 12_345)
  }

  it.each([
    '/devices/L-1/telemetry?metric=leakage',
    '/telemetry?type=streetlight&metric=leakage',
    '/telemetry/groups?type=streetlight&metric=leakage&by=street',
    '/retention',
  ])('%s says so and when to come back', async (url) => {
    const { telemetry } = noted({ series: away, groups: away, expired: away })
    await withReader(telemetry, async (other) => {
      const answer = await get(url, other)
      expect(answer.statusCode).toBe(503)
      expect(answer.headers['retry-after']).toBe('13')
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
      expect(answer.json().code).toBe('telemetry_unavailable')
      expect(answer.body).not.toContain('10.0.0.7')
    })
  })

  it('the product is ready all the same, and shows what is wrong', async () => {
    expect((await city.app.inject({ url: '/health/ready' })).statusCode).toBe(200)
    expect((await get('/pipeline')).json().telemetry).toEqual({
      kind: 'influx',
      state: 'unreachable',
      since: '2026-11-01T22:29:00.000+08:00',
      detail: 'connect ECONNREFUSED 127.0.0.1:8086',
      server: 'InfluxDB 2.7.10',
      rollups: { through: '2026-11-01T22:25:00.000+08:00', lagMs: 240_000, dirty: 3 },
      retention: { at: '2026-11-01T21:30:00.000+08:00', pieces: 2, bytes: null },
    })
    const { body } = await city.app.inject({ url: '/metrics', headers: bearer })
    for (const line of [
      'hetao_telemetry_store_state{state="unreachable"} 1',
      'hetao_telemetry_store_state{state="ready"} 0',
      'hetao_rollup_lag_seconds 240',
      'hetao_rollup_dirty 3',
      'hetao_telemetry_refused_total 0',
    ])
      expect(body.split('\n')).toContain(line)
  })

  it('and what the reader cannot make sense of is the mistake of who asks', async () => {
    const series = async () => {
      throw new RangeError('Cannot read a series: expected a span of ten years at most')
    }
    await withReader(noted({ series }).telemetry, async (other) => {
      const answer = await get('/devices/L-1/telemetry?metric=leakage', other)
      expect(answer.statusCode).toBe(400)
      expect(answer.json().detail).toContain('ten years')
    })
  })
})
