import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { alert, bearer, latest, openCity, START, ticket, TOKEN, type City } from './city.ts'
import { readEvents, type EventReader } from './event-reader.ts'

let city: City
let base: string
let readers: EventReader[]

beforeEach(async () => {
  city = await openCity()
  const { port } = await city.api.listen({ host: '127.0.0.1', port: 0 })
  base = `http://127.0.0.1:${port}`
  readers = []
})
afterEach(async () => {
  for (const reader of readers) reader.close()
  await city.close()
})

async function open(query = '', headers: Record<string, string> = bearer): Promise<EventReader> {
  const reader = await readEvents(`${base}/api/v1/stream${query}`, headers)
  readers.push(reader)
  return reader
}

function flush(): void {
  city.clock.set(city.clock.now() + 100)
}

/** The server sees a client's end when its socket closes; the next of these answers comes behind it. */
async function untilStreams(count: number): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(`${base}/metrics`, { headers: bearer })).text()
    if (metrics.includes(`hetao_http_streams ${count}\n`)) return
  }
}

describe('the event stream', () => {
  it('greets, then sends what changes, in order, under rising ids', async () => {
    const stream = await open()
    expect(stream.response.status).toBe(200)
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(stream.response.headers.get('cache-control')).toBe('no-store, no-transform')
    expect(stream.response.headers.get('x-content-type-options')).toBe('nosniff')
    const hello = await stream.next()
    expect(hello).toMatchObject({
      event: 'hello',
      body: { serverTime: '2026-11-01T22:30:00.000+08:00', seq: 0, ringFrom: 1, build: 'unknown' },
    })
    const epoch = hello?.body['epoch']
    city.announce({
      alerts: [alert()],
      tickets: [ticket()],
      readings: [latest()],
      presence: [{ device: 'LH-L-00012', state: 'offline', at: START }],
    })
    flush()
    expect(await stream.next()).toMatchObject({
      id: `${String(epoch)}.1`,
      event: 'batch',
      body: {
        at: '2026-11-01T22:30:00.000+08:00',
        alerts: [
          { op: 'up', id: 'A.LH-L-00012.LEAKAGE.1', since: '2026-11-01T22:28:00.000+08:00' },
        ],
        tickets: [{ op: 'up', id: 'T.LH-L-00012.LEAKAGE.1', delivery: { state: 'queued' } }],
        readings: [{ device: 'LH-L-00012', values: { leakage: { value: 41.2 } } }],
        presence: [{ device: 'LH-L-00012', state: 'offline', at: '2026-11-01T22:30:00.000+08:00' }],
      },
    })
    city.announce({ alerts: [alert({ state: 'closed' })] })
    flush()
    expect(await stream.next()).toMatchObject({ id: `${String(epoch)}.2`, event: 'batch' })
  })

  it('sends only the topics that were asked for', async () => {
    const stream = await open('?topics=tickets')
    await stream.next()
    city.announce({ alerts: [alert()] })
    flush()
    city.announce({ alerts: [alert()], tickets: [ticket()] })
    flush()
    const batch = await stream.next()
    expect(Object.keys(batch?.body ?? {})).toEqual(['at', 'tickets'])
  })

  it('beats every five seconds', async () => {
    const stream = await open()
    await stream.next()
    for (const beat of [1, 2]) {
      city.clock.set(START + beat * 5000)
      expect(await stream.next()).toMatchObject({
        event: 'hb',
        body: {
          serverTime: `2026-11-01T22:30:${beat === 1 ? '05' : '10'}.000+08:00`,
          ingestLagMs: 40,
          activeBySeverity: {},
        },
      })
    }
  })

  it('fills the gap since an event, by query or Last-Event-ID', async () => {
    const first = await open()
    const epoch = String((await first.next())?.body['epoch'])
    for (const count of [1, 2, 3]) {
      city.announce({ alerts: [alert({ count })] })
      flush()
    }
    for (const stream of [
      await open(`?since=${epoch}.1`),
      await open('', { ...bearer, 'last-event-id': `${epoch}.1` }),
    ]) {
      // Not yet at 3: a reader that is cut off here must ask for 2 and 3 again.
      expect(await stream.next()).toMatchObject({ id: `${epoch}.1`, body: { seq: 3 } })
      expect((await stream.next())?.id).toBe(`${epoch}.2`)
      expect((await stream.next())?.id).toBe(`${epoch}.3`)
    }
  })

  it('starts where a list said it was read', async () => {
    city.announce({ alerts: [alert()] })
    flush()
    const list = await fetch(`${base}/api/v1/alerts?state=active`, { headers: bearer })
    const { asOf } = (await list.json()) as { asOf: string }
    city.announce({ alerts: [alert({ count: 2 })] })
    flush()
    const stream = await open(`?since=${asOf}`)
    await stream.next()
    expect(await stream.next()).toMatchObject({ event: 'batch', body: { alerts: [{ count: 2 }] } })
  })

  it('asks for a fresh snapshot when the epoch or the number is not its own', async () => {
    const epoch = String((await (await open()).next())?.body['epoch'])
    for (const [since, reason] of [
      ['other.5', 'epoch'],
      [`${epoch}.99`, 'ring'],
    ]) {
      const stream = await open(`?since=${since}`)
      await stream.next()
      expect(await stream.next()).toMatchObject({ event: 'resync', body: { reason } })
      city.announce({ alerts: [alert()] })
      flush()
      expect((await stream.next())?.event).toBe('batch')
    }
  })

  it('refuses what is no topic and no place', async () => {
    for (const query of [
      '?topics=secrets',
      '?topics=',
      '?since=1',
      '?since=a.b',
      '?x=1',
      '?since=a.1&since=a.2',
    ])
      expect(
        (await fetch(`${base}/api/v1/stream${query}`, { headers: bearer })).status,
        query,
      ).toBe(400)
  })

  it('sends a reader away who does not read, and goes on for the others', async () => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1')
    socket.write(
      `GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
    )
    await once(socket, 'readable')
    socket.pause()
    const good = await open('?topics=tickets')
    await good.next()
    const note = 'x'.repeat(100_000)
    let batches = 0
    for (; batches < 200; batches++) {
      city.announce({ alerts: [alert({ deviceName: note })], tickets: [ticket()] })
      flush()
      expect((await good.next())?.event).toMatch(/batch|hb/)
      const metrics = await (await fetch(`${base}/metrics`, { headers: bearer })).text()
      if (metrics.includes('hetao_http_streams 1\n')) break
    }
    expect(batches).toBeGreaterThan(9)
    expect(batches).toBeLessThan(200)
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-500)
    })
    socket.resume()
    await once(socket, 'close')
    expect(text).toContain('event: resync\ndata: {"reason":"slow"}')
  })

  it('is limited to four per session', async () => {
    const signedIn = await fetch(`${base}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: TOKEN }),
    })
    const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
    const streams = []
    for (let count = 0; count < 4; count++) streams.push(await open('', { cookie }))
    const fifth = await fetch(`${base}/api/v1/stream`, { headers: { cookie } })
    expect(fifth.status).toBe(429)
    expect(await fifth.json()).toMatchObject({ code: 'too_many_streams' })
    streams[0]?.close()
    await untilStreams(3)
    expect((await open('', { cookie })).response.status).toBe(200)

    const out = await fetch(`${base}/api/v1/session`, {
      method: 'DELETE',
      headers: { cookie, origin: base },
    })
    expect(out.status).toBe(204)
    for (const stream of streams.slice(1)) {
      await stream.next()
      expect(await stream.next()).toBeNull()
    }
  })

  it('does not keep a session alive, and ends with it', async () => {
    const signedIn = await fetch(`${base}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: TOKEN }),
    })
    const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
    const stream = await open('', { cookie })
    await stream.next()
    city.clock.set(START + 5000)
    expect((await stream.next())?.event).toBe('hb')
    city.clock.set(START + 8 * 3_600_000)
    let last = await stream.next()
    while (last !== null) last = await stream.next()
    await untilStreams(0)
  })

  it('ends when the API closes', async () => {
    const stream = await open()
    await stream.next()
    await city.api.close()
    expect(await stream.next()).toBeNull()
  })
})
