// The reading side of the InfluxDB store against servers that answer in their own ways: errors in good answers, cut and slow
// ones, missing databases, and what the generations do differently.

import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { TelemetryUnavailable, type ReadingRow } from '../../../src/ports.ts'
import { NOON, rowQuery } from '../../contracts/telemetry-readings.ts'
import {
  all,
  chunk,
  nothing,
  openReading,
  type Answer,
  type Reading,
  type ReadingOptions,
} from './influx-read-setup.ts'

const opened: Reading[] = []
afterEach(async () => {
  for (const reading of opened.splice(0)) await reading.close()
})

async function open(answer: Answer, options?: ReadingOptions): Promise<Reading> {
  const reading = await openReading(answer, options)
  opened.push(reading)
  return reading
}

const columns = ['time', 'power', 'simulated']
const of = (device: string, ...values: (readonly unknown[])[]) => ({
  tags: { device },
  columns,
  values,
})
/** One statement's worth: from noon on, of a device that is named. */
const shortQuery = rowQuery({ devices: ['L1'], from: NOON, to: NOON + 1000 })

describe('InfluxQL answers', () => {
  it('are read piece by piece, over pieces cut anywhere', async () => {
    const text =
      chunk([of('L1', [NOON, 1.5, null], [NOON + 1, null, null])], true) +
      chunk([of('L1', [NOON + 2, -2e21, 1]), of('中 文', [NOON, 0, null])])
    const bytes = Buffer.from(text)
    for (const size of [1, 7, 64, bytes.length]) {
      const { rows } = await open(async (_asked, response) => {
        for (let at = 0; at < bytes.length; at += size)
          if (!response.write(bytes.subarray(at, at + size))) await once(response, 'drain')
        response.end()
      })
      expect(await all(rows.readings(shortQuery))).toEqual([
        { device: 'L1', ts: NOON, simulated: false, values: [1.5] },
        { device: 'L1', ts: NOON + 2, simulated: true, values: [-2e21] },
        { device: '中 文', ts: NOON, simulated: false, values: [0] },
      ])
    }
  })

  it('give a moment once where two series hold it, also over the end of a piece', async () => {
    const { rows } = await open((_asked, response) => {
      response.write(chunk([of('L1', [NOON, 1, null])], true))
      response.write(chunk([of('L1', [NOON, 2, 1], [NOON + 1, 3, null])], true))
      response.end(chunk([of('L1', [NOON + 1, null, null]), of('L2', [NOON + 1, 4, null])]))
    })
    expect(await all(rows.readings(shortQuery))).toEqual([
      { device: 'L1', ts: NOON, simulated: true, values: [2] },
      { device: 'L1', ts: NOON + 1, simulated: false, values: [3] },
      { device: 'L2', ts: NOON + 1, simulated: false, values: [4] },
    ])
  })

  it('take what is no number for no value, and a row without a device for none', async () => {
    const { rows } = await open((_asked, response) => {
      const odd = of('L1', [NOON, 'text', null], [NOON + 1, true, null], [NOON + 2, 5, null])
      response.end(chunk([of('', [NOON, 9, null]), odd]))
    })
    expect(await all(rows.readings(shortQuery))).toEqual([
      { device: 'L1', ts: NOON + 2, simulated: false, values: [5] },
    ])
  })

  it.each([
    ['an error of the whole answer', '{"error":"engine is closed"}\n', /engine is closed/],
    ['an error of the statement', '{"results":[{"error":"shard 7 gone"}]}\n', /shard 7 gone/],
    [
      'an error beside good rows',
      `{"results":[{"series":[${JSON.stringify(of('L1', [NOON, 1, null]))}]},{"error":"not executed"}]}\n`,
      /not executed/,
    ],
    ['a page of a proxy', '<html>welcome</html>', /damaged.*expected JSON.*welcome/],
    ['half a document', '{"results":[{"series":[', /damaged/],
    ['another kind of document', '[1, 2]\n', /damaged.*object/],
    ['nothing', '', /damaged.*end/],
    ['an end that says there is more', chunk([of('L1', [NOON, 1, null])], true), /damaged.*more/],
  ])('with status 200 fail for %s', async (_what, text, message) => {
    const { rows } = await open((_asked, response) => void response.end(text))
    const reading = all(rows.readings(shortQuery))
    await expect(reading).rejects.toThrow(TelemetryUnavailable)
    await expect(reading).rejects.toThrow(message)
  })

  it.each([
    ['an error', (response: ServerResponse) => response.end('{"error":"read: bad block"}\n')],
    ['a cut connection', (response: ServerResponse) => response.destroy()],
  ])('fail for %s after good rows, which were handed on', async (_what, endOf) => {
    const { rows } = await open((_asked, response) => {
      const values = Array.from({ length: 5_000 }, (_, n) => [NOON + n, n, null])
      response.write(chunk([of('L1', ...values)], true), () => endOf(response))
    })
    const seen: ReadingRow[] = []
    const reading = (async () => {
      for await (const batch of rows.readings(shortQuery)) seen.push(...batch)
    })()
    await expect(reading).rejects.toThrow(TelemetryUnavailable)
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.length).toBeLessThan(5_000)
  })

  it('that do not come in time fail, and say so', async () => {
    const clock = createManualClock(NOON)
    let arrived = (): void => {}
    const isAsked = new Promise<void>((done) => {
      arrived = done
    })
    const { rows } = await open(() => arrived(), { clock, requestTimeoutMs: 5_000 })
    const reading = all(rows.readings(shortQuery))
    await isAsked
    clock.set(NOON + 5_000)
    await expect(reading).rejects.toMatchObject({
      state: 'slow',
      message: expect.stringContaining('5000 ms'),
    })
  })

  it('have all the time that their reader takes', async () => {
    const clock = createManualClock(NOON)
    const values = Array.from({ length: 9_000 }, (_, n) => [NOON + n, n, null])
    const { rows } = await open(
      (_asked, response) => void response.end(chunk([of('L1', ...values)])),
      {
        clock,
      },
    )
    let count = 0
    for await (const batch of rows.readings(shortQuery)) {
      count += batch.length
      clock.set(clock.now() + 3_600_000)
    }
    expect(count).toBe(9_000)
  })

  it('end when nobody wants more of them', async () => {
    let closed = (): void => {}
    const isClosed = new Promise<void>((done) => {
      closed = done
    })
    let sent = 0
    const { rows } = await open(async (_asked, response) => {
      response.once('close', closed)
      // Far more than all buffers on the way hold: it ends only when the reader hangs up.
      for (let n = 0; !response.destroyed && n < 100_000; n++) {
        sent++
        const values = Array.from({ length: 500 }, (_, row) => [NOON + n * 500 + row, row, null])
        if (!response.write(chunk([of('L1', ...values)], true)))
          await Promise.race([once(response, 'drain'), isClosed])
      }
    })
    for await (const batch of rows.readings(shortQuery)) {
      expect(batch.length).toBeLessThanOrEqual(5_000)
      break
    }
    await isClosed
    expect(sent).toBeLessThan(100_000)
  })
})

describe('reading from InfluxDB', () => {
  it.each([401, 403, 429, 500, 503])('says that it cannot be done after a %d', async (status) => {
    const token = 'very-secret-token'
    const { rows } = await open(
      (asked, response) =>
        void response
          .writeHead(status, { 'retry-after': '7' })
          .end(JSON.stringify({ error: `no, not with ${String(asked.headers.authorization)}` })),
      { token, version: 'v2.7.10' },
    )
    const error: unknown = await all(rows.readings(shortQuery)).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(TelemetryUnavailable)
    expect(error).toMatchObject({ retryAfterMs: 7_000 })
    expect(String(error)).toContain(String(status))
    expect(String(error)).not.toContain(token)
  })

  it('makes a missing database and asks again, once', async () => {
    const missing = '{"results":[{"statement_id":0,"error":"database not found: iot"}]}\n'
    const { rows, asked, provided } = await open((_asked, response) => {
      response.end(asked.length === 1 ? missing : chunk([of('L1', [NOON, 1, null])]))
    })
    expect(await all(rows.readings(shortQuery))).toHaveLength(1)
    expect(provided()).toBe(1)

    const gone = await open((_asked, response) => void response.end(missing))
    await expect(all(gone.rows.readings(shortQuery))).rejects.toMatchObject({ state: 'missing' })
    expect([gone.asked.length, gone.provided()]).toEqual([2, 1])
  })

  it('tells a mistake of ours from trouble of the server', async () => {
    const { influxQl } = await open(
      (_asked, response) =>
        void response.writeHead(400).end('{"error":"error parsing query: found EOF"}'),
    )
    const error: unknown = await influxQl.ask('SELECT').catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(TelemetryUnavailable)
  })

  it('asks 1.x with Basic and 2.x with Token, by names that both know', async () => {
    for (const [version, token, authorization] of [
      ['1.6.7~rc0', 'user:password', 'Basic dXNlcjpwYXNzd29yZA=='],
      ['v2.7.10', 'a-token', 'Token a-token'],
    ] as const) {
      const { rows, points, asked } = await open((_asked, response) => void response.end(nothing), {
        version,
        token,
      })
      await all(rows.readings(shortQuery))
      await all(points.windows('1h', { ...shortQuery, metrics: ['power'] }))
      expect(asked.map(({ statement }) => statement)).toEqual([
        `SELECT "power", "simulated" FROM "iot"."autogen"."streetlight" WHERE time >= ${NOON}ms AND time < ${NOON + 1000}ms AND ("device" = 'L1') GROUP BY "device"`,
        `SELECT "power_count", "power_min", "power_max", "power_sum", "power_last", "simulated" FROM "iot"."r1h"."streetlight_1h" WHERE time >= ${NOON}ms AND time < ${NOON + 1000}ms AND ("device" = 'L1') GROUP BY "device"`,
      ])
      for (const one of asked) {
        expect(one).toMatchObject({ method: 'POST', path: '/query', headers: { authorization } })
        expect(Object.fromEntries(one.parameters)).toMatchObject({ epoch: 'ms', chunked: 'true' })
      }
    }
  })

  it('asks 3 in the address, takes tags as columns, and nothing for no rows', async () => {
    const answers = [
      `${JSON.stringify({
        results: [
          {
            statement_id: 0,
            series: [
              {
                name: 'streetlight',
                columns: ['time', 'device', 'power', 'simulated'],
                values: [
                  [NOON, 'L1', 1, null],
                  [NOON, 'L2', 2, 1],
                ],
              },
            ],
          },
        ],
      })}\r\n`,
      '',
    ]
    const { rows, asked } = await open((_asked, response) => void response.end(answers.shift()), {
      version: '3.4.0',
      token: 'apiv3_x',
    })
    expect(await all(rows.readings(shortQuery))).toEqual([
      { device: 'L1', ts: NOON, simulated: false, values: [1] },
      { device: 'L2', ts: NOON, simulated: true, values: [2] },
    ])
    expect(await all(rows.readings(shortQuery))).toEqual([])
    expect(asked[0]).toMatchObject({ method: 'GET', body: '' })
    expect(asked[0]?.headers.authorization).toBe('Token apiv3_x')
    expect(asked[0]?.parameters.has('db')).toBe(false)
    expect(asked[0]?.statement).toContain('"iot"."autogen"."streetlight"')
  })

  it('has no rows of 3 where the database comes with its first line', async () => {
    const { rows, provided } = await open(
      (_asked, response) => void response.writeHead(404).end('{"error":"database not found: iot"}'),
      { version: '3.4.0' },
    )
    expect(await all(rows.readings(shortQuery))).toEqual([])
    expect(provided()).toBe(0)
  })

  it('asks for many devices a hundred at a time, each once, and not for impossible names', async () => {
    const { rows, asked } = await open((_asked, response) => void response.end(nothing))
    const devices = Array.from({ length: 250 }, (_, n) => `L${n % 230}`)
    await all(rows.readings({ ...shortQuery, devices: [...devices, '', 'a\rb', '\uD800'] }))
    const named = asked.map(({ statement }) => [...statement.matchAll(/"device" = '/g)].length)
    expect(named).toEqual([100, 100, 30])
    await all(rows.readings({ ...shortQuery, devices: ['', '\0'] }))
    expect(asked).toHaveLength(3)
  })

  it('asks for spans that the server can count', async () => {
    const { rows, asked } = await open((_asked, response) => void response.end(nothing))
    await all(
      rows.readings({
        ...shortQuery,
        from: Number.NEGATIVE_INFINITY,
        to: Number.POSITIVE_INFINITY,
      }),
    )
    const bounds = asked.flatMap(({ statement }) =>
      [...statement.matchAll(/time [<>]=? (-?\d+)ms/g)].map(([, ms]) => Number(ms)),
    )
    expect(bounds[0]).toBe(-9_223_372_036_000)
    expect(bounds.at(-1)).toBe(9_223_372_036_000)
    for (let at = 1; at + 1 < bounds.length; at += 2) expect(bounds[at]).toBe(bounds[at + 1])
  })
})
