import fastify from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ADMIN } from '../../../src/api/principal.ts'
import { limitRequests } from '../../../src/api/request-limits.ts'
import type { Server } from '../../../src/api/server.ts'

let app: Server

beforeEach(async () => {
  app = fastify()
  app.decorateRequest('principal', null)
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.headers.authorization !== undefined) request.principal = { ...ADMIN, session: null }
    done()
  })
  app.setErrorHandler((error, _request, reply) => reply.code(429).send({ ...(error as Error) }))
  await limitRequests(app, { read: 2, write: 1, ingest: 3 })
  for (const method of ['GET', 'POST'] as const)
    app.route({ method, url: '/it', config: { access: 'open' }, handler: () => 'done' })
  app.post('/api/v1/ingest', { config: { access: 'open' } }, () => 'done')
  app.get('/health/live', { config: { access: 'open', rateLimit: false } }, () => 'done')
})
afterEach(() => app.close())

/** How many of these calls, one right after the other, get through. */
async function passing(
  count: number,
  call: { method?: 'GET' | 'POST'; url?: string; headers?: Record<string, string>; from?: string },
): Promise<number> {
  const { method = 'GET', url = '/it', headers = {}, from = '10.0.0.1' } = call
  let passed = 0
  for (let round = 0; round < count; round++) {
    const answer = await app.inject({ method, url, headers, remoteAddress: from })
    if (answer.statusCode === 200) passed++
    else expect(answer.json()).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 1 })
  }
  return passed
}

describe('calls per second', () => {
  it('are counted apart for reads, writes and the ingest door', async () => {
    expect(await passing(4, {})).toBe(2)
    expect(await passing(4, { method: 'POST' })).toBe(1)
    expect(await passing(4, { method: 'POST', url: '/api/v1/ingest' })).toBe(3)
    expect(await passing(4, { url: '/health/live' })).toBe(4)
  })

  it('are counted per address, and per name for whoever is known', async () => {
    expect(await passing(4, {})).toBe(2)
    expect(await passing(4, { from: '10.0.0.2' })).toBe(2)
    const headers = { authorization: 'Bearer x' }
    expect(await passing(4, { headers })).toBe(2)
    expect(await passing(4, { headers, from: '10.0.0.3' })).toBe(0)
  })
})
