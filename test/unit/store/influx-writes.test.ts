// Writing to an InfluxDB against a small server that answers as the real ones do, in health and in every kind of trouble.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createManualClock, systemClock, type ManualClock } from '../../../src/clock.ts'
import { positionAt } from '../../../src/core/position.ts'
import { TelemetryUnavailable, WindowsRefused, type TelemetryStore } from '../../../src/ports.ts'
import {
  openInflux,
  type InfluxOptions,
  type RefusedReading,
} from '../../../src/store/influx/influx.ts'
import { contractTypes, cover, MINUTE, NOON, reading } from '../../contracts/telemetry-readings.ts'
import { startFakeInflux, type FakeFault, type FakeInflux } from './influx-fake.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

const at = positionAt
const closings: (() => Promise<void>)[] = []
let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>

beforeEach(async () => {
  directory = await makeTemporaryDirectory()
  closings.push(directory.remove)
})
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close()
})

interface Subject {
  readonly store: TelemetryStore
  readonly refused: RefusedReading[]
  readonly problems: string[]
}

function open(fake: FakeInflux, more: Partial<InfluxOptions> = {}): Subject {
  const refused: RefusedReading[] = []
  const problems: string[] = []
  const store = openInflux({
    url: fake.url,
    token: null,
    organisation: 'city',
    bucket: 'iot',
    types: contractTypes,
    file: `${directory.path}/influx.db`,
    clock: systemClock,
    refuse: async (items) => void refused.push(...items),
    onProblem: (message, detail) => void problems.push(`${message}: ${detail}`),
    ...more,
  })
  closings.push(() => store.close())
  return { store, refused, problems }
}

async function startFake(generation?: '1' | '2' | '3'): Promise<FakeInflux> {
  const fake = await startFakeInflux(generation)
  closings.push(() => fake.close())
  return fake
}

async function failure(write: Promise<void>): Promise<TelemetryUnavailable> {
  const error: unknown = await write.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof TelemetryUnavailable) return error
  throw new Error(`expected TelemetryUnavailable, got ${String(error)}`)
}

const lamps = (count: number, from = 1) =>
  Array.from({ length: count }, (_, n) => reading(from + n, NOON + (from + n) * 1000, { power: n }))
const writesOf = (fake: FakeInflux) => fake.requests.filter(({ path }) => path.includes('write'))

describe('openInflux()', () => {
  it.each([
    ['1', 'InfluxDB 1.6.7', '/write?db=iot&rp=autogen&precision=ms'],
    ['2', 'InfluxDB 2.7.10', '/api/v2/write?org=city&bucket=iot&precision=ms'],
    ['3', 'InfluxDB 3.1.0', '/api/v2/write?org=&bucket=iot&precision=ms'],
  ] as const)('writes to InfluxDB %s and knows it as %s', async (generation, server, path) => {
    const fake = await startFake(generation)
    const { store } = open(fake)
    await store.write(lamps(3), at(3), 0)
    expect(writesOf(fake).map((request) => request.path)).toEqual([path])
    expect(fake.lines()).toHaveLength(3)
    expect(store.counts()).toEqual({ stored: 3, duplicate: 0, revised: 0, refused: 0 })
    expect(store.state()).toMatchObject({ kind: 'influx', state: 'ready', detail: null, server })
  })

  it('makes database and policies of 1.x, buckets of 2.x, and only those that are missing', async () => {
    const first = await startFake('1')
    first.places.add('iot').add('iot/r1h')
    const second = await startFake('2')
    second.places.add('iot')
    for (const fake of [first, second]) {
      const { store } = open(fake, { file: `${directory.path}/${fake.url.slice(-5)}.db` })
      await store.write(lamps(1), at(1), 0)
      expect([...fake.places].toSorted()).toEqual(['iot', 'iot/r1d', 'iot/r1h', 'iot/r1m'])
    }
    const made = first.requests.map(({ body }) => new URLSearchParams(body).get('q') ?? '')
    expect(made.filter((q) => q.startsWith('CREATE'))).toHaveLength(2)
    expect(
      second.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('buckets')),
    ).toHaveLength(3)
  })

  it('finds the only organisation of 2.x when none is set', async () => {
    const fake = await startFake('2')
    const { store } = open(fake, { organisation: null })
    await store.write(lamps(1), at(1), 0)
    expect(writesOf(fake)[0]?.path).toContain('org=city')
  })

  it('makes the database again when somebody has dropped it', async () => {
    const fake = await startFake('1')
    const { store } = open(fake)
    await store.write(lamps(1), at(1), 0)
    fake.places.clear()
    await store.write(lamps(1, 2), at(2), 0)
    expect(fake.lines()).toHaveLength(2)
  })

  it('says that a bucket is missing which this token must not make', async () => {
    const fake = await startFake('2')
    fake.other = ({ method, path }) =>
      method === 'POST' && path === '/api/v2/buckets'
        ? { status: 403, body: '{"message":"insufficient permissions"}' }
        : null
    const { store } = open(fake)
    const { message } = await failure(store.write(lamps(1), at(1), 0))
    expect(message).toContain('must not make the bucket "iot"')
    expect(store.state()).toMatchObject({ state: 'missing', detail: message })
  })

  it('opens while the server is away, sees it when it comes up, and has lost nothing', async () => {
    const away = await startFake('1')
    await away.close()
    const clock = createManualClock(NOON)
    const { store } = open(away, { clock })
    const { message } = await failure(store.write(lamps(5), at(5), 0))
    expect(message).toContain('cannot be reached')
    expect(store.state()).toMatchObject({ state: 'unreachable', server: null, since: NOON })
    const fake = await startFakeInflux('1', Number(new URL(away.url).port))
    closings.push(() => fake.close())
    clock.set(NOON + 3_600_000)
    // In its turn: the store has looked by then.
    await store.write([], at(0), 0)
    expect(store.state()).toMatchObject({
      state: 'ready',
      since: NOON + 3_600_000,
      server: 'InfluxDB 1.6.7',
    })
    await store.write(lamps(5), at(5), 0)
    expect(store.counts()).toEqual({ stored: 5, duplicate: 0, revised: 0, refused: 0 })
  })

  it.each([
    ['2', 'Token abc-123-secret', 'abc-123-secret'],
    ['1', `Basic ${Buffer.from('bob:pass word').toString('base64')}`, 'bob:pass word'],
  ] as const)('signs in to %s and tells no secret', async (generation, authorization, token) => {
    const fake = await startFake(generation)
    fake.token = authorization
    const { store } = open(fake, { token })
    await store.write(lamps(1), at(1), 0)
    expect(fake.lines()).toHaveLength(1)
    fake.faults.push({ status: 401, body: `{"error":"unauthorized: ${token} ${authorization}"}` })
    const { message } = await failure(store.write(lamps(1, 2), at(2), 0))
    for (const text of [message, JSON.stringify(store.state())]) {
      expect(text).toContain('unauthorized')
      expect(text).not.toContain('secret')
      expect(text).not.toContain('pass word')
      expect(text).not.toContain(Buffer.from(token).toString('base64'))
    }
    expect(store.state().state).toBe('unauthorized')
  })

  it('leaves no half of a secret at the end of a long answer', async () => {
    const fake = await startFake('2')
    const token = 's3cret-'.repeat(12)
    fake.token = `Token ${token}`
    const { store } = open(fake, { token })
    await store.write(lamps(1), at(1), 0)
    for (const filler of [200, 230, 250, 270]) {
      fake.faults.push({ status: 500, body: `${'x'.repeat(filler)} ${token}` })
      const { message } = await failure(store.write(lamps(1, 2), at(2), 0))
      expect(message.length).toBeLessThanOrEqual(280)
      expect(message).not.toContain('s3')
    }
  })

  it.each(['', 'iot/raw', '_monitoring', 'a"b', "a'b", 'a\nb', ' iot', 'x'.repeat(65)])(
    'refuses the bucket name %j',
    (bucket) => {
      expect(() => open({ url: 'http://127.0.0.1:1' } as FakeInflux, { bucket })).toThrow(
        RangeError,
      )
    },
  )

  it.each(['', 'influx.example', 'ftp://influx.example', 'mqtt://127.0.0.1'])(
    'refuses the address %j',
    (url) => {
      expect(() => open({ url } as FakeInflux)).toThrow(RangeError)
    },
  )

  it('takes credentials out of the address', async () => {
    const fake = await startFake('1')
    fake.token = `Basic ${Buffer.from('bob:pass word').toString('base64')}`
    const { store } = open({ ...fake, url: fake.url.replace('//', '//bob:pass%20word@') })
    await store.write(lamps(1), at(1), 0)
    await fake.close()
    const { message } = await failure(store.write(lamps(1, 2), at(2), 0))
    expect(message).not.toMatch(/bob|pass/)
  })

  it('is unreachable to what is no InfluxDB, and says what it expected', async () => {
    const fake = await startFake('1')
    fake.other = ({ path }) => (path === '/ping' ? { status: 200, body: '<html>hello' } : null)
    const { store } = open(fake)
    const { message } = await failure(store.write(lamps(1), at(1), 0))
    expect(message).toContain('expected the version of an InfluxDB')
    expect(store.state().state).toBe('failing')
  })
})

describe('write()', () => {
  const json = (error: string) => JSON.stringify({ error })
  const faults: readonly (readonly [string, FakeFault, string, number | null])[] = [
    ['401', { status: 401, body: json('authorization failed') }, 'unauthorized', null],
    ['403', { status: 403, body: json('not allowed') }, 'unauthorized', null],
    ['408', { status: 408 }, 'slow', null],
    ['429 with seconds', { status: 429, headers: { 'retry-after': '30' } }, 'slow', 30_000],
    ['429 with too many', { status: 429, headers: { 'retry-after': '86400' } }, 'slow', 300_000],
    ['500', { status: 500, body: json('boom') }, 'failing', null],
    [
      '503 with a date',
      { status: 503, headers: { 'retry-after': new Date(NOON + 7000).toUTCString() } },
      'failing',
      7_000,
    ],
    ['503 with nonsense', { status: 503, headers: { 'retry-after': 'soon' } }, 'failing', null],
    ['a full disk', { status: 500, body: json('write /x: no space left on device') }, 'full', null],
    [
      'a full cache',
      { status: 500, body: json('engine: cache-max-memory-size exceeded: (1/1)') },
      'full',
      null,
    ],
    ['200', { status: 200, body: 'welcome' }, 'failing', null],
    ['302', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'failing', null],
    ['a lost request', 'lost', 'unreachable', null],
    ['a lost answer', 'kept', 'unreachable', null],
    ['half an answer', 'half', 'unreachable', null],
    ['garbage', 'garbage', 'unreachable', null],
    ['no answer', 'hang', 'slow', null],
  ]

  it.each(faults)(
    'waits after %s, and stores everything once then',
    async (_name, fault, state, waitMs) => {
      const fake = await startFake('1')
      const clock: ManualClock = createManualClock(NOON)
      fake.onHang = () => clock.set(clock.now() + 10_000)
      const { store, refused } = open(fake, { clock })
      fake.faults.push(fault)
      const readings = lamps(50)
      const error = await failure(store.write(readings, at(50), 0))
      expect(store.state()).toMatchObject({ state, detail: error.message })
      expect(error.retryAfterMs).toBe(waitMs)
      await store.write(readings, at(50), 0)
      expect(fake.lines()).toHaveLength(50)
      expect(refused).toEqual([])
      expect(store.counts()).toEqual({ stored: 50, duplicate: 0, revised: 0, refused: 0 })
      expect(store.state().state).toBe('ready')
    },
  )

  it.each([
    ['keeps the good lines (1.x)', 400, true],
    ['keeps none (3, or what 2.x cannot parse)', 400, false],
    ['keeps the good lines of a 422 (2.x)', 422, true],
    ['takes them as too large', 413, false],
    ['says 201 (a cluster)', 201, true],
  ])('refuses the bad lines one by one when the server %s', async (_name, status, keepsGood) => {
    const fake = await startFake('1')
    fake.refusalStatus = status
    fake.keepsGood = keepsGood
    fake.refuses = (line) => (/power=(7|23|24|199) /.test(line) ? 'field type conflict' : null)
    const { store, refused } = open(fake)
    await store.write(lamps(200), at(200), 0)
    expect(refused.map(({ reading: { values } }) => values[0])).toEqual([7, 23, 24, 199])
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(
      new Set([`InfluxDB answered ${status}: partial write: field type conflict dropped=0`]),
    )
    expect(fake.lines()).toHaveLength(196)
    expect(store.counts()).toEqual({ stored: 196, duplicate: 0, revised: 0, refused: 4 })
    await store.write(lamps(200), at(200), 0)
    expect(store.counts()).toEqual({ stored: 196, duplicate: 0, revised: 0, refused: 4 })
    expect(refused).toHaveLength(4)
  })

  it.each([
    ['{"code":"invalid","message":"unable to parse: bad"}', 'unable to parse: bad'],
    [
      '{"error":"partial write of line protocol occurred","data":[{"line_number":1,"error_message":"no such tag"}]}',
      'partial write of line protocol occurred: no such tag',
    ],
    ['<html><h1>413 Request\n Too Large</h1></html>', '413 Request Too Large'],
    ['', 'no reason given'],
    ['{"error":7}', '{"error":7}'],
  ])('hands the reason over that the server gives with %j', async (body, reason) => {
    const fake = await startFake('1')
    const { store, refused } = open(fake)
    fake.faults.push({ status: 400, body })
    await store.write(lamps(1), at(1), 0)
    expect(refused).toMatchObject([{ reason: `InfluxDB answered 400: ${reason}` }])
  })

  it('blames no line of a server that refuses everything', async () => {
    const fake = await startFake('1')
    const { store, refused } = open(fake)
    fake.refuses = () => 'precision is not supported'
    const { message } = await failure(store.write(lamps(40), at(40), 0))
    expect(message).toContain('refuses every line')
    expect(message).toContain('precision is not supported')
    expect(store.state()).toMatchObject({ state: 'failing', detail: message })
    expect(refused).toEqual([])
    fake.refuses = () => null
    await store.write(lamps(40), at(40), 0)
    expect(store.counts()).toEqual({ stored: 40, duplicate: 0, revised: 0, refused: 0 })
  })

  it('refuses a whole batch when the server takes others', async () => {
    const fake = await startFake('1')
    fake.refuses = (line) => (line.startsWith('streetlight') ? 'already exists as integer' : null)
    const { store, refused, problems } = open(fake)
    await store.write(lamps(210), at(210), 0)
    expect(refused).toHaveLength(210)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain('already exists as integer')
    expect(store.counts()).toEqual({ stored: 0, duplicate: 0, revised: 0, refused: 210 })
  })

  it('lets no position pass a refused reading that could not be handed over', async () => {
    const fake = await startFake('1')
    fake.refuses = (line) => (line.includes('power=3 ') ? 'bad' : null)
    let isFull = true
    const handed: RefusedReading[] = []
    const { store } = open(fake, {
      refuse: async (items) => {
        if (isFull) throw new Error('the journal is full')
        handed.push(...items)
      },
    })
    await expect(store.write(lamps(5), at(5), 0)).rejects.toThrow('the journal is full')
    isFull = false
    await store.write(lamps(5), at(5), 0)
    expect(handed).toHaveLength(1)
    expect(store.counts()).toEqual({ stored: 4, duplicate: 0, revised: 0, refused: 1 })
  })

  it('keeps what a batch has come to when the server fails in the middle of finding bad lines', async () => {
    const fake = await startFake('1')
    fake.refuses = (line) => (line.includes('power=3 ') ? 'bad' : null)
    const { store, refused } = open(fake)
    const readings = lamps(8)
    // 0-8 no, 0-4 no, 0-2 yes, 2-4 no, 2-3 yes, 3-4 no: refused; then the server fails.
    fake.faults.push(null, null, null, null, null, null, { status: 503 })
    await failure(store.write(readings, at(8), 0))
    expect(refused).toHaveLength(1)
    const before = writesOf(fake).length
    await store.write(readings, at(8), 0)
    expect(
      writesOf(fake)
        .slice(before)
        .flatMap(({ body }) => body.split('\n')),
    ).toHaveLength(4)
    expect(refused).toHaveLength(1)
    expect(store.counts()).toEqual({ stored: 7, duplicate: 0, revised: 0, refused: 1 })
  })

  it.each(['goes on', 'is opened again'])(
    'counts the row of a refused reading for the next one of its time, when it %s',
    async (then) => {
      const fake = await startFake('1')
      fake.refuses = (line) => (line.includes('power=3 ') ? 'bad' : null)
      const first = open(fake)
      const readings = [reading(1, NOON, { power: 3 }), reading(2, NOON, { lamp_on: 1 })]
      // Both no, the first one no, the probe yes; then the server fails.
      fake.faults.push(null, null, null, { status: 503 })
      await failure(first.store.write(readings, at(2), 0))
      expect(first.refused).toHaveLength(1)
      // What is under way counts as nothing yet.
      expect(first.store.counts()).toEqual({ stored: 0, duplicate: 0, revised: 0, refused: 0 })
      if (then !== 'goes on') await first.store.close()
      const { store } = then === 'goes on' ? first : open(fake)
      await store.write(readings, at(2), 0)
      expect(store.counts()).toEqual({ stored: 1, duplicate: 0, revised: 0, refused: 1 })
    },
  )

  it('sends nothing again that was in the database when it was closed', async () => {
    const fake = await startFake('1')
    const first = open(fake)
    await first.store.write(lamps(5), at(5), 0)
    await first.store.close()
    const { store } = open(fake)
    await store.write(lamps(6), at(6), 0)
    expect(writesOf(fake).map(({ body }) => body.split('\n').length)).toEqual([5, 1])
  })

  it('refuses by itself what line protocol cannot say', async () => {
    const fake = await startFake('1')
    const { store, refused } = open(fake)
    const bad = reading(2, NOON, { power: 1 }, { device: 'ends with \\' })
    await store.write([...lamps(1), bad], at(2), 0)
    expect(refused).toMatchObject([{ reading: { device: bad.device } }])
    expect(store.counts()).toEqual({ stored: 1, duplicate: 0, revised: 0, refused: 1 })
  })

  it('keeps the division of a row that it writes again, also when the first answer was lost', async () => {
    const fake = await startFake('1')
    const { store } = open(fake)
    await store.write([reading(1, NOON, { power: 1 })], at(1), 0)
    const moved = { division: '150821' }
    const second = [
      reading(2, NOON + MINUTE, { power: 2 }, moved),
      reading(3, NOON, { power: 3 }, moved),
    ]
    fake.faults.push('kept')
    await failure(store.write(second, at(3), 0))
    await store.close()
    const { store: again } = open(fake)
    await again.write(second, at(3), 0)
    expect([...fake.rows.values()].map(({ tags, ts, fields }) => [tags, ts, fields])).toEqual([
      [{ device: 'L1', division: '150802' }, NOON, { power: 3 }],
      [{ device: 'L1', division: '150821' }, NOON + MINUTE, { power: 2 }],
    ])
    expect(again.counts()).toEqual({ stored: 2, duplicate: 1, revised: 1, refused: 0 })
  })

  it('counts what an older database already holds as duplicates, without an old ledger', async () => {
    const fake = await startFake('1')
    const first = open(fake)
    await first.store.write(lamps(20), at(20), 0)
    const { store } = open(fake, { file: `${directory.path}/new.db` })
    await store.write(lamps(30), at(30), 0)
    expect(store.counts()).toEqual({ stored: 10, duplicate: 20, revised: 0, refused: 0 })
  })

  it('asks the database about nothing that is newer than all of its device', async () => {
    const fake = await startFake('1')
    const { store } = open(fake)
    await store.write(lamps(10), at(10), 0)
    const before = fake.requests.length
    await store.write(lamps(10, 11), at(20), 0)
    expect(fake.requests.slice(before).map(({ path }) => path.split('?')[0])).toEqual(['/write'])
  })

  it('sends at most so many lines and bytes at once, compressed, and halves what takes too long', async () => {
    const fake = await startFake('1')
    const clock = createManualClock(NOON)
    fake.onHang = () => clock.set(clock.now() + 10_000)
    const limits = { linesMax: 400, bytesMax: 12_000 }
    const { store } = open(fake, { clock, limits })
    await store.write(lamps(1_000), at(1_000), 0)
    const sent = writesOf(fake)
    expect(sent.every(({ body }) => body.length <= 12_000 && body.split('\n').length <= 400)).toBe(
      true,
    )
    expect(sent[0]?.headers['content-encoding']).toBe('gzip')
    fake.faults.push('hang')
    await failure(store.write(lamps(120, 1_001), at(1_120), 0))
    const before = writesOf(fake).length
    await store.write(lamps(120, 1_001), at(1_120), 0)
    expect(writesOf(fake)[before]?.body.split('\n')).toHaveLength(100)
    expect(store.counts().stored).toBe(1_120)
  })

  it('knows two types by one device name apart', async () => {
    const fake = await startFake('1')
    const { store } = open(fake)
    await store.write([reading(1, NOON, { power: 1 })], at(1), 0)
    await store.write([reading(2, NOON, { tilt: 1 }, { type: cover.id })], at(2), 0)
    expect(store.counts()).toMatchObject({ stored: 2, duplicate: 0 })
  })
})

describe('putWindows()', () => {
  const summary = { count: 1, min: 1, max: 1, sum: 1, first: 1, last: 1, gained: 0 }
  const summaries = Array.from({ length: 7 }, (_, n) => (n === 0 ? summary : null))
  const window = { device: 'L1', start: NOON, simulated: false, summaries }
  const refusal = (put: Promise<void>) =>
    put.then(
      () => [],
      (error: unknown) => {
        if (!(error instanceof WindowsRefused)) throw error
        return error.windows
      },
    )

  it('says which windows are refused, keeps the others, and says so in the state until they are taken', async () => {
    const fake = await startFake('1')
    const { store, problems } = open(fake)
    await store.write(lamps(1), at(1), 0)
    fake.refuses = (line) => (line.startsWith('streetlight_1m') ? 'field type conflict' : null)
    fake.keepsGood = false
    const first = { ...window, start: NOON + MINUTE }
    const second = { ...first, device: 'L2' }
    expect(await refusal(store.putWindows('1m', 'streetlight', [window]))).toEqual([window])
    const refused = await refusal(store.putWindows('1m', 'streetlight', [first, second]))
    expect(refused).toEqual([first, second])
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain('field type conflict')
    expect(store.state()).toMatchObject({
      state: 'ready',
      detail: expect.stringMatching(/refuses windows of streetlight_1m; .*field type conflict/),
    })
    fake.refuses = (line) => (line.includes('device=L2') ? 'max-values-per-tag' : null)
    expect(await refusal(store.putWindows('1m', 'streetlight', [first, second]))).toEqual([second])
    expect(fake.lines().filter((line) => line.includes('streetlight_1m'))).toHaveLength(1)
    fake.refuses = () => null
    await store.putWindows('1m', 'streetlight', [window])
    expect(store.state()).toMatchObject({ state: 'ready', detail: null })
    fake.faults.push({ status: 503 })
    await failure(store.putWindows('1m', 'streetlight', [window]))
  })

  it('asks little of a server that refuses a thousand windows', async () => {
    const fake = await startFake('1')
    const { store } = open(fake)
    fake.refuses = (line) => (line.startsWith('streetlight_1m') ? 'field type conflict' : null)
    const many = Array.from({ length: 1_000 }, (_, n) => ({ ...window, device: `L${n}` }))
    expect(await refusal(store.putWindows('1m', 'streetlight', many))).toHaveLength(1_000)
    expect(writesOf(fake).length).toBeLessThan(40)
  })

  it.each(['1', '2'] as const)(
    'makes the place of a level again that is gone, and tells the loss until it is settled: %s',
    async (generation) => {
      const fake = await startFake(generation)
      const first = open(fake)
      await first.store.write(lamps(1), at(1), 0)
      expect(first.store.lost?.()).toEqual([])
      fake.places.delete('iot/r1h')
      fake.places.delete('iot/r1m')
      await first.store.putWindows('1h', 'streetlight', [window])
      expect(first.store.lost?.()).toEqual(['1m', '1h'])
      await first.store.close()
      const second = open(fake)
      expect(second.store.lost?.()).toEqual(['1m', '1h'])
      second.store.settleLost?.(['1m'])
      expect(second.store.lost?.()).toEqual(['1h'])
      second.store.settleLost?.(['1h'])
      await second.store.close()
      expect(open(fake).store.lost?.()).toEqual([])
    },
  )

  it('knows of a loss also when the process ended while the place was made', async () => {
    const fake = await startFake('1')
    const first = open(fake)
    await first.store.write(lamps(1), at(1), 0)
    fake.places.delete('iot/r1d')
    fake.other = ({ body }) => {
      if (!body.includes('CREATE+RETENTION+POLICY')) return null
      fake.places.add('iot/r1d')
      return 'lost'
    }
    await failure(first.store.putWindows('1d', 'streetlight', [window]))
    expect(fake.places.has('iot/r1d')).toBe(true)
    await first.store.close()
    fake.other = () => null
    const second = open(fake)
    await second.store.write(lamps(1, 2), at(2), 0)
    expect(second.store.lost?.()).toEqual(['1d'])
  })
})

describe('state()', () => {
  it('is slow when writes take long, until one does not', async () => {
    const fake = await startFake('1')
    const clock = createManualClock(NOON)
    const { store } = open(fake, { clock })
    const states: string[] = []
    let position = 0
    for (const tookMs of [4_000, 4_000, 2_000, 4_000, 1_000, 4_000, 1_000, 2_000]) {
      fake.onWrite = () => clock.set(clock.now() + tookMs)
      await store.write(lamps(1, ++position), at(position), 0)
      states.push(store.state().state)
      if (position === 2) expect(store.state().detail).toContain('4.0 s')
    }
    const slowOnes = states.map((state) => state === 'slow')
    expect(slowOnes).toEqual([false, true, true, true, false, false, false, false])
  })
})

describe('close()', () => {
  it('ends a request that hangs within three seconds, and takes no more', async () => {
    const fake = await startFake('1')
    const clock = createManualClock(NOON)
    const waiting = Promise.withResolvers<void>()
    fake.onHang = () => waiting.resolve()
    const { store } = open(fake, { clock })
    fake.faults.push('hang')
    const write = failure(store.write(lamps(1), at(1), 0))
    await waiting.promise
    const closed = store.close()
    clock.set(NOON + 3_000)
    await closed
    expect((await write).message).toContain('ended by us')
    expect((await failure(store.write(lamps(1), at(1), 0))).message).toContain('closed')
  })
})
