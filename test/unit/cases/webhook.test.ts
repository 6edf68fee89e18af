// The webhook adapter against servers that behave in every way the contract names, and some worse.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { createManualClock, systemClock, type ManualClock } from '../../../src/clock.ts'
import { createWebhook } from '../../../src/cases/webhook.ts'
import type { FileOutcome } from '../../../src/ports.ts'
import { webhookProblem } from '../../../simulators/case-system/standard-webhook.ts'
import { reportOf, START } from './support.ts'

const SECRET = 'outbound-secret-of-tests'
const closers: (() => Promise<void>)[] = []

interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

type Answer = (response: ServerResponse, url: string) => void

async function serve(answer: Answer): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      received.push({ method, url, headers, body: Buffer.concat(chunks) })
      answer(response, url ?? '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  })
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/file`,
    received,
  }
}

function respond(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(status, headers).end(body)
}

function file(url: string, clock: ManualClock | typeof systemClock = systemClock) {
  const webhook = createWebhook({ url, secret: SECRET, clock })
  return webhook.file('t-1', reportOf('t-1'), new AbortController().signal)
}

async function fileWith(answer: Answer): Promise<FileOutcome> {
  const { url } = await serve(answer)
  return file(url, createManualClock(START))
}

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

describe('createWebhook()', () => {
  it('posts the case fields, signed, under the ticket as the idempotency key', async () => {
    const { url, received } = await serve(respond(200, '{"caseNo":"1"}'))
    const clock = createManualClock(START + 999)
    await file(url, clock)
    expect(clock.nextDue()).toBeNull()
    clock.set(START + 60_000)
    await file(url, clock)
    const [first, second] = received
    expect(first).toMatchObject({ method: 'POST', url: '/file' })
    expect(first?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': 't-1',
      'webhook-id': 't-1',
      'webhook-timestamp': String(START / 1000),
    })
    const body = first?.body ?? Buffer.alloc(0)
    expect(webhookProblem(SECRET, first?.headers ?? {}, START, body)).toBeNull()
    expect(JSON.parse(body.toString('utf8'))).toEqual(reportOf('t-1'))
    expect(second?.body).toEqual(body)
    expect(second?.headers['webhook-timestamp']).toBe(String(START / 1000 + 60))
  })

  it('sends the same bytes whatever the order of the fields, and no field beyond them', async () => {
    const { url, received } = await serve(respond(200, '{"caseNo":"1"}'))
    const turned = Object.fromEntries(Object.entries(reportOf('t-1')).reverse())
    const report = { ...reportOf('t-1'), ...turned, phone: '13800000000' }
    const webhook = createWebhook({ url, secret: SECRET, clock: systemClock })
    await webhook.file('t-1', reportOf('t-1'), new AbortController().signal)
    await webhook.file('t-1', report, new AbortController().signal)
    expect(received[1]?.body).toEqual(received[0]?.body)
  })

  it.each([
    [200, '{"caseNo":"BYNE-1"}', 'BYNE-1'],
    [201, '{"caseNo":" 案 1 ","more":[]}', '案 1'],
    [202, '{"caseNo":202611010001}', '202611010001'],
    [409, '{"caseNo":"1"}', '1'],
    [200, `{"caseNo":"${'9'.repeat(100)}"}`, '9'.repeat(100)],
  ])('takes %i %s as filed', async (status, body, caseNo) => {
    expect(await fileWith(respond(status, body))).toEqual({ kind: 'accepted', caseNo })
  })

  it.each([
    [200, ''],
    [200, 'ok'],
    [200, '{}'],
    [204, ''],
    [200, '{"caseNo":""}'],
    [200, '{"caseNo":null}'],
    [200, '{"caseNo":["1"]}'],
    [200, '{"caseNo":20261101000001234567}'],
    [200, '{"caseNo":1.5}'],
    [200, '{"caseNo":"a\\u0000b"}'],
    [200, `{"caseNo":"${'9'.repeat(101)}"}`],
  ])('wants another try after %i %s, and says that the caseNo is missing', async (status, body) => {
    const outcome = await fileWith(respond(status, body))
    expect(outcome).toMatchObject({ kind: 'retry', retryAfterMs: null })
    expect(outcome.kind === 'retry' && outcome.error).toContain(`${status} without a usable caseNo`)
  })

  it.each([
    ['7', 7_000],
    [new Date(START + 90_000).toUTCString(), 90_000],
    [new Date(START - 90_000).toUTCString(), 0],
    ['soon', null],
  ])('reads Retry-After %s', async (header, retryAfterMs) => {
    const outcome = await fileWith(respond(429, '', { 'retry-after': header }))
    expect(outcome).toEqual({ kind: 'retry', error: 'answered 429', retryAfterMs })
  })

  it.each([301, 302, 303, 307, 308])('does not follow a %i', async (status) => {
    const { url, received } = await serve((response, path) =>
      path === '/file'
        ? response.writeHead(status, { location: '/trap' }).end()
        : response.writeHead(200).end('{"caseNo":"1"}'),
    )
    const outcome = await file(url)
    expect(outcome).toMatchObject({ kind: 'retry' })
    expect(outcome.kind === 'retry' && outcome.error).toMatch(/redirect, which is not followed/)
    expect(received.map((request) => request.url)).toEqual(['/file'])
  })

  it.each([200, 409])('cuts an endless answer %i off', async (status) => {
    const outcome = await fileWith((response) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(16_384)));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    })
    expect(outcome).toMatchObject({ kind: 'retry' })
    expect(outcome.kind === 'retry' && outcome.error).toMatch(/more than 65536 bytes/)
  })

  it.each([400, 401, 404, 408, 409, 410, 422])('takes %i as a refusal for good', async (status) => {
    const outcome = await fileWith(respond(status, '{"error":"no such grid"}'))
    expect(outcome).toEqual({
      kind: 'rejected',
      error: `answered ${status}: {"error":"no such grid"}`,
    })
  })

  it('keeps at most 1 KiB of a refusal, without control characters', async () => {
    const outcome = await fileWith(respond(400, `a\u0000\u001B[31m\u202Eb\n${'案'.repeat(50_000)}`))
    const error = outcome.kind === 'rejected' ? outcome.error : ''
    expect(error).toMatch(/^answered 400: a \[31m b 案+$/)
    expect(Buffer.byteLength(error)).toBeLessThanOrEqual(1024 + 'answered 400: '.length)
    expect(Buffer.byteLength(error)).toBeGreaterThan(1000)
  })

  it.each([
    ['no answer comes', () => {}],
    ['an answer does not end', (response: ServerResponse) => response.writeHead(200).write('{')],
  ])('gives up after the time-out of its clock when %s', async (_, answer) => {
    const clock = createManualClock(START)
    const arrived = Promise.withResolvers<void>()
    const { url } = await serve((response) => {
      answer(response)
      arrived.resolve()
    })
    const pending = file(url, clock)
    await arrived.promise
    clock.set(START + 10_000)
    expect(await pending).toEqual({
      kind: 'retry',
      error: 'no answer within 10000 ms',
      retryAfterMs: null,
    })
    expect(clock.nextDue()).toBeNull()
  })

  it('tells a network error with its cause', async () => {
    const { url } = await serve((response) => response.socket?.resetAndDestroy())
    const outcome = await file(url)
    expect(outcome.kind === 'retry' && outcome.error).toMatch(/^network error: .*(RESET|closed)/i)
    await closers.splice(0)[0]?.()
    const refused = await file(url)
    expect(refused.kind === 'retry' && refused.error).toMatch(/^network error: .*ECONNREFUSED/)
  })

  it.each([
    'ftp://127.0.0.1/',
    'no address',
    'http://user:pass@127.0.0.1/',
    'http://169.254.169.254/latest',
    'http://[fe80::1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://0xa9fea9fe/',
  ])('is not made for %s, and does not repeat it', (url) => {
    expect(() => createWebhook({ url, secret: SECRET, clock: systemClock })).toThrow(RangeError)
    expect(() => createWebhook({ url, secret: SECRET, clock: systemClock })).not.toThrow(
      /user:pass/,
    )
  })
})
