import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bearer, device, deviceEffect, openCity, START, type City } from './city.ts'

let city: City

beforeEach(async () => {
  city = await openCity()
})
afterEach(() => city.close())

const upload = (payload: string | object, type = 'text/csv') =>
  city.app.inject({
    method: 'POST',
    url: '/api/v1/devices',
    headers: { ...bearer, 'content-type': type },
    payload,
  })

const HEADER = 'id,type,name,division,lat,lon,weakArea,rated.power,street'

describe('a table of devices', () => {
  it('is registered as a whole, with BOM, quotes, CRLF and empty cells', async () => {
    const table = `\uFEFF${HEADER}\r\nL-1,streetlight,"灯, ""一""",150802,40.75,107.39,TRUE,120,\r\nL-2,streetlight,灯二,150802,,,,,胜利路\r\n`
    const response = await upload(table, 'text/csv; charset=utf-8')
    expect(response.json()).toMatchObject({ registered: 2, ids: ['L-1', 'L-2'] })
    expect(response.statusCode).toBe(201)
    const list = await city.app.inject({ url: '/api/v1/devices', headers: bearer })
    expect(list.json().items).toMatchObject([
      {
        id: 'L-1',
        name: '灯, "一"',
        lat: 40.75,
        weakArea: true,
        rated: { power: 120 },
        street: null,
      },
      { id: 'L-2', lat: null, weakArea: false, rated: {}, street: '胜利路' },
    ])
  })

  it('with mistakes registers nothing and lists every one', async () => {
    city.apply([deviceEffect(device({ id: 'L-taken' }))])
    const rows = [
      'L-1,streetlight,好,150802,40,107,,,',
      'L-2,lighthouse,x,150802,40,107,,,',
      'L-3,streetlight,,150802,95,107,maybe,-5,',
      'L-1,streetlight,又一,150802,,,,,',
      'L-taken,streetlight,x,150802,,,,,',
      '../x,streetlight,x,Linhe,forty,,,,',
    ]
    const response = await upload([HEADER, ...rows].join('\n'))
    expect(response.statusCode).toBe(400)
    const problem = response.json()
    expect(problem.code).toBe('invalid_request')
    const places = problem.errors.map(
      ({ row, field }: { row: number; field: string }) => `${row} ${field}`,
    )
    for (const place of [
      '2 type',
      '3 name',
      '3 lat',
      '3 weakArea',
      '3 rated.power',
      '4 id',
      '5 id',
      '6 id',
      '6 division',
      '6 lat',
    ])
      expect(places).toContain(place)
    expect(places.filter((place: string) => place.startsWith('1 '))).toEqual([])
    for (const { reason } of problem.errors) expect(reason.length).toBeGreaterThan(5)
    expect(city.submitted).toEqual([])
  })

  it.each([
    ['unknown and repeated columns', 'id,id,type,name,division,colour\n', ['0 id', '0 colour']],
    ['missing columns', 'id,name\nL-1,x', ['0 type', '0 division']],
    ['a prototype key as column', `${HEADER},rated.__proto__\n`, ['0 rated.__proto__']],
    ['a row of another length', `${HEADER}\nL-1,streetlight`, ['1 row']],
    [
      'a row of another length among other mistakes',
      `${HEADER}\nL-1,lighthouse,x,150802,,,,,\nL-2,streetlight\nL-3,streetlight,x,150802,,,,,\nL-3,streetlight,x,150802,,,,,`,
      ['1 type', '2 row', '4 id'],
    ],
    ['an open quote', `${HEADER}\n"L-1`, ['1 row']],
    ['no rows', HEADER, ['0 row']],
    ['nothing', '', ['0 id', '0 type', '0 name', '0 division']],
  ])('with %s is refused', async (_name, table, places) => {
    const response = await upload(table)
    expect(response.statusCode).toBe(400)
    expect(
      response
        .json()
        .errors.map(({ row, field }: { row: number; field: string }) => `${row} ${field}`),
    ).toEqual(places)
  })

  it('that is not UTF-8 is refused', async () => {
    const response = await city.app.inject({
      method: 'POST',
      url: '/api/v1/devices',
      headers: { ...bearer, 'content-type': 'text/csv' },
      payload: Buffer.from([0x69, 0x64, 0xc3, 0x28]),
    })
    expect(response.statusCode).toBe(400)
  })

  it('takes 20,000 rows and not one more', async () => {
    const rows = Array.from(
      { length: 20_001 },
      (_, index) => `L-${index},streetlight,灯,150802,,,,,`,
    )
    const more = await upload([HEADER, ...rows].join('\n'))
    expect(more.statusCode).toBe(400)
    expect(more.json().errors[0].reason).toContain('20001 lines')
    const just = await upload([HEADER, ...rows.slice(1)].join('\n'))
    expect(just.statusCode).toBe(201)
    expect(just.json().registered).toBe(20_000)
  })

  it('beyond 10 MiB is refused', async () => {
    expect((await upload('x'.repeat(10 * 2 ** 20 + 1))).statusCode).toBe(413)
  })
})

describe('the report interval in a table', () => {
  const table = (...cells: string[]) =>
    ['id,type,name,division,reportSeconds']
      .concat(cells.map((cell, index) => `L-${index},streetlight,灯,150802,${cell}`))
      .join('\n')

  it('is a number, or empty for that of the type', async () => {
    expect((await upload(table('900', ''))).statusCode).toBe(201)
    const list = await city.app.inject({ url: '/api/v1/devices', headers: bearer })
    expect(list.json().items).toMatchObject([{ reportSeconds: 900 }, { reportSeconds: null }])
  })

  it('is named by row where it is wrong', async () => {
    const response = await upload(table('60', '0', '1.5', '2592000', '2592001', 'hourly', '-60'))
    expect(response.statusCode).toBe(400)
    const { errors } = response.json()
    expect(
      errors.map(({ row, field }: { row: number; field: string }) => `${row} ${field}`),
    ).toEqual([2, 3, 5, 6, 7].map((row) => `${row} reportSeconds`))
    expect(errors[0].reason).toBe('expected whole seconds from 1 to 2592000, got 0')
    expect(city.submitted).toEqual([])
  })
})

describe('a list of devices', () => {
  it('is registered as a whole or not at all', async () => {
    const good = { id: 'L-1', type: 'streetlight', name: 'x', division: '150802' }
    const response = await upload(
      [
        good,
        { ...good, id: 'L-2', colour: 'red' },
        'text',
        { ...good, id: 'L-3', parent: 'nobody' },
      ],
      'application/json',
    )
    expect(response.statusCode).toBe(400)
    expect(response.json().errors).toMatchObject([
      { row: 2, field: 'colour' },
      { row: 3, field: 'row' },
      { row: 4, field: 'parent' },
    ])
    expect((await upload([good], 'application/json')).json()).toEqual({
      registered: 1,
      ids: ['L-1'],
    })
  })

  it('is told of what the registry has against it in the same round as of its form', async () => {
    city.apply([
      deviceEffect(device({ id: 'OLD-1', aliases: ['MN-7'] })),
      deviceEffect(device({ id: 'OLD-2', parent: 'OLD-1' })),
      {
        kind: 'integration',
        integration: { id: 'lora', name: 'x', format: 'chirpstack', topics: [], createdAt: START },
        access: { id: 'lora', format: 'chirpstack', topics: [], credential: 'a', previous: null },
      },
    ])
    const good = { type: 'streetlight', name: 'x', division: '150802' }
    const rows = [
      { ...good, id: 'A', name: '' },
      { ...good, id: 'B', parent: 'C' },
      { ...good, id: 'C', parent: 'D' },
      { ...good, id: 'D', parent: 'B' },
      { ...good, id: 'E', parent: 'E' },
      { ...good, id: 'F', parent: 'OLD-2' },
      { ...good, id: 'lora' },
      { ...good, id: 'mn-7' },
      { ...good, id: 'G', aliases: ['mn-7:', 'fine', 'old-2'] },
      { ...good, id: 'H', aliases: ['FINE', 'a/', 'h'] },
      { ...good, id: 'A' },
      { ...good, id: 'OLD-1' },
      { ...good, id: 'I', parent: 'nobody' },
    ]
    const { errors } = (await upload(rows, 'application/json')).json()
    expect(
      errors.map(
        (one: Record<'row' | 'field' | 'reason', string>) =>
          `${one['row']} ${one['field']}: ${one['reason']}`,
      ),
    ).toEqual([
      '1 name: expected 1 to 200 characters, got 0',
      '2 parent: expected another device, got a circle back to "B"',
      '3 parent: expected another device, got a circle back to "C"',
      '4 parent: expected another device, got a circle back to "D"',
      '5 parent: expected another device, got a circle back to "E"',
      '7 id: "lora" is an integration account',
      '8 id: "mn-7" is an alias of "OLD-1"',
      '9 aliases: "mn-7:" is the id in row 8',
      '9 aliases: "old-2" is the id of "OLD-2"',
      '10 aliases: "FINE" is also in row 9',
      '10 aliases: "a/" is the id in row 1',
      '11 id: "A" is also in row 1',
      '12 id: "OLD-1" is registered already',
      '13 parent: expected a registered device, got "nobody"',
    ])
    expect(city.submitted).toEqual([])
  })

  it('of 20,000 with mistakes of every kind is judged in a second or two', async () => {
    city.apply(Array.from({ length: 5000 }, (_, n) => deviceEffect(device({ id: `OLD-${n}` }))))
    const rows = Array.from({ length: 20_000 }, (_, n) => {
      const aliases = Array.from({ length: 8 }, (_one, k) => `24E124-${n}-${k}`).join('|')
      return `L-${n % 19_999},streetlight,,150802,L-${(n + 1) % 19_999},${aliases}`
    })
    const table = ['id,type,name,division,parent,aliases', ...rows].join('\n')
    const before = performance.now()
    expect((await upload(table)).json().errors).toHaveLength(1000)
    expect(performance.now() - before).toBeLessThan(4000)
  }, 10_000)

  it('may name parents that stand in it', async () => {
    const entry = { type: 'streetlight', name: 'x', division: '150802' }
    const response = await upload(
      [
        { ...entry, id: 'child', parent: 'feeder' },
        { ...entry, id: 'feeder' },
      ],
      'application/json',
    )
    expect(response.statusCode).toBe(201)
  })

  it.each([[[]], [null], [5], ['x'], [{ createdAt: 1 }]])('%j is refused', async (body) => {
    expect((await upload(JSON.stringify(body), 'application/json')).statusCode).toBe(400)
  })

  it('that the engine refuses is answered with its rows, counted from 1', async () => {
    const other = await openCity(() => ({
      submit: async () => ({
        ok: false,
        code: 'already_exists',
        detail: 'one is there',
        errors: [{ row: 0, field: 'id', reason: 'taken' }],
      }),
    }))
    const response = await other.app.inject({
      method: 'POST',
      url: '/api/v1/devices',
      headers: bearer,
      payload: { id: 'L-1', type: 'streetlight', name: 'x', division: '150802' },
    })
    expect(response.statusCode).toBe(409)
    expect(response.json()).toMatchObject({
      code: 'already_exists',
      errors: [{ row: 1, field: 'id', reason: 'taken' }],
    })
    await other.close()
  })
})
