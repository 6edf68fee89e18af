import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, openCity, TOKEN, type City } from './city.ts'

const golden = join(import.meta.dirname, '../../golden/api-routes.txt')
let city: City

beforeAll(async () => {
  city = await openCity()
})
afterAll(() => city.close())

interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
}

async function documentedCalls(): Promise<Call[]> {
  const response = await city.app.inject({ url: '/openapi.json', headers: bearer })
  const paths: Record<string, Record<string, unknown>> = response.json().paths
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase() as Call['method'],
      path,
    })),
  )
}

describe('the routes', () => {
  it('are those of the golden list', async () => {
    const calls = await documentedCalls()
    const list = `${calls
      .map(({ method, path }) => `${method} ${path}`)
      .sort()
      .join('\n')}\n`
    if (process.env['GOLDEN'] === 'write') writeFileSync(golden, list)
    expect(list).toBe(readFileSync(golden, 'utf8'))
  })

  it('need a credential, but for health, sign-in and signed events', async () => {
    const open = new Set(['GET /health/live', 'GET /health/ready', 'POST /api/v1/session'])
    const calls = await documentedCalls()
    expect(calls.length).toBeGreaterThan(30)
    for (const { method, path } of calls) {
      const url = path.replaceAll(/\{\w+\}/g, 'x')
      const response = await city.app.inject({ method, url })
      if (open.has(`${method} ${path}`)) expect(response.statusCode, url).not.toBe(401)
      else {
        expect(response.statusCode, `${method} ${url}`).toBe(401)
        expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8')
      }
    }
  })

  it('do not take a token from the address', async () => {
    const response = await city.app.inject({ url: `/api/v1/devices?token=${TOKEN}` })
    expect(response.statusCode).toBe(401)
  })

  it('answer HEAD with the access of GET', async () => {
    expect((await city.app.inject({ method: 'HEAD', url: '/api/v1/devices' })).statusCode).toBe(401)
    const allowed = await city.app.inject({
      method: 'HEAD',
      url: '/api/v1/devices',
      headers: bearer,
    })
    expect(allowed.statusCode).toBe(200)
    expect(allowed.body).toBe('')
  })

  it('say which methods exist', async () => {
    const response = await city.app.inject({
      method: 'PUT',
      url: '/api/v1/devices/x',
      headers: bearer,
    })
    expect(response.statusCode).toBe(405)
    expect(response.headers['allow']).toBe('DELETE, GET, HEAD, PATCH')
    expect(response.json()).toMatchObject({ code: 'method_not_allowed', status: 405 })
  })
})
