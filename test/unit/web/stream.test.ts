// The connection by a clock turned by hand and a server that does as the test says: states, silence, back-off, resumption.

import { describe, expect, it } from 'vitest'
import { createServerClock } from '../../../dashboards/web/src/live/clock.ts'
import { createFeed } from '../../../dashboards/web/src/live/feed.ts'
import { createAlertStore } from '../../../dashboards/web/src/live/store.ts'
import { formatStreamId } from '../../../dashboards/web/src/live/stream-id.ts'
import { backoffMs, createStream, SILENCE_MS } from '../../../dashboards/web/src/live/stream.ts'
import type { Connection, Opening } from '../../../dashboards/web/src/live/stream.ts'
import type { Alert } from '../../../dashboards/web/src/api/alert.ts'
import { createManualClock, yieldToLoop } from '../../../src/clock.ts'
import { alertWith } from './alert-fixture.ts'

/** Lets every promise that can go on go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await yieldToLoop()
}

/** A body the test writes into. */
function createBody(signal: AbortSignal) {
  const queue: Uint8Array[] = []
  let isEnded = false
  let wake = (): void => undefined
  signal.addEventListener('abort', () => wake())
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (signal.aborted) throw new DOMException('aborted', 'AbortError')
      const next = queue.shift()
      if (next !== undefined) yield next
      else if (isEnded) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return {
    chunks: chunks(),
    send(event: string, id: string, data: object) {
      queue.push(
        new TextEncoder().encode(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
      )
      wake()
    },
    end() {
      isEnded = true
      wake()
    },
  }
}

type Answer = 'open' | 'error' | 'signed-out' | { readonly retryAfterMs: number }

function createDesk() {
  const clock = createManualClock(1_000_000)
  const store = createAlertStore()
  const answers: Answer[] = []
  const server = {
    snapshots: 0,
    asOf: 'e1.0',
    alerts: [alertWith({ id: 'a' })] as readonly Alert[],
    opened: [] as (string | null)[],
    lags: [] as (number | null)[],
    resyncs: 0,
  }
  let body = createBody(new AbortController().signal)
  const states: string[] = []
  let connection: Connection | null = null
  const feed = createFeed({
    clock,
    serverClock: createServerClock(clock),
    store,
    async loadSnapshot() {
      server.snapshots += 1
      return { asOf: server.asOf, alerts: server.alerts }
    },
    onAlerts: () => undefined,
    onTickets: () => undefined,
    onReadings: () => undefined,
    onPresence: () => undefined,
    onHeartbeat: (lag) => server.lags.push(lag),
    onResync: () => (server.resyncs += 1),
  })
  const stream = createStream({
    clock,
    random: () => 0.5,
    prepare: feed.prepare,
    async open(signal): Promise<Opening> {
      const at = store.resumeFrom()
      server.opened.push(at === null ? null : formatStreamId(at))
      const answer = answers.shift() ?? 'open'
      if (answer === 'error') throw new TypeError('network')
      if (answer === 'signed-out') return { kind: 'signed-out' }
      if (answer !== 'open') return { kind: 'refused', retryAfterMs: answer.retryAfterMs }
      body = createBody(signal)
      return { kind: 'open', chunks: body.chunks }
    },
    onEvent: feed.onEvent,
    onChange(next) {
      connection = next
      if (states.at(-1) !== next.state) states.push(next.state)
    },
  })
  return {
    clock,
    store,
    answers,
    server,
    states,
    stream,
    body: () => body,
    connection: () => connection,
    async pass(ms: number) {
      clock.set(clock.now() + ms)
      await settle()
    },
  }
}

function hello(seq: number, epoch = 'e1'): [string, string, object] {
  return ['hello', `${epoch}.${seq}`, { serverTime: '2026-11-22T08:05:09.000Z', epoch, seq }]
}

describe('stream', () => {
  it('is live once it has caught up with the place the server named', async () => {
    const desk = createDesk()
    desk.stream.start()
    await settle()
    desk.body().send(...hello(0))
    await settle()
    expect(desk.states).toEqual(['connecting', 'live'])
    desk.body().send('batch', 'e1.1', { alerts: [{ op: 'up', id: 'b', severity: 'P1' }] })
    await settle()
    expect(desk.store.get('b')?.severity).toBe('P1')
    desk.stream.close()
  })

  it('goes stale after 12 s of silence, then catches up from where it was', async () => {
    const desk = createDesk()
    desk.stream.start()
    await settle()
    desk.body().send(...hello(0))
    desk.body().send('batch', 'e1.1', { alerts: [] })
    await settle()
    await desk.pass(SILENCE_MS - 1)
    expect(desk.connection()?.state).toBe('live')
    await desk.pass(1)
    expect(desk.connection()).toMatchObject({ state: 'stale', attempt: 1 })
    await desk.pass(500)
    expect(desk.server.opened).toEqual(['e1.0', 'e1.1'])
    desk.body().send(...hello(3))
    await settle()
    expect(desk.connection()?.state).toBe('catching-up')
    desk.body().send('batch', 'e1.2', { alerts: [] })
    desk.body().send('batch', 'e1.3', { alerts: [{ op: 'up', id: 'late' }] })
    await settle()
    expect(desk.connection()).toMatchObject({ state: 'live', attempt: 0 })
    expect(desk.store.get('late')?.id).toBe('late')
    expect(desk.server.snapshots).toBe(1)
    desk.stream.close()
  })

  it('waits longer after each failure and calls itself offline after three', async () => {
    const desk = createDesk()
    desk.answers.push('error', 'error', 'error', 'error')
    desk.stream.start()
    await settle()
    const opened: number[] = [desk.server.opened.length]
    for (const ms of [500, 1_000, 2_000]) {
      await desk.pass(ms - 1)
      opened.push(desk.server.opened.length)
      await desk.pass(1)
      opened.push(desk.server.opened.length)
    }
    expect(opened).toEqual([1, 1, 2, 2, 3, 3, 4])
    expect(desk.connection()).toMatchObject({ state: 'offline', attempt: 4 })
    desk.stream.retryNow()
    await settle()
    expect(desk.server.opened).toHaveLength(5)
    desk.stream.close()
  })

  it('waits as long as a busy server asks', async () => {
    const desk = createDesk()
    desk.answers.push({ retryAfterMs: 7_000 })
    desk.stream.start()
    await settle()
    await desk.pass(6_999)
    expect(desk.server.opened).toHaveLength(1)
    await desk.pass(1)
    expect(desk.server.opened).toHaveLength(2)
    desk.stream.close()
  })

  it('takes a new snapshot when the server asks for it or has begun a new epoch', async () => {
    const desk = createDesk()
    desk.stream.start()
    await settle()
    desk.body().send(...hello(0))
    await settle()
    desk.server.asOf = 'e2.9'
    desk.server.alerts = [alertWith({ id: 'z' })]
    desk.body().send('resync', 'e1.0', { reason: 'ring' })
    await settle()
    desk.body().send(...hello(9, 'e2'))
    await settle()
    expect(desk.server).toMatchObject({ snapshots: 2, resyncs: 1, opened: ['e1.0', 'e2.9'] })
    expect(desk.store.get('z')?.state).toBe('unack_active')
    expect(desk.store.get('a')?.state).toBe('closed')
    expect(desk.connection()?.state).toBe('live')
    desk.stream.close()
  })

  it('takes places that are missing in the repetition for what they are: nothing for it', async () => {
    const desk = createDesk()
    desk.stream.start()
    await settle()
    desk.body().send(...hello(7))
    desk.body().send('batch', 'e1.3', { alerts: [{ op: 'up', id: 'c' }] })
    await settle()
    expect(desk.connection()?.state).toBe('connecting')
    desk.body().send('batch', 'e1.8', { readings: [] })
    await settle()
    expect(desk.connection()?.state).toBe('live')
    expect(desk.store.resumeFrom()?.seq).toBe(8)
    desk.body().send('hb', 'e1.8', {})
    await settle()
    expect(desk.server.opened).toHaveLength(1)
    desk.stream.close()
  })

  it('gives up an attempt without a sign of life when somebody presses retry', async () => {
    const desk = createDesk()
    desk.stream.start()
    await settle()
    await desk.pass(SILENCE_MS)
    await desk.pass(500)
    expect(desk.server.opened).toHaveLength(2)
    desk.stream.retryNow()
    await settle()
    expect(desk.server.opened).toHaveLength(3)
    desk.body().send(...hello(0))
    await settle()
    expect(desk.connection()?.state).toBe('live')
    desk.stream.close()
  })

  it('asks once for what a hole hides, and then believes the server', async () => {
    const desk = createDesk()
    desk.stream.start()
    await settle()
    desk.body().send(...hello(0))
    desk.body().send('batch', 'e1.2', { alerts: [] })
    desk.body().send('hb', 'e1.2', { ingestLagMs: 800 })
    await settle()
    expect(desk.server.opened).toEqual(['e1.0', 'e1.0'])
    desk.body().send(...hello(2))
    desk.body().send('batch', 'e1.2', { alerts: [] })
    desk.body().send('hb', 'e1.2', { ingestLagMs: 900 })
    await settle()
    expect(desk.server.opened).toHaveLength(2)
    expect(desk.store.resumeFrom()?.seq).toBe(2)
    expect(desk.server.lags).toEqual([800, 900])
    desk.stream.close()
  })

  it('stops when nobody is signed in, and pauses and resumes with the tab', async () => {
    const desk = createDesk()
    desk.answers.push('open', 'open', 'signed-out')
    desk.stream.start()
    await settle()
    desk.body().send(...hello(0))
    await settle()
    desk.stream.pause()
    await settle()
    expect(desk.connection()?.state).toBe('paused')
    await desk.pass(60_000)
    expect(desk.server.opened).toHaveLength(1)
    desk.stream.resume()
    await settle()
    expect(desk.server.opened).toHaveLength(2)
    desk.body().end()
    await settle()
    await desk.pass(500)
    expect(desk.connection()?.state).toBe('signed-out')
    desk.stream.close()
  })

  it('spreads retries by 20 % around 0.5 to 15 s', () => {
    expect([1, 2, 3, 4, 5, 6, 60].map((attempt) => backoffMs(attempt, () => 0.5))).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000,
    ])
    expect([backoffMs(2, () => 0), backoffMs(2, () => 1)]).toEqual([800, 1_200])
  })
})
