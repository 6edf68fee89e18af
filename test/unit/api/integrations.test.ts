// /integrations, and what of a device's access the API changes and shows.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bearer, device, deviceEffect, latest, openCity, START, type City } from './city.ts'

let city: City

beforeEach(async () => {
  city = await openCity()
})
afterEach(() => city.close())

const call = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) =>
  city.app.inject({
    method,
    url: `/api/v1${url}`,
    headers: bearer,
    ...(payload === undefined ? {} : { payload }),
  })

const lora = { id: 'lora', name: '城北基站', format: 'chirpstack' }

describe('/integrations', () => {
  it('makes an account whose password is shown once', async () => {
    const made = await call('POST', '/integrations', lora)
    expect(made.statusCode).toBe(201)
    expect(made.headers['location']).toBe('/api/v1/integrations/lora')
    expect(made.json()).toEqual({
      id: 'lora',
      username: 'lora',
      password: expect.stringMatching(/^hti_[A-Za-z0-9_-]{32}$/),
    })
    const { password } = made.json()
    expect(city.logLines.join()).not.toContain(password)
    expect(JSON.stringify(city.submitted)).not.toContain(password)
    expect(city.submitted[0]).toMatchObject({
      by: 'admin',
      command: {
        kind: 'integration.create',
        integration: { ...lora, topics: ['application/#'] },
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    })
    for (const url of ['/integrations', '/integrations/lora']) {
      const shown = await call('GET', url)
      expect(shown.body).not.toMatch(/hti_|hash|credential/)
      expect(shown.body).toContain('application/#')
    }
    expect((await call('POST', '/integrations', lora)).json().code).toBe('already_exists')
  })

  it('makes a new password, at once or with an overlap', async () => {
    await call('POST', '/integrations', lora)
    const first = await call('POST', '/integrations/lora/credentials')
    expect(first.json()).toMatchObject({ id: 'lora', username: 'lora' })
    await call('POST', '/integrations/lora/credentials?overlapSeconds=60')
    expect(city.submitted.slice(1)).toMatchObject([
      { command: { kind: 'integration.credential', id: 'lora', previousUntil: null } },
      { command: { previousUntil: START + 60_000 } },
    ])
    expect((await call('POST', '/integrations/none/credentials')).statusCode).toBe(404)
  })

  it('shows how many devices name an account, and warns when it goes all the same', async () => {
    for (const id of ['lora', 'tts']) await call('POST', '/integrations', { ...lora, id })
    city.apply(['X-1', 'X-2'].map((id) => deviceEffect(device({ id, integration: 'lora' }))))
    const { items } = (await call('GET', '/integrations')).json()
    expect(items).toMatchObject([
      { id: 'lora', devices: 2 },
      { id: 'tts', devices: 0 },
    ])
    expect((await call('GET', '/integrations/lora')).json()).toMatchObject({ devices: 2 })
    expect((await call('DELETE', '/integrations/tts')).statusCode).toBe(204)
    expect(city.logLines.join()).not.toContain('devices name an account')
    expect((await call('DELETE', '/integrations/lora')).statusCode).toBe(204)
    const warning = city.logLines.find((line) => line.includes('devices name an account'))
    expect(JSON.parse(warning ?? '{}')).toMatchObject({ level: 40, account: 'lora', devices: 2 })
  })

  it('removes an account', async () => {
    await call('POST', '/integrations', lora)
    expect((await call('DELETE', '/integrations/lora')).statusCode).toBe(204)
    expect((await call('GET', '/integrations/lora')).statusCode).toBe(404)
    expect((await call('DELETE', '/integrations/lora')).statusCode).toBe(404)
  })

  it('turns its pages by id, also when accounts come and go meanwhile', async () => {
    for (const id of ['c1', 'a1', 'b1', 'd1']) await call('POST', '/integrations', { ...lora, id })
    const first = (await call('GET', '/integrations?limit=2')).json()
    expect(first.items.map(({ id }: { id: string }) => id)).toEqual(['a1', 'b1'])
    await call('DELETE', '/integrations/b1')
    const second = (await call('GET', `/integrations?limit=2&cursor=${first.cursor}`)).json()
    expect(second.items.map(({ id }: { id: string }) => id)).toEqual(['c1', 'd1'])
    expect(second.cursor).toBeNull()
    const other = (await call('GET', '/reference/components?limit=1')).json().cursor
    for (const wrong of ['x', '!', other])
      expect((await call('GET', `/integrations?cursor=${wrong}`)).json().code).toBe(
        'invalid_cursor',
      )
  })

  it.each<[string, object]>([
    ['an id in capitals', { ...lora, id: 'LORA' }],
    ['an id that is a wildcard', { ...lora, id: '#' }],
    ['no name', { ...lora, name: ' ' }],
    ['the canonical format', { ...lora, format: 'canonical' }],
    ['17 topics', { ...lora, topics: Array.from({ length: 17 }, (_, n) => `a/${n}`) }],
    ['a topic that is too long', { ...lora, topics: ['x'.repeat(257)] }],
    ['a hash of its own', { ...lora, hash: 'ab'.repeat(32) }],
    ['a time of its own', { ...lora, createdAt: 1 }],
    ['a list', [lora]],
  ])('refuses %s', async (_case, payload) => {
    expect((await call('POST', '/integrations', payload)).statusCode).toBe(400)
    expect(city.submitted).toEqual([])
  })
})

describe('the credentials of a device', () => {
  const url = '/devices/LH-L-00012/credentials'
  beforeEach(() => city.apply([deviceEffect(device())]))

  it('overlap for as long as was asked for', async () => {
    expect((await call('POST', `${url}?overlapSeconds=86400`)).statusCode).toBe(201)
    await call('POST', `${url}?overlapSeconds=0`)
    expect(city.submitted.map(({ kind, ...rest }) => [kind, rest])).toMatchObject([
      ['command', { command: { previousUntil: START + 86_400_000 } }],
      ['command', { command: { kind: 'device.credential' } }],
    ])
    expect(JSON.stringify(city.submitted[1])).not.toContain('previousUntil')
  })

  it.each(['-1', '86401', '1.5', '1e3', '', 'x', '100000', '1&overlapSeconds=2'])(
    'refuse an overlap of %j seconds',
    async (seconds) => {
      expect((await call('POST', `${url}?overlapSeconds=${seconds}`)).statusCode).toBe(400)
      expect(city.submitted).toEqual([])
    },
  )

  it('are revoked', async () => {
    expect((await call('DELETE', url)).statusCode).toBe(204)
    expect(city.submitted[0]).toMatchObject({
      command: { kind: 'device.revoke', id: 'LH-L-00012' },
    })
    expect((await call('GET', '/devices/LH-L-00012')).json()).toMatchObject({
      revoked: true,
      hasCredential: false,
    })
    expect((await call('DELETE', '/devices/none/credentials')).statusCode).toBe(404)
  })
})

describe('a device', () => {
  it('shows its names, its account, its access and its clock', async () => {
    const entry = device({ aliases: ['24E124AB'], integration: 'lora', codec: null })
    const previous = { hash: 'aa', until: START + 1000 }
    city.apply(
      [deviceEffect(entry, { credential: 'bb', previous })],
      [latest({ clock: { skewMs: -4200, at: START } })],
    )
    expect((await call('GET', '/devices/LH-L-00012')).json()).toMatchObject({
      aliases: ['24E124AB'],
      integration: 'lora',
      codec: null,
      hasCredential: true,
      previousCredentialUntil: '2026-11-01T22:30:01.000+08:00',
      revoked: false,
      clock: { skewMs: -4200, at: '2026-11-01T22:30:00.000+08:00' },
    })
    city.clock.set(START + 1000)
    expect((await call('GET', '/devices/LH-L-00012')).json()).toMatchObject({
      previousCredentialUntil: null,
    })
  })

  it('of an older state has no names, no account and no clock', async () => {
    city.apply([deviceEffect(device())], [latest()])
    expect((await call('GET', '/devices/LH-L-00012')).json()).toMatchObject({
      aliases: [],
      integration: null,
      codec: null,
      previousCredentialUntil: null,
      revoked: false,
      clock: null,
    })
  })

  it('is found by its account and by a piece of an alias', async () => {
    city.apply([
      deviceEffect(device({ aliases: ['24E124AB'], integration: 'lora' })),
      deviceEffect(device({ id: 'X-1' })),
    ])
    for (const query of ['integration=lora', 'q=e124'])
      expect(
        (await call('GET', `/devices?${query}`)).json().items.map(({ id }: { id: string }) => id),
      ).toEqual(['LH-L-00012'])
    expect((await call('GET', '/devices?integration=none')).json().items).toEqual([])
  })

  it('changes its names and its account', async () => {
    city.apply([deviceEffect(device())])
    const url = '/devices/LH-L-00012'
    const fields = { aliases: ['a', 'b'], integration: 'lora' }
    expect((await call('PATCH', url, fields)).json()).toMatchObject(fields)
    expect((await call('PATCH', url, { integration: null, aliases: [] })).json()).toMatchObject({
      integration: null,
      aliases: [],
    })
    for (const wrong of [
      { aliases: [''] },
      { aliases: ['a\nb'] },
      { aliases: [...'123456789'] },
      { aliases: ['x'.repeat(129)] },
      { aliases: 'a' },
      { integration: 'LORA' },
      { integration: 5 },
      { codec: '' },
      { revoked: false },
    ])
      expect((await call('PATCH', url, wrong)).statusCode, JSON.stringify(wrong)).toBe(400)
  })

  it('comes in a table with its names between bars', async () => {
    const table =
      'id,type,name,division,aliases,integration,codec\n' +
      'L-1,streetlight,一,150802,24E124AB | MN 1,lora,\nL-2,streetlight,二,150802,,,\n'
    const response = await city.app.inject({
      method: 'POST',
      url: '/api/v1/devices',
      headers: { ...bearer, 'content-type': 'text/csv' },
      payload: table,
    })
    expect(response.statusCode).toBe(201)
    expect((await call('GET', '/devices/L-1')).json()).toMatchObject({
      aliases: ['24E124AB', 'MN 1'],
      integration: 'lora',
      codec: null,
    })
    expect((await call('GET', '/devices/L-2')).json()).toMatchObject({ aliases: [] })
  })

  it('has every mistake in its new fields listed, among those of the others', async () => {
    city.apply([deviceEffect(device({ aliases: ['taken'] }))])
    const table = [
      'id,type,name,division,grid,aliases,integration,codec',
      'L-1,streetlight,一,150801,,,,',
      'L-2,streetlight,二,150802,15280100100101,,,',
      'L-3,streetlight,三,150802,,TAKEN,,',
      'L-4,streetlight,四,150802,,a|A,,',
      'L-5,streetlight,五,150802,,twice,Lora,',
      'L-6,streetlight,六,150802,,Twice,,em300',
      'L-7,streetlight,七,150802,,LH-L-00012||x,,',
    ].join('\n')
    const response = await city.app.inject({
      method: 'POST',
      url: '/api/v1/devices',
      headers: { ...bearer, 'content-type': 'text/csv' },
      payload: table,
    })
    expect(response.statusCode).toBe(400)
    const places = response
      .json()
      .errors.map(({ row, field }: { row: number; field: string }) => `${row} ${field}`)
    expect([...new Set(places)]).toEqual([
      '1 division',
      '2 grid',
      '3 aliases',
      '4 aliases',
      '5 integration',
      '6 codec',
      '6 aliases',
      '7 aliases',
    ])
    expect(city.submitted).toEqual([])
  })
})

describe('/types and /reference', () => {
  it('name the codecs of a type and where its limits come from', async () => {
    const [type] = (await call('GET', '/types')).json().items
    expect(type).toMatchObject({ codecs: [], rules: [{ standard: { status: 'proposal' } }] })
  })

  it('show the code tables in pages, by code', async () => {
    const divisions = (await call('GET', '/reference/divisions')).json()
    expect(divisions).toEqual({
      items: [
        { code: '150802', name: { zh: '临河区', en: 'Linhe' } },
        { code: '150821', name: { zh: '五原县', en: 'Wuyuan' } },
      ],
      cursor: null,
    })
    const first = (await call('GET', '/reference/components?limit=2')).json()
    expect(first.items).toEqual([{ code: '0102' }, { code: '0118' }])
    const rest = (await call('GET', `/reference/components?cursor=${first.cursor}`)).json()
    expect(rest).toEqual({ items: [{ code: '0120' }], cursor: null })
    expect((await call('GET', '/reference/secrets')).statusCode).toBe(404)
  })
})
