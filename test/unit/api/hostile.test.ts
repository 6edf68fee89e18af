import { once } from 'node:events'
import { connect } from 'node:net'
import type { InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problems } from '../../../src/api/errors.ts'
import { bearer, device, deviceEffect, openCity, TOKEN, type City } from './city.ts'

let city: City
let port: number

beforeAll(async () => {
  city = await openCity()
  city.apply([deviceEffect(device())])
  const address = await city.api.listen({ host: '127.0.0.1', port: 0 })
  port = address.port
})
afterAll(() => city.close())

const json = { ...bearer, 'content-type': 'application/json' }
const get = (url: string): InjectOptions => ({ url, headers: bearer })
const post = (url: string, payload: string, headers: Record<string, string> = json) =>
  ({ method: 'POST', url: `/api/v1${url}`, headers, payload }) as const satisfies InjectOptions
const typed = (type: string) =>
  post('/alerts/ack', '{"ids":["x"]}', { ...bearer, 'content-type': type })
const device1 = '{"id":"X","type":"streetlight","name":"x","division":"150802"'

const cases: readonly (readonly [name: string, request: InjectOptions, status: number])[] = [
  ['a limit of zero', get('/api/v1/alerts?limit=0'), 400],
  ['a limit beyond the most', get('/api/v1/alerts?limit=1001'), 400],
  ['a negative limit', get('/api/v1/alerts?limit=-1'), 400],
  ['a limit with a fraction', get('/api/v1/alerts?limit=1.5'), 400],
  ['a limit in powers', get('/api/v1/alerts?limit=1e2'), 400],
  ['a limit that is empty', get('/api/v1/alerts?limit='), 400],
  ['a limit given twice', get('/api/v1/alerts?limit=1&limit=9999'), 400],
  ['a state that is none', get('/api/v1/alerts?state=open'), 400],
  ['a state given twice', get('/api/v1/alerts?state=all&state=all'), 400],
  ['a severity that is none', get('/api/v1/alerts?severity=P1,P9'), 400],
  ['an empty severity', get('/api/v1/alerts?severity='), 400],
  ['a query nobody knows', get('/api/v1/alerts?colour=red'), 400],
  ['a query where none is taken', get('/api/v1/me?x=1'), 400],
  ['a prototype in the query', get('/api/v1/alerts?__proto__=x'), 400],
  ['a constructor in the query', get('/api/v1/alerts?constructor[prototype]=x'), 400],
  ['an array in the query', get('/api/v1/alerts?limit[]=1'), 400],
  ['a delivery that is none', get('/api/v1/tickets?delivery=lost'), 400],
  ['a very long search', get(`/api/v1/devices?q=${'x'.repeat(300)}`), 400],
  [
    'a search that would be a costly regex',
    get(`/api/v1/devices?q=${'(a%2B)%2B$'.repeat(10)}`),
    200,
  ],
  [
    'a quote in the search',
    get(`/api/v1/devices?q=${encodeURIComponent(`'"; DROP TABLE devices;--`)}`),
    200,
  ],
  ['a percent sign in the search', get('/api/v1/devices?q=%25'), 200],
  ['a NUL in the search', get('/api/v1/devices?q=%00'), 200],
  ['a limit of zero where the list is in memory', get('/api/v1/integrations?limit=0'), 400],
  ['a limit given twice for strangers', get('/api/v1/strangers?limit=1&limit=2'), 400],
  ['a cursor that is none, for strangers', get('/api/v1/strangers?cursor=%00'), 400],
  [
    'a cursor with a prototype',
    get(
      `/api/v1/strangers?cursor=${Buffer.from('{"__proto__":{"x":1},"stored":null,"at":null,"count":0}').toString('base64url')}`,
    ),
    400,
  ],
  [
    'a cursor of large numbers',
    get(
      `/api/v1/strangers?cursor=${Buffer.from('{"stored":"x","at":1e999,"count":-1}').toString('base64url')}`,
    ),
    400,
  ],
  ['a filter of strangers', get('/api/v1/strangers?name=x'), 400],
  ['a prototype as account', get('/api/v1/integrations/__proto__'), 404],
  ['a path as account', get('/api/v1/integrations/..%2fx'), 404],
  ['a prototype as code table', get('/api/v1/reference/__proto__'), 404],
  [
    'a quote in the account of a list',
    get(`/api/v1/devices?integration=${encodeURIComponent(`' OR 1=1`)}`),
    200,
  ],
  ['an overlap of days', post('/devices/LH-L-00012/credentials?overlapSeconds=99999', ''), 400],
  ['an account that is a list', post('/integrations', '[]'), 400],
  ['an account with a prototype key', post('/integrations', '{"__proto__":{"id":"x"}}'), 400],
  [
    'an account with ten thousand topics',
    post(
      '/integrations',
      JSON.stringify({ id: 'ab', name: 'x', format: 'tts', topics: Array(10_000).fill('a') }),
    ),
    400,
  ],
  ['aliases of aliases', post('/devices', `${device1},"aliases":[["x"]]}`), 400],
  ['a prototype among the aliases', post('/devices', `${device1},"aliases":{"__proto__":1}}`), 400],
  ['an unknown id', get('/api/v1/devices/nobody'), 404],
  ['a quote in the id', get(`/api/v1/devices/${encodeURIComponent(`' OR 1=1 --`)}`), 404],
  ['a NUL in the id', get('/api/v1/devices/a%00b'), 404],
  ['a path in the id', get('/api/v1/devices/..%2f..%2fetc%2fpasswd'), 404],
  ['dots in the path', get('/api/v1/../../etc/passwd'), 404],
  ['a backslash in the path', get('/assets/..%5c..%5cpackage.json'), 404],
  ['overlong UTF-8 in the path', get('/assets/%c0%ae%c0%ae/x'), 400],
  ['a broken escape in the path', get('/api/v1/devices/%zz'), 400],
  ['a very long id', get(`/api/v1/devices/${'x'.repeat(301)}`), 404],
  ['a prototype as id', get('/api/v1/types/__proto__'), 404],
  ['a constructor as metric', get('/api/v1/devices/LH-L-00012/telemetry?metric=constructor'), 400],
  ['a very long address', get(`/api/v1/devices?q=${'x'.repeat(9000)}`), 414],
  ['an address that is nothing', get('/api/v2/devices'), 404],
  ['an address with other case', get('/API/v1/devices'), 404],
  ['an address with a slash more', get('/api/v1/devices/'), 404],
  ['an unknown method', { method: 'PUT', url: '/api/v1/alerts', headers: bearer }, 405],
  [
    'a preflight',
    { method: 'OPTIONS', url: '/api/v1/alerts', headers: { origin: 'http://evil' } },
    405,
  ],
  ['no JSON', post('/alerts/ack', '{ids:'), 400],
  ['an empty body', post('/alerts/ack', ''), 400],
  ['JSON null', post('/alerts/ack', 'null'), 400],
  ['a JSON number', post('/alerts/ack', '1e999'), 400],
  ['a JSON array', post('/alerts/ack', '[]'), 400],
  ['two JSON values', post('/alerts/ack', '{"ids":["x"]}{"ids":["x"]}'), 400],
  ['a prototype key', post('/alerts/ack', '{"__proto__":{"ids":["x"]}}'), 400],
  ['an escaped prototype key', post('/alerts/ack', '{"\\u005f_proto__":{"ids":["x"]}}'), 400],
  ['a deep prototype key', post('/devices', `${device1},"rated":{"__proto__":{"x":1}}}`), 400],
  ['a constructor key', post('/devices', `${device1},"constructor":{"prototype":{"x":1}}}`), 400],
  ['a prototype key at the door', post('/ingest', '{"device":"X","m":{"__proto__":{"x":1}}}'), 400],
  ['10,000 nested arrays', post('/alerts/ack', '['.repeat(10_000) + ']'.repeat(10_000)), 400],
  [
    '10,000 nested arrays at the door',
    post('/ingest', `{"device":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
    400,
  ],
  ['a body of wrong types', post('/alerts/ack', '{"ids":"x"}'), 400],
  ['ids of wrong types', post('/alerts/ack', '{"ids":[1,null,{}]}'), 400],
  ['no ids', post('/alerts/ack', '{"ids":[]}'), 400],
  [
    'too many ids',
    post('/alerts/ack', JSON.stringify({ ids: Array.from({ length: 1001 }, String) })),
    400,
  ],
  ['an unknown field', post('/alerts/ack', '{"ids":["x"],"by":"mayor"}'), 400],
  [
    'a very long comment',
    post('/alerts/x/comment', JSON.stringify({ text: 'x'.repeat(2001) })),
    400,
  ],
  ['a body that is too large', post('/alerts/ack', `{"ids":["${'x'.repeat(2 ** 20)}"]}`), 413],
  ['a rated value without end', post('/devices', `${device1},"rated":{"power":1e999}}`), 400],
  [
    'a device with a name of control characters',
    post('/devices', `${device1.replace('"x"', '"a\\u202eb"')}}`),
    400,
  ],
  [
    'a sign-in with a field more',
    post('/session', '{"token":"x","role":"admin"}', { 'content-type': 'application/json' }),
    400,
  ],
  [
    'a sign-in with a number',
    post('/session', '{"token":5}', { 'content-type': 'application/json' }),
    400,
  ],
  ['a content type with a tab', typed('application/json\ta'), 415],
  ['a content type with a parameter', typed('application/json; x=1'), 415],
  ['another charset', typed('application/json; charset=latin1'), 415],
  ['plain text', typed('text/plain'), 415],
  ['a form', typed('application/x-www-form-urlencoded'), 415],
  ['JSON by another name', typed('application/problem+json'), 415],
  ['two content types', typed('application/json, text/plain'), 415],
  ['a table where JSON belongs', typed('text/csv'), 415],
  ['an empty content type', typed(''), 415],
  [
    'another scheme',
    { url: '/api/v1/me', headers: { authorization: 'Basic YWRtaW46YWRtaW4=' } },
    401,
  ],
  ['an empty token', { url: '/api/v1/me', headers: { authorization: 'Bearer ' } }, 401],
  [
    'two tokens',
    { url: '/api/v1/me', headers: { authorization: `Bearer ${TOKEN} ${TOKEN}` } },
    401,
  ],
  ['the content type of the contract', typed('application/json; charset=UTF-8'), 404],
]

/** What the server says to these bytes before it hangs up. */
async function answerTo(text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString()
  })
  socket.write(text)
  await once(socket, 'close')
  return answer
}

describe('a hostile request', () => {
  it.each(cases)('with %s', async (_name, request, status) => {
    const response = await city.app.inject(request)
    expect(response.statusCode).toBe(status)
    for (const header of ['server', 'x-powered-by', 'access-control-allow-origin'])
      expect(response.headers[header]).toBeUndefined()
    if (status < 400) return
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    expect(response.headers['cache-control']).toBe('no-store')
    const problem = response.json()
    expect(problem).toMatchObject({ status, requestId: expect.any(String) })
    expect(Object.keys(problems)).toContain(problem.code)
    expect(response.body).not.toMatch(/node_modules|SQLITE|\.ts:|FST_ERR/)
    expect(city.submitted.every(({ by }) => by === 'admin')).toBe(true)
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
  })

  it('without a content type', async () => {
    const response = await city.app.inject({
      method: 'POST',
      url: '/api/v1/alerts/ack',
      headers: { ...bearer, 'content-type': undefined },
      payload: Buffer.from('{"ids":["x"]}'),
    })
    expect(response.statusCode).toBe(415)
  })

  it('with bytes that are no UTF-8', async () => {
    for (const url of ['/api/v1/ingest', '/api/v1/alerts/ack']) {
      const payload = Buffer.concat([
        Buffer.from('{"device":"'),
        Buffer.from([0xff]),
        Buffer.from('"}'),
      ])
      const response = await city.app.inject({ method: 'POST', url, headers: json, payload })
      expect(response.statusCode).toBe(400)
    }
  })

  it('that is not HTTP, or has too large a header, is answered and cut off', async () => {
    expect(await answerTo('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*"code":"bad_request"/s)
    const header = `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`
    expect(await answerTo(header)).toMatch(/^HTTP\/1.1 431 .*"code":"headers_too_large"/s)
  })
})
