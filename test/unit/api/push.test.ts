// The doors of platforms that push: who may enter, and that nothing else is an error.

import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bearer, ONENET_TOKEN, openCity, START, TOKEN, type City } from './city.ts'

let city: City
const passwords: Record<string, string> = {}

beforeEach(async () => {
  city = await openCity()
  for (const id of ['ctwing', 'onenet']) passwords[id] = await account(id, id)
})
afterEach(() => city.close())

async function account(id: string, format: string): Promise<string> {
  const made = await city.app.inject({
    method: 'POST',
    url: '/api/v1/integrations',
    headers: bearer,
    payload: { id, name: id, format },
  })
  expect(made.statusCode).toBe(201)
  return made.json().password
}

const json = { 'content-type': 'application/json' }
const bearing = (id: string) => ({ authorization: `Bearer ${passwords[id] ?? ''}` })
const basic = (id: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`,
})

function push(door: string, headers: Record<string, string>, payload: string | Buffer = '{}') {
  return city.app.inject({ method: 'POST', url: `/api/v1/ingest/${door}`, headers, payload })
}

describe('a push', () => {
  it.each(['ctwing', 'onenet'])('of %s enters with the password, as it came', async (door) => {
    const body = '{"deviceId":"40edca19","payload":{"APPdata":"AQ=="}}'
    const response = await push(door, { ...json, ...bearing(door) }, body)
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual({ code: 0 })
    expect(city.pushed).toEqual([{ format: door, payload: body, by: `@${door}` }])
  })

  it('enters with name and password', async () => {
    const password = passwords['ctwing'] ?? ''
    expect((await push('ctwing', { ...json, ...basic('ctwing', password) })).statusCode).toBe(200)
    expect(city.pushed[0]?.by).toBe('@ctwing')
    expect((await push('ctwing', { ...json, ...basic('onenet', password) })).statusCode).toBe(401)
    expect((await push('ctwing', { ...json, ...basic('', password) })).statusCode).toBe(401)
  })

  it('of a person with the role carries their name', async () => {
    expect((await push('ctwing', { ...json, ...bearer })).statusCode).toBe(200)
    expect(city.pushed[0]?.by).toBe('admin')
  })

  it.each<[string, Record<string, string>, string | Buffer]>([
    ['no JSON', json, '{"deviceId":'],
    ['nothing', json, ''],
    ['a prototype key', json, '{"__proto__":{"x":1}}'],
    ['10,000 nested arrays', json, '['.repeat(10_000)],
    ['bytes that are no UTF-8', json, Buffer.from([0xff, 0x00])],
    ['another charset', { 'content-type': 'application/json;charset=GBK' }, '{}'],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'a=1'],
    ['plain text', { 'content-type': 'text/plain' }, '{}'],
    ['no content type', {}, Buffer.from('{}')],
    ['64 KiB', json, 'x'.repeat(64 * 1024)],
  ])('of %s is taken, to be judged later', async (_case, headers, body) => {
    const response = await push('ctwing', { ...headers, ...bearing('ctwing') }, body)
    expect(response.json()).toEqual({ code: 0 })
    expect(response.statusCode).toBe(200)
    expect(city.pushed.map(({ payload }) => payload)).toEqual([
      Buffer.from(body).toString('latin1'),
    ])
  })

  it('of more than 64 KiB is refused', async () => {
    const response = await push('ctwing', { ...json, ...bearing('ctwing') }, 'x'.repeat(65_537))
    expect(response.statusCode).toBe(413)
    expect(city.pushed).toEqual([])
  })

  it('is answered with Retry-After while the journal is full or the commit unknown', async () => {
    const outcomes = [
      { kind: 'refused', reason: 'full' },
      { kind: 'unknown', cause: 'disk' },
    ] as const
    for (const outcome of outcomes) {
      const full = await openCity(() => ({ push: async () => outcome }))
      const response = await full.app.inject({
        method: 'POST',
        url: '/api/v1/ingest/ctwing',
        headers: { ...json, ...bearer },
        payload: '{}',
      })
      expect(response.statusCode).toBe(503)
      expect(response.headers['retry-after']).toBe('2')
      await full.close()
    }
  })

  it.each<[string, Record<string, string>]>([
    ['no credential', {}],
    ['a made-up password', { authorization: `Bearer hti_${'x'.repeat(32)}` }],
    ['a password without its mark', { authorization: 'Bearer x' }],
    ['half a pair', { authorization: `Basic ${Buffer.from('ctwing').toString('base64')}` }],
    ['no base64', { authorization: 'Basic !!!' }],
    ['another scheme', { authorization: `Digest ${TOKEN}` }],
  ])('with %s is refused', async (_case, headers) => {
    const response = await push('ctwing', { ...json, ...headers })
    expect(response.statusCode).toBe(401)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(city.pushed).toEqual([])
  })

  it('with wrong passwords is slowed down, while a right one still enters', async () => {
    const wrong = { ...json, ...basic('ctwing', 'wrong') }
    for (let attempt = 0; attempt < 5; attempt++)
      expect((await push('ctwing', wrong)).statusCode).toBe(401)
    expect((await push('ctwing', wrong)).statusCode).toBe(429)
    expect((await push('ctwing', { ...json, ...bearing('ctwing') })).statusCode).toBe(200)
  })

  it('with a token in the address is refused', async () => {
    const response = await city.app.inject({
      method: 'POST',
      url: `/api/v1/ingest/ctwing?token=${passwords['ctwing']}`,
      headers: json,
      payload: '{}',
    })
    expect(response.statusCode).toBe(401)
  })

  it('enters with the password before until its time, and not after the account is gone', async () => {
    const rotate = await city.app.inject({
      method: 'POST',
      url: '/api/v1/integrations/ctwing/credentials?overlapSeconds=2',
      headers: bearer,
    })
    const fresh = { authorization: `Bearer ${rotate.json().password}` }
    expect((await push('ctwing', bearing('ctwing'))).statusCode).toBe(200)
    expect((await push('ctwing', fresh)).statusCode).toBe(200)
    city.clock.set(START + 2000)
    expect((await push('ctwing', bearing('ctwing'))).statusCode).toBe(401)
    expect((await push('ctwing', fresh)).statusCode).toBe(200)
    await city.app.inject({
      method: 'DELETE',
      url: '/api/v1/integrations/ctwing',
      headers: bearer,
    })
    expect((await push('ctwing', fresh)).statusCode).toBe(401)
  })
})

describe('an account', () => {
  it.each([
    ['GET', '/devices'],
    ['GET', '/types'],
    ['GET', '/me'],
    ['GET', '/integrations'],
    ['POST', '/integrations'],
    ['POST', '/ingest'],
    ['POST', '/ingest/onenet'],
    ['GET', '/ingest/onenet?msg=x'],
    ['POST', '/devices/x/credentials'],
    ['GET', '/stream'],
  ] as const)('may not %s %s', async (method, url) => {
    const response = await city.app.inject({
      method,
      url: `/api/v1${url}`,
      headers: { ...bearing('ctwing'), ...(method === 'POST' ? json : {}) },
      ...(method === 'POST' ? { payload: '{}' } : {}),
    })
    expect(response.statusCode).toBe(403)
    expect(response.json().code).toBe('forbidden')
  })

  it('of a format that comes over MQTT may use no door here', async () => {
    passwords['lora'] = await account('lora', 'chirpstack')
    for (const door of ['ctwing', 'onenet'])
      expect((await push(door, { ...json, ...bearing('lora') })).statusCode).toBe(403)
    const canonical = await city.app.inject({
      method: 'POST',
      url: '/api/v1/ingest',
      headers: { ...json, ...bearing('lora') },
      payload: '{"device":"X","m":{}}',
    })
    expect(canonical.statusCode).toBe(403)
    expect(city.pushed).toEqual([])
  })
})

describe("OneNET's check of the address", () => {
  const check = (query: string, headers: Record<string, string> = bearing('onenet')) =>
    city.app.inject({ url: `/api/v1/ingest/onenet?${query}`, headers })

  it('gets its message back as text', async () => {
    const msg = '<script>alert(1)</script> 一'
    const response = await check(`msg=${encodeURIComponent(msg)}&nonce=a1&signature=b%3D%3D`)
    expect(response.statusCode).toBe(200)
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(response.headers['x-content-type-options']).toBe('nosniff')
    expect(response.body).toBe(msg)
    expect(city.pushed).toEqual([])
  })

  it('needs a message of the expected length, and a credential', async () => {
    expect((await check('nonce=1')).statusCode).toBe(400)
    expect((await check(`msg=${'x'.repeat(1001)}`)).statusCode).toBe(400)
    expect((await check('msg=a&msg=b')).statusCode).toBe(400)
    expect((await check('msg=a', {})).statusCode).toBe(401)
  })

  it('is not made of CTWing', async () => {
    for (const method of ['GET', 'HEAD'] as const) {
      const response = await city.app.inject({ method, url: '/api/v1/ingest/ctwing' })
      expect(response.statusCode).toBe(405)
      expect(response.headers['allow']).toBe('POST')
    }
  })
})

describe('a signed push of OneNET', () => {
  const signature = (msg: string, nonce: string, token = ONENET_TOKEN) =>
    createHash('md5').update(token).update(nonce).update(msg).digest('base64')
  const msg = '{"messageType":"notify","deviceName":"d1"}'
  const signed = { msg, nonce: 'abc', signature: signature(msg, 'abc'), time: 1, id: 'x' }

  it('enters without a credential, on behalf of its account', async () => {
    const body = JSON.stringify(signed)
    const response = await push('onenet/onenet', json, body)
    expect(response.statusCode).toBe(200)
    expect(city.pushed).toEqual([{ format: 'onenet', payload: body, by: '@onenet' }])
  })

  it.each<[string, string, object, number]>([
    ['another message', 'onenet', { ...signed, msg: `${msg} ` }, 401],
    ['another nonce', 'onenet', { ...signed, nonce: 'abd' }, 401],
    ['another token', 'onenet', { ...signed, signature: signature(msg, 'abc', 'other') }, 401],
    ['no signature', 'onenet', { msg, nonce: 'abc' }, 401],
    ['a message that is no text', 'onenet', { ...signed, msg: {} }, 401],
    ['an account nobody has made', 'nobody', signed, 404],
    ['an account of another format', 'ctwing', signed, 404],
  ])('with %s stays outside', async (_case, id, body, status) => {
    expect((await push(`onenet/${id}`, json, JSON.stringify(body))).statusCode).toBe(status)
    expect(city.pushed).toEqual([])
  })

  it('is no way in for who has a credential and no signature', async () => {
    expect((await push('onenet/onenet', { ...json, ...bearer }, '{}')).statusCode).toBe(401)
  })

  it('gets its address checked', async () => {
    const query = new URLSearchParams({ msg, nonce: 'abc', signature: signature(msg, 'abc') })
    const url = `/api/v1/ingest/onenet/onenet?${query.toString()}`
    const response = await city.app.inject({ method: 'GET', url })
    expect(response.body).toBe(msg)
    expect(response.headers['content-type']).toMatch(/^text\/plain/)
    query.set('msg', 'other')
    const wrong = await city.app.inject({
      method: 'GET',
      url: `/api/v1/ingest/onenet/onenet?${query.toString()}`,
    })
    expect(wrong.statusCode).toBe(401)
  })
})
