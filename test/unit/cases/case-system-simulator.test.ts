// The simulated case system: what it keeps, tells and sends back.

import { createServer } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { createManualClock, systemClock } from '../../../src/clock.ts'
import { parseCaseEvent } from '../../../src/cases/event.ts'
import { createSignatureCheck } from '../../../src/cases/signature.ts'
import { createWebhook } from '../../../src/cases/webhook.ts'
import type { CaseEvent } from '../../../src/core/input.ts'
import { createSimulatedCases } from '../../../simulators/case-system/simulated-cases.ts'
import { startCaseSystem } from '../../../simulators/case-system/server.ts'
import { createDueQueue } from '../../../simulators/case-system/due-queue.ts'
import { reportOf, START, turn } from './support.ts'

const SECRET = 'outbound-secret-of-tests'
const INBOUND = 'whsec_aW5ib3VuZC1zZWNyZXQtb2YtdGVzdHM='
const signal = new AbortController().signal
const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(behaviour = {}, eventsUrl?: string) {
  const office = await startCaseSystem({
    host: '127.0.0.1',
    port: 0,
    secret: SECRET,
    inboundSecret: INBOUND,
    clock: systemClock,
    seed: 7,
    behaviour,
    ...(eventsUrl === undefined ? {} : { eventsUrl }),
  })
  closers.push(() => office.close())
  const webhook = createWebhook({ url: office.url, secret: SECRET, clock: systemClock })
  const call = async (path: string, body?: unknown) => {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(new URL(path, office.url), init)
    const json: unknown = await answer.json()
    return { status: answer.status, json }
  }
  return { office, file: (id: string) => webhook.file(id, reportOf(id), signal), call }
}

describe('startCaseSystem()', () => {
  it('lists its cases page by page', async () => {
    const { file, call } = await start()
    for (const id of ['t-1', 't-2', 't-3']) await file(id)
    await file('t-1')
    expect(await call('/cases?limit=2')).toMatchObject({
      json: {
        items: [
          {
            externalId: 't-1',
            deliveries: 2,
            state: 'filed',
            body: expect.stringContaining('t-1'),
          },
          { externalId: 't-2', deliveries: 1 },
        ],
        cursor: '2',
        total: 3,
      },
    })
    expect(await call('/cases?after=2')).toMatchObject({
      json: { items: [{ externalId: 't-3' }], cursor: null },
    })
    expect(await call('/counters')).toMatchObject({
      json: { deliveries: 4, filed: 3, repeated: 1, duplicatesFiled: 0, bodiesChanged: 0 },
    })
  })

  it('takes a change of behaviour at run time, and refuses a wrong one with the reasons', async () => {
    const { file, call } = await start()
    const wrong = await call('/control', { failShare: 2, speed: 1 })
    expect(wrong.status).toBe(400)
    expect(JSON.stringify(wrong.json)).toMatch(/failShare.*speed/)
    expect((await call('/control', 'text')).status).toBe(400)
    expect(await call('/control', { failShare: 1, failStatus: 500 })).toMatchObject({
      status: 200,
      json: { failShare: 1, failStatus: 500, delayMs: 0 },
    })
    expect(await file('t-1')).toMatchObject({ kind: 'retry', error: 'answered 500' })
  })

  it('can be spoken to while it is down', async () => {
    const { file, call } = await start({ down: true })
    expect(await file('t-1')).toMatchObject({ kind: 'retry' })
    await call('/control', { down: false })
    expect(await file('t-1')).toMatchObject({ kind: 'accepted' })
  })

  it('refuses an unsigned delivery, one that is too large and one without an externalId', async () => {
    const { office, call } = await start()
    expect((await call('/cases', reportOf('t-1'))).status).toBe(401)
    expect((await call('/cases', 'x'.repeat(300_000))).status).toBe(413)
    const other = createWebhook({ url: office.url, secret: 'wrong-secret', clock: systemClock })
    expect(await other.file('t-1', reportOf('t-1'), signal)).toMatchObject({ kind: 'rejected' })
    const nameless = createWebhook({ url: office.url, secret: SECRET, clock: systemClock })
    const report = { ...reportOf('t-1'), externalId: '' }
    expect(await nameless.file('t-1', report, signal)).toMatchObject({ kind: 'rejected' })
    expect(office.cases()).toEqual([])
  })

  it('counts a ticket filed under two keys as a duplicate', async () => {
    const { office } = await start()
    const webhook = createWebhook({ url: office.url, secret: SECRET, clock: systemClock })
    await webhook.file('key-1', reportOf('t-1'), signal)
    await webhook.file('key-2', reportOf('t-1'), signal)
    await webhook.file('key-2', { ...reportOf('t-1'), description: 'other' }, signal)
    expect(office.counters()).toMatchObject({ duplicatesFiled: 1, bodiesChanged: 1 })
  })

  it('sends signed events in order, repeating each until it is taken', async () => {
    const check = createSignatureCheck({ secrets: [INBOUND], clock: systemClock })
    const taken: CaseEvent[] = []
    let requests = 0
    const caseClosed = Promise.withResolvers<void>()
    const product = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        requests += 1
        const body = Buffer.concat(chunks)
        const parsed = parseCaseEvent(JSON.parse(body.toString('utf8')))
        if (!check(request.headers, body).ok || !parsed.ok) response.writeHead(400).end()
        else if (requests === 2) response.writeHead(503).end()
        else {
          taken.push(parsed.event)
          response.writeHead(200).end('{"result":"applied"}')
          if (parsed.event.state === 'closed') caseClosed.resolve()
        }
      })
    })
    await new Promise<void>((resolve) => product.listen(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => product.close(() => resolve())))
    const address = product.address()
    const { office, file } = await start(
      { stageMs: 5, returnShare: 0, reworkShare: 0 },
      `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/events`,
    )
    const outcome = await file('t-1')
    await caseClosed.promise
    expect(taken.map(({ state }) => state)).toEqual([
      'dispatched',
      'in_progress',
      'fed_back',
      'checking',
      'closed',
    ])
    const caseNo = outcome.kind === 'accepted' ? outcome.caseNo : ''
    expect(taken.every((event) => event.caseNo === caseNo && event.ticket === 't-1')).toBe(true)
    expect(office.counters()).toMatchObject({ eventsFailed: 1, eventsDropped: 0 })
    product.closeAllConnections()
  })
})

async function lives(behaviour: object, count = 40) {
  const clock = createManualClock(START)
  const events: CaseEvent[] = []
  const office = createSimulatedCases({
    clock,
    seed: 3,
    behaviour: { stageMs: 60_000, ...behaviour },
    onEvent: (event) => events.push(event),
  })
  for (let n = 0; n < count; n += 1) await office.file(`t-${n}`, reportOf(`t-${n}`), signal)
  await turn(clock, START + 3_600_000)
  return { office, events, clock }
}
const story = (events: readonly CaseEvent[], ticket: string) =>
  events.filter((event) => event.ticket === ticket).map(({ state }) => state)

describe('createSimulatedCases()', () => {
  it('brings every case to its end, and then waits for nothing', async () => {
    const { office, clock } = await lives({ returnShare: 0.5, reworkShare: 0.5 })
    expect(office.cases().every(({ state }) => state === 'closed')).toBe(true)
    expect(clock.nextDue()).toBeNull()
  })

  it('returns and reworks at most twice', async () => {
    const { events } = await lives({ returnShare: 1, reworkShare: 1 }, 1)
    expect(story(events, 't-0')).toEqual([
      'dispatched',
      'returned',
      'dispatched',
      'returned',
      'dispatched',
      'in_progress',
      'fed_back',
      'checking',
      'closed',
    ])
    const { events: rework } = await lives({ returnShare: 0, reworkShare: 1 }, 1)
    expect(story(rework, 't-0').filter((state) => state === 'rework')).toHaveLength(2)
  })

  it('tells things twice when it is told to', async () => {
    const { events } = await lives({ duplicateEventShare: 1, duplicateAnswerShare: 1 }, 1)
    expect(events[0]).toMatchObject({ state: 'filed' })
    const ids = events.map(({ id }) => id)
    expect(ids).toHaveLength(2 * new Set(ids).size)
  })

  it('does the same again under the same seed', async () => {
    const shares = { returnShare: 0.3, reworkShare: 0.3, duplicateEventShare: 0.3 }
    const [one, two] = await Promise.all([lives(shares), lives(shares)])
    expect(one.events).toEqual(two.events)
    expect(one.events.some(({ state }) => state === 'returned')).toBe(true)
    expect(one.events.some(({ state }) => state === 'rework')).toBe(true)
  })

  it('moves standing cases on once it is told to', async () => {
    const clock = createManualClock(START)
    const office = createSimulatedCases({ clock, seed: 3 })
    await office.file('t-1', reportOf('t-1'), signal)
    await turn(clock, START + 3_600_000)
    expect(office.cases()).toMatchObject([{ state: 'filed' }])
    office.control({ stageMs: 1_000 })
    await turn(clock, START + 7_200_000)
    expect(office.cases()).toMatchObject([{ state: 'closed' }])
  })
})

describe('createDueQueue()', () => {
  it('runs things in order of time, then of arrival, on one timer', async () => {
    const clock = createManualClock(START)
    const ran: number[] = []
    const queue = createDueQueue<number>(clock, (item) => ran.push(item))
    const delays = [50, 10, 40, 10, 30, 20, 10, 60, 0, 25]
    delays.forEach((ms, n) => queue.add(START + ms, n))
    await turn(clock, START + 30)
    queue.add(START + 45, 99)
    await turn(clock, START + 100)
    expect(ran).toEqual([8, 1, 3, 6, 5, 9, 4, 2, 99, 0, 7])
    expect(queue.size).toBe(0)
    expect(clock.nextDue()).toBeNull()
  })
})
