// The dispatcher on a clock turned by hand: what it sends, when, and what it does while nothing works.

import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { createDispatcher } from '../../../src/cases/dispatcher.ts'
import type { Ticket } from '../../../src/core/tickets/ticket.ts'
import type { CaseSystem, FileOutcome, Submit } from '../../../src/ports.ts'
import { createDesk, silentLog, START, ticketOf, turn } from './support.ts'

const HOUR_MS = 3_600_000
const accepted = (id: string): FileOutcome => ({ kind: 'accepted', caseNo: `case-${id}` })
const retry = (retryAfterMs: number | null = null): FileOutcome => ({
  kind: 'retry',
  error: 'answered 503',
  retryAfterMs,
})

const notTaken: Submit = () =>
  Promise.resolve({ ok: false, code: 'not_found', detail: 'no such ticket', errors: [] })

interface Call {
  readonly id: string
  readonly at: number
}

function setup(
  answer: (id: string, signal: AbortSignal) => FileOutcome | Promise<FileOutcome>,
  options: { draw?: number; fault?: () => 'lost' | 'unsure' | null; submit?: Submit } = {},
) {
  const clock = createManualClock(START)
  const desk = createDesk(options.fault)
  const calls: Call[] = []
  let running = 0
  let runningMax = 0
  let looks = 0
  const cases: CaseSystem = {
    async file(id, _, signal) {
      calls.push({ id, at: clock.now() - START })
      running += 1
      runningMax = Math.max(runningMax, running)
      try {
        return await answer(id, signal)
      } finally {
        running -= 1
      }
    },
  }
  const dispatcher = createDispatcher({
    cases,
    outbox(limit) {
      looks += 1
      return desk.outbox(limit)
    },
    submit: options.submit ?? desk.submit,
    clock,
    log: silentLog,
    random: () => options.draw ?? 0.5,
  })
  const open = (...tickets: Ticket[]) => {
    for (const ticket of tickets) desk.open(ticket)
    dispatcher.wake()
  }
  const run = (toMs: number) => turn(clock, START + toMs)
  const delivery = (id: string) => desk.tickets.get(id)?.delivery
  return {
    clock,
    desk,
    calls,
    dispatcher,
    open,
    run,
    delivery,
    runningMax: () => runningMax,
    looks: () => looks,
  }
}

/** A delay on the clock of `setup`, made before the clock exists. */
function delayed(outcome: (id: string) => FileOutcome) {
  const waits: (() => void)[] = []
  const answer = (id: string) =>
    new Promise<FileOutcome>((resolve) => waits.push(() => resolve(outcome(id))))
  return { answer, releaseAll: () => waits.splice(0).forEach((release) => release()), waits }
}

describe('createDispatcher()', () => {
  it('delivers a queued ticket and hands the case number in', async () => {
    const { open, run, desk, dispatcher, clock } = setup(accepted)
    open(ticketOf('t-1'))
    await run(0)
    expect(desk.answers).toEqual([{ ticket: 't-1', attempt: 1, kind: 'accepted' }])
    expect(desk.tickets.get('t-1')).toMatchObject({ caseNo: 'case-t-1' })
    expect(dispatcher.status()).toEqual({
      inFlight: 0,
      waiting: 0,
      lastError: null,
      circuit: 'closed',
    })
    expect(clock.nextDue()).toBeNull()
  })

  it('does nothing before the first wake', async () => {
    const { desk, run, calls, dispatcher } = setup(accepted)
    desk.open(ticketOf('t-1'))
    await run(HOUR_MS)
    expect(calls).toEqual([])
    await dispatcher.close()
  })

  it('goes by severity, then fresh before retried, then age', async () => {
    const { open, run, calls } = setup(accepted)
    const tried = { state: 'retrying', attempts: 1, lastError: 'x', nextAt: START } as const
    open(
      ticketOf('p3-old', { severity: 'P3', openedAt: START - 9 }),
      ticketOf('p2-tried', { delivery: tried, openedAt: START - 8 }),
      ticketOf('p2-young', { openedAt: START - 1 }),
      ticketOf('p2-old', { openedAt: START - 2 }),
      ticketOf('p1-tried', { severity: 'P1', delivery: tried }),
      ticketOf('p1', { severity: 'P1', openedAt: START - 1 }),
    )
    await run(0)
    expect(calls.map(({ id }) => id)).toEqual([
      'p1',
      'p1-tried',
      'p2-old',
      'p2-young',
      'p2-tried',
      'p3-old',
    ])
  })

  it('keeps at most 8 in flight and never two of one ticket', async () => {
    const held = delayed(accepted)
    const { open, run, calls, dispatcher, runningMax } = setup(held.answer)
    open(...Array.from({ length: 20 }, (_, n) => ticketOf(`t-${n}`)))
    await run(0)
    expect(dispatcher.status()).toMatchObject({ inFlight: 8, waiting: 12 })
    dispatcher.wake()
    await run(0)
    expect(calls).toHaveLength(8)
    while (held.waits.length > 0) {
      held.releaseAll()
      await run(0)
    }
    expect(runningMax()).toBe(8)
    expect(new Set(calls.map(({ id }) => id))).toHaveLength(20)
    expect(calls).toHaveLength(20)
  })

  it('waits 1, 2, 4 ... s between attempts, at most 5 min', async () => {
    const { open, run, calls } = setup((id) => (id === 't-1' ? retry() : accepted(id)))
    open(ticketOf('t-1'))
    // Others get through all the time, so the circuit stays closed.
    for (let second = 1; second <= 1_200; second += 1) {
      open(ticketOf(`ok-${second}`))
      await run(second * 1000)
    }
    const at = calls.filter(({ id }) => id === 't-1').map((call) => call.at / 1000)
    expect(at).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111])
  })

  it.each([
    [0, 800],
    [0.999_999, 1_200],
  ])('spreads the wait: draw %d gives %i ms', async (draw, waitMs) => {
    const { open, run, delivery } = setup(() => retry(), { draw })
    open(ticketOf('t-1'))
    await run(0)
    expect(delivery('t-1')).toMatchObject({ state: 'retrying', nextAt: START + waitMs })
  })

  it.each([
    [30_000, 30_000],
    [0, 1_000],
    [24 * HOUR_MS, HOUR_MS],
  ])('waits as long as the server asks: %i ms gives %i ms', async (asked, waitMs) => {
    const { open, run, delivery, calls } = setup(() => retry(asked))
    open(ticketOf('t-1'))
    await run(0)
    expect(delivery('t-1')).toMatchObject({ nextAt: START + waitMs })
    await run(waitMs - 1)
    expect(calls).toHaveLength(1)
    await run(waitMs)
    expect(calls).toHaveLength(2)
  })

  it('parks a refused ticket and goes on with the others', async () => {
    const { open, run, delivery, dispatcher, calls } = setup((id) =>
      id === 'bad' ? { kind: 'rejected', error: 'answered 422: no grid' } : accepted(id),
    )
    open(ticketOf('bad'), ticketOf('good'))
    await run(HOUR_MS)
    expect(delivery('bad')).toMatchObject({ state: 'rejected', lastError: 'answered 422: no grid' })
    expect(delivery('good')).toMatchObject({ state: 'delivered' })
    expect(calls).toHaveLength(2)
    expect(dispatcher.status().circuit).toBe('closed')
  })

  it('survives an adapter that throws', async () => {
    const { open, run, delivery } = setup(() => Promise.reject(new Error('bug')))
    open(ticketOf('t-1'))
    await run(0)
    expect(delivery('t-1')).toMatchObject({ lastError: 'adapter failed: bug' })
  })

  it('starts no attempt before the outcome of the one before was applied', async () => {
    const gate = Promise.withResolvers<void>()
    const desk = createDesk()
    const submit: Submit = async (input) => {
      await gate.promise
      return desk.submit(input)
    }
    const { open, run, calls, dispatcher } = setup(() => retry(), { submit })
    open(ticketOf('t-1'))
    await run(10_000)
    dispatcher.wake()
    await run(20_000)
    expect(calls).toHaveLength(1)
    gate.resolve()
    await run(20_000)
    expect(dispatcher.status().inFlight).toBe(0)
  })

  it('waits for an outbox that lags behind an applied outcome', async () => {
    const desk = createDesk()
    // Applied elsewhere: the outbox of this setup never hears of it.
    const { open, run, calls } = setup(accepted, { submit: desk.submit })
    open(ticketOf('t-1'))
    await run(4_999)
    expect(calls).toHaveLength(1)
    await run(5_000)
    expect(calls).toHaveLength(2)
  })

  it('does not hammer with a ticket whose outcome the engine does not take', async () => {
    const { open, run, calls } = setup(accepted, { submit: notTaken })
    open(ticketOf('t-1'))
    await run(HOUR_MS)
    expect(calls.map(({ at }) => at)).toEqual(Array.from({ length: 13 }, (_, n) => n * 300_000))
  })

  it('keeps a result that the journal does not take, and does not post again', async () => {
    let lost = 5
    const fault = () => (lost-- > 0 ? 'lost' : null)
    const { open, run, calls, delivery, dispatcher } = setup(accepted, { fault })
    open(ticketOf('t-1'))
    await run(14_999)
    expect(delivery('t-1')).toMatchObject({ state: 'queued' })
    expect(dispatcher.status().lastError).toMatch(/Cannot record the outcome of ticket t-1: disk/)
    await run(31_000)
    expect(delivery('t-1')).toMatchObject({ state: 'delivered', attempts: 1 })
    expect(calls).toHaveLength(1)
  })

  it('goes on after the outbox could not be read', async () => {
    const clock = createManualClock(START)
    const desk = createDesk()
    let broken = true
    const dispatcher = createDispatcher({
      cases: { file: (id) => Promise.resolve(accepted(id)) },
      outbox(limit) {
        if (broken) throw new Error('database is locked')
        return desk.outbox(limit)
      },
      submit: desk.submit,
      clock,
      log: silentLog,
      random: () => 0.5,
    })
    desk.open(ticketOf('t-1'))
    dispatcher.wake()
    await turn(clock, START)
    expect(dispatcher.status().lastError).toMatch(/database is locked/)
    broken = false
    await turn(clock, START + 5_000)
    expect(desk.answers).toHaveLength(1)
  })

  it('asks one at a time while the case system is down, and opens up when it is back', async () => {
    let down = true
    const { open, run, calls, dispatcher, desk, looks } = setup((id) =>
      down ? retry() : accepted(id),
    )
    open(...Array.from({ length: 3_000 }, (_, n) => ticketOf(`t-${n}`)))
    await run(0)
    expect(dispatcher.status().circuit).toBe('open')
    expect(calls.length).toBeLessThanOrEqual(13)
    const before = calls.length
    const moments = await run(HOUR_MS)
    // 1 + 2 + ... + 256 s, then every 5 min: 9 probes in the first 9 minutes and 10 in the rest.
    expect(calls.length - before).toBeGreaterThanOrEqual(15)
    expect(calls.length - before).toBeLessThanOrEqual(20)
    expect(moments).toBeLessThan(100)
    expect(looks()).toBeLessThan(100)
    down = false
    await run(HOUR_MS + 310_000)
    expect(dispatcher.status()).toMatchObject({ circuit: 'closed', waiting: 0, lastError: null })
    expect([...desk.tickets.values()].every(({ state }) => state === 'filed')).toBe(true)
    expect(calls.length).toBeLessThanOrEqual(3_000 + 40)
  })

  it('holds one timer at most, whatever it waits for', async () => {
    const clock = createManualClock(START)
    let timers = 0
    let timersMax = 0
    const counted = {
      now: () => clock.now(),
      after(ms: number, task: () => void) {
        timers += 1
        timersMax = Math.max(timersMax, timers)
        const cancel = clock.after(ms, () => {
          timers -= 1
          task()
        })
        let live = true
        return () => {
          if (live) timers -= 1
          live = false
          cancel()
        }
      },
    }
    const desk = createDesk(() => 'lost')
    const dispatcher = createDispatcher({
      cases: { file: () => Promise.resolve(retry()) },
      outbox: desk.outbox,
      submit: desk.submit,
      clock: counted,
      log: silentLog,
      random: () => 0.5,
    })
    for (let n = 0; n < 100; n += 1) desk.open(ticketOf(`t-${n}`))
    dispatcher.wake()
    await turn(clock, START + 600_000)
    expect(timersMax).toBe(1)
    await dispatcher.close()
    expect(timers).toBe(0)
  })

  it('closes by giving up what is in flight, without counting it as an attempt', async () => {
    const { open, run, dispatcher, desk, clock } = setup(
      (_, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(retry()))),
    )
    open(ticketOf('t-1'), ticketOf('t-2'))
    await run(0)
    expect(dispatcher.status().inFlight).toBe(2)
    await dispatcher.close()
    expect(desk.answers).toEqual([])
    expect(clock.nextDue()).toBeNull()
    dispatcher.wake()
    await run(HOUR_MS)
    expect(dispatcher.status().inFlight).toBe(0)
    await dispatcher.close()
  })

  it('closes within a second when an adapter does not let go', async () => {
    const { open, run, dispatcher } = setup(() => new Promise(() => {}))
    open(ticketOf('t-1'))
    await run(0)
    let done = false
    const closed = dispatcher.close().then(() => (done = true))
    await run(800)
    expect(done).toBe(false)
    await run(1_000)
    await closed
  })

  it('still records a case that was filed while it closed', async () => {
    const held = delayed(accepted)
    const { open, run, dispatcher, desk } = setup(held.answer)
    open(ticketOf('t-1'))
    await run(0)
    const closed = dispatcher.close()
    held.releaseAll()
    await closed
    expect(desk.answers).toEqual([{ ticket: 't-1', attempt: 1, kind: 'accepted' }])
  })
})
