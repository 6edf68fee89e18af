import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCity, type City } from './city.ts'

let city: City
let directory: string

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hetao-pages-'))
  mkdirSync(join(directory, 'dist/assets'), { recursive: true })
  writeFileSync(join(directory, 'secret.txt'), 'beside the pages')
  writeFileSync(join(directory, 'dist/index.html'), '<!doctype html><title>hetao</title>')
  writeFileSync(join(directory, 'dist/.hidden'), 'hidden')
  writeFileSync(join(directory, 'dist/icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  writeFileSync(join(directory, 'dist/assets/app-1a2b3c.js'), 'export {}')
  city = await openCity(() => ({ pagesDirectory: join(directory, 'dist') }))
})
afterAll(async () => {
  await city.close()
  rmSync(directory, { recursive: true, force: true })
})

describe('the pages', () => {
  it.each(['/', '/ops/alerts', '/ops/devices/LH-L-1?from=1', '/ops', '/crew', '/lab'])(
    '%s give the shell, which is never kept',
    async (url) => {
      const response = await city.app.inject({ url })
      expect(response.statusCode).toBe(200)
      expect(response.body).toContain('<title>hetao</title>')
      expect(response.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'content-security-policy':
          "default-src 'self';script-src 'self';style-src 'self';img-src 'self' data: blob:;connect-src 'self';object-src 'none';base-uri 'none';form-action 'self';frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'permissions-policy': 'camera=(self), microphone=(), geolocation=(), payment=(), usb=()',
      })
      expect(response.headers['strict-transport-security']).toBeUndefined()
    },
  )

  it('bring hashed assets that may be kept for ever, and other files that may not', async () => {
    const script = await city.app.inject({ url: '/assets/app-1a2b3c.js' })
    expect(script.statusCode).toBe(200)
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(script.headers['content-type']).toMatch(/^(text|application)\/javascript/)
    const icon = await city.app.inject({ url: '/icon.svg' })
    expect(icon.headers['cache-control']).toBe('no-cache')
  })

  it.each([
    '/assets/none.js',
    '/assets/',
    '/assets/../index.html',
    '/assets/..%2findex.html',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets/app-1a2b3c.js%00.svg',
    '/.hidden',
    '/secret.txt',
    '/dist/index.html',
  ])('give nothing for %s', async (url) => {
    const response = await city.app.inject({ url })
    expect(response.statusCode).toBe(404)
    expect(response.body).not.toMatch(/beside the pages|hidden|doctype/)
  })
})
