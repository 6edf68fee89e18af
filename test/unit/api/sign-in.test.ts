import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSessions } from '../../../src/api/sessions.ts'
import { createManualClock } from '../../../src/clock.ts'
import { bearer, openCity, SIGN_IN_KEY, START, TOKEN, type City } from './city.ts'

const HOUR_MS = 3_600_000
const origin = 'http://localhost:80'

let city: City

beforeEach(async () => {
  city = await openCity()
})
afterEach(() => city.close())

async function signIn(token = TOKEN) {
  return city.app.inject({ method: 'POST', url: '/api/v1/session', payload: { token } })
}

async function cookieOf(): Promise<string> {
  const header = String((await signIn()).headers['set-cookie'])
  return header.split(';', 1)[0] ?? ''
}

const me = (cookie: string) => city.app.inject({ url: '/api/v1/me', headers: { cookie } })

describe('sign-in', () => {
  it('with the token sets a strict, http-only cookie that opens the API', async () => {
    const response = await signIn()
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual({
      name: 'admin',
      role: 'admin',
      mode: 'serve',
      timeZone: 'Asia/Shanghai',
    })
    expect(response.headers['set-cookie']).toMatch(
      /^hetao=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    )
    expect((await me(await cookieOf())).json()).toMatchObject({ name: 'admin', role: 'admin' })
  })

  it('behind https sets a secure host cookie', async () => {
    const other = await openCity(() => ({ publicUrl: 'https://hetao.example.cn' }))
    const response = await other.app.inject({
      method: 'POST',
      url: '/api/v1/session',
      payload: { token: TOKEN },
    })
    expect(response.headers['set-cookie']).toMatch(
      /^__Host-hetao=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
    expect(response.headers['strict-transport-security']).toBe('max-age=31536000')
    await other.close()
  })

  it('with a wrong token, or a name and a password, is refused', async () => {
    expect((await signIn('wrong')).json().code).toBe('invalid_credentials')
    const payload = { username: 'admin', password: 'admin' }
    for (let round = 0; round < 30; round++) {
      const response = await city.app.inject({ method: 'POST', url: '/api/v1/session', payload })
      expect(response.statusCode).toBe(401)
      expect(response.headers['set-cookie']).toBeUndefined()
    }
  })

  it('is impossible while no token is set', async () => {
    const other = await openCity(() => ({ adminToken: null, signInKey: null }))
    for (const key of ['null', SIGN_IN_KEY])
      expect((await other.app.inject({ url: `/signin?key=${key}` })).statusCode).toBe(401)
    const response = await other.app.inject({ url: '/api/v1/me', headers: bearer })
    expect(response.statusCode).toBe(401)
    await other.close()
  })

  it('through the link works once', async () => {
    const url = `/signin?key=${SIGN_IN_KEY}`
    expect((await city.app.inject({ method: 'HEAD', url })).statusCode).toBe(405)
    const first = await city.app.inject({ url })
    expect(first.statusCode).toBe(303)
    expect(first.headers['location']).toBe('/ops/alerts')
    expect(first.headers['set-cookie']).toMatch(/^hetao=/)
    const second = await city.app.inject({ url })
    expect(second.statusCode).toBe(401)
    expect(second.headers['set-cookie']).toBeUndefined()
    expect(city.logLines.join()).not.toContain(SIGN_IN_KEY)
  })

  it('with wrong tokens is slowed down per address; a right one always enters', async () => {
    const attempt = (address: string, token: string) =>
      city.app.inject({
        url: '/api/v1/me',
        remoteAddress: address,
        headers: { authorization: `Bearer ${token}` },
      })
    for (let round = 0; round < 5; round++)
      expect((await attempt('10.0.0.1', `wrong-${round}`)).statusCode).toBe(401)
    const slowed = await attempt('10.0.0.1', 'wrong-5')
    expect(slowed.statusCode).toBe(429)
    expect(slowed.headers['retry-after']).toBe('180')
    expect(slowed.json().code).toBe('too_many_attempts')
    expect((await attempt('10.0.0.2', 'wrong')).statusCode).toBe(401)
    expect((await attempt('10.0.0.1', TOKEN)).statusCode).toBe(200)
    city.clock.set(START + 180_000)
    expect((await attempt('10.0.0.1', 'wrong')).statusCode).toBe(401)
    expect((await attempt('10.0.0.1', 'wrong')).statusCode).toBe(429)
    expect(city.logLines.filter((line) => line.includes('too many wrong'))).toHaveLength(2)
    expect(city.logLines.join()).not.toContain('wrong-5')
  })
})

describe('a session', () => {
  it('ends with sign-out', async () => {
    const cookie = await cookieOf()
    const out = await city.app.inject({
      method: 'DELETE',
      url: '/api/v1/session',
      headers: { cookie, origin },
    })
    expect(out.statusCode).toBe(204)
    expect(out.headers['set-cookie']).toMatch(/^hetao=; .*Expires=Thu, 01 Jan 1970/)
    expect((await me(cookie)).statusCode).toBe(401)
  })

  it('ends with a new sign-in from the same browser', async () => {
    const cookie = await cookieOf()
    await city.app.inject({
      method: 'POST',
      url: '/api/v1/session',
      headers: { cookie },
      payload: { token: TOKEN },
    })
    expect((await me(cookie)).statusCode).toBe(401)
  })

  it('runs out after 8 idle hours, use extends it, 7 days are the end', async () => {
    const idle = await cookieOf()
    const used = await cookieOf()
    for (let hour = 7; hour < 7 * 24; hour += 7) {
      city.clock.set(START + hour * HOUR_MS)
      expect((await me(used)).statusCode, `${hour} h`).toBe(200)
    }
    expect((await me(idle)).statusCode).toBe(401)
    city.clock.set(START + 7 * 24 * HOUR_MS)
    expect((await me(used)).statusCode).toBe(401)
  })

  it('is not opened by an invented or damaged cookie', async () => {
    const cookie = await cookieOf()
    for (const bad of [
      'hetao=',
      'hetao=x',
      `${cookie}x`,
      cookie.slice(0, -1),
      'hetao=%00',
      'hetao',
    ])
      expect((await me(bad)).statusCode, bad).toBe(401)
  })

  it('writes only from its own origin', async () => {
    const cookie = await cookieOf()
    const ack = (headers: Record<string, string>) =>
      city.app.inject({
        method: 'POST',
        url: '/api/v1/alerts/ack',
        headers: { cookie, ...headers },
        payload: { ids: ['x'] },
      })
    const foreign = [
      {},
      { origin: 'null' },
      { origin: 'http://evil.example' },
      { origin: 'http://localhost:81' },
      { origin: 'https://localhost:80' },
      { origin, 'sec-fetch-site': 'cross-site' },
      { origin, 'sec-fetch-site': 'same-site' },
    ]
    for (const headers of foreign) {
      const response = await ack(headers)
      expect(response.statusCode, JSON.stringify(headers)).toBe(403)
      expect(response.json().code).toBe('cross_origin')
    }
    expect(city.submitted).toEqual([])
    expect((await ack({ origin })).statusCode).toBe(404)
    expect((await ack({ origin, 'sec-fetch-site': 'same-origin' })).statusCode).toBe(404)
  })

  it('is not begun by another page', async () => {
    const response = await city.app.inject({
      method: 'POST',
      url: '/api/v1/session',
      headers: { origin: 'http://evil.example' },
      payload: { token: TOKEN },
    })
    expect(response.statusCode).toBe(403)
  })

  it('makes room when there are too many, and never repeats a reference', () => {
    const clock = createManualClock(START)
    const sessions = createSessions({ clock, isHttps: false, sessionsMax: 3 })
    const owner = { name: 'admin', role: 'admin' } as const
    const references = Array.from({ length: 4 }, () => sessions.start(owner))
    expect(new Set(references).size).toBe(4)
    expect(sessions.count).toBe(3)
    expect(sessions.find(references[0])).toBeNull()
    expect(sessions.find(references[3])?.owner).toEqual(owner)
  })
})

describe('the Host header', () => {
  it.each([
    ['localhost', 200],
    ['LOCALHOST:8080', 200],
    ['127.0.0.1:8080', 200],
    ['[::1]:8080', 200],
    ['hetao.example.cn', 200],
    ['evil.example', 421],
    ['localhost.evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['localhost:80@evil.example', 421],
    ['10.9.8.7', 421],
    ['local host', 421],
  ])('%s is answered with %i', async (host, status) => {
    const other = await openCity(() => ({ publicUrl: 'http://hetao.example.cn' }))
    const ask = (url: string) => other.app.inject({ url, headers: { ...bearer, host } })
    expect((await ask('/api/v1/me')).statusCode).toBe(status)
    expect((await ask('/nowhere')).statusCode).toBe(status === 200 ? 404 : 421)
    expect((await ask('/health/live')).statusCode).toBe(200)
    await other.close()
  })

  it('may be the address the API listens on', async () => {
    const { port } = await city.api.listen({ host: '127.0.0.1', port: 0 })
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/me`, { headers: bearer })
    expect(response.status).toBe(200)
  })
})
