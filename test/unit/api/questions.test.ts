// Questions to a database that is slow, or to which nobody listens any more.

import { EventEmitter } from 'node:events'
import { request } from 'node:http'
import { setImmediate as letOthersRun } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createQuestions } from '../../../src/api/questions.ts'
import { createManualClock } from '../../../src/clock.ts'
import { TelemetryUnavailable } from '../../../src/ports.ts'
import { alert, alertEffect, bearer, device, deviceEffect, openCity, START } from './city.ts'

function setUp(max = 2) {
  const clock = createManualClock(START)
  const questions = createQuestions({ clock, max, what: 'questions' })
  /** A question whose answer comes when it is told to. */
  function ask() {
    const connection = new EventEmitter()
    const answer = Promise.withResolvers<string>()
    const given: AbortSignal[] = []
    const reply = { raw: connection } as unknown as Parameters<typeof questions.run>[0]
    const answered = questions
      .run(reply, (signal) => {
        given.push(signal)
        return answer.promise
      })
      .catch((error: unknown) => error)
    return { answered, answer, leave: () => connection.emit('close'), signal: given[0], connection }
  }
  return { clock, ask }
}

const refused = { code: 'too_many_queries', retryAfterSeconds: 1 }

describe('createQuestions()', () => {
  it('answers, and lets so many ask at once', async () => {
    const { clock, ask } = setUp()
    const [one] = [ask(), ask()]
    expect(await ask().answered).toMatchObject(refused)
    one.answer.resolve('42')
    expect(await one.answered).toBe('42')
    expect(one.signal?.aborted).toBe(false)
    expect(one.connection.listenerCount('close')).toBe(0)
    const next = ask()
    next.answer.reject(new RangeError('no'))
    expect(await next.answered).toBeInstanceOf(RangeError)
    expect(clock.nextDue()).toBe(START + 30_000)
    ask()
    expect(await ask().answered).toMatchObject(refused)
  })

  it('gives the turn of who has gone to the next, and tells the work', async () => {
    const { ask } = setUp()
    const gone = [ask(), ask()]
    for (const one of gone) one.leave()
    expect(await gone[0]?.answered).toMatchObject({ code: 'bad_request' })
    expect(gone[0]?.signal?.aborted).toBe(true)
    const next = ask()
    next.answer.resolve('42')
    expect(await next.answered).toBe('42')
  })

  it('lets nobody pile up work by leaving', async () => {
    const { ask } = setUp()
    const gone = Array.from({ length: 4 }, () => {
      const one = ask()
      one.leave()
      return one
    })
    expect(await ask().answered).toMatchObject(refused)
    gone[0]?.answer.reject(new Error('nobody sees this'))
    await letOthersRun()
    const next = ask()
    next.answer.resolve('42')
    expect(await next.answered).toBe('42')
  })

  it('waits for the database half a minute, and then says when to come back', async () => {
    const { clock, ask } = setUp()
    const late = [ask(), ask()]
    clock.set(START + 29_999)
    expect(late[0]?.signal?.aborted).toBe(false)
    clock.set(START + 30_000)
    const unavailable = { name: 'TelemetryUnavailable', retryAfterMs: 10_000 }
    for (const { answered } of late) expect(await answered).toMatchObject(unavailable)
    // Their turns are free again; and when those after them have waited in vain as well, nobody waits at all.
    const more = [ask(), ask()]
    clock.set(START + 60_000)
    for (const { answered } of more) expect(await answered).toBeInstanceOf(TelemetryUnavailable)
    expect(await ask().answered).toMatchObject(unavailable)
    late[0]?.answer.resolve('too late')
    await letOthersRun()
    const next = ask()
    next.answer.resolve('42')
    expect(await next.answered).toBe('42')
  })
})

describe('a chart', () => {
  const urls = [
    '/api/v1/devices/L-1/telemetry?metric=leakage',
    '/api/v1/telemetry?type=streetlight&metric=leakage',
    '/api/v1/telemetry/groups?type=streetlight&metric=leakage&by=street',
    '/api/v1/retention',
  ]

  async function slowCity() {
    const asked = { count: 0, on: () => {} }
    const never = async (): Promise<never> => {
      asked.count++
      asked.on()
      return new Promise<never>(() => undefined)
    }
    const city = await openCity(({ telemetry }) => ({
      telemetry: { ...telemetry, series: never, groups: never, expired: never },
    }))
    city.apply([deviceEffect(device({ id: 'L-1' }))])
    const askedTimes = (count: number) =>
      new Promise<void>((resolve) => {
        asked.on = () => {
          if (asked.count >= count) resolve()
        }
        asked.on()
      })
    return { city, askedTimes }
  }

  it('from a database that does not answer ends with 503 and Retry-After', async () => {
    const { city, askedTimes } = await slowCity()
    const waiting = urls.map((url) => city.app.inject({ url, headers: bearer }))
    await askedTimes(urls.length)
    city.clock.set(START + 30_000)
    for (const answer of await Promise.all(waiting)) {
      expect(answer.statusCode).toBe(503)
      expect(answer.headers['retry-after']).toBe('10')
      expect(answer.json().code).toBe('telemetry_unavailable')
    }
    expect(city.logLines.join()).not.toContain('request failed')
    await city.close()
  })

  it('of the evidence keeps nobody from the alert', async () => {
    const { city, askedTimes } = await slowCity()
    city.apply([alertEffect(alert({ device: 'L-1' }))])
    const waiting = city.app.inject({ url: `/api/v1/alerts/${alert().id}`, headers: bearer })
    await askedTimes(1)
    city.clock.set(START + 5000)
    const answer = await waiting
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({ id: alert().id, evidence: null })
    await city.close()
  })

  it('that nobody waits for leaves room for others', async () => {
    const { city, askedTimes } = await slowCity()
    const { port } = await city.api.listen({ host: '127.0.0.1', port: 0 })
    const sent = Array.from({ length: 16 }, () => {
      const one = request({ port, path: urls[1], headers: bearer, agent: false })
      one.on('error', () => undefined)
      one.end()
      return one
    })
    await askedTimes(16)
    const ask = () => city.app.inject({ url: urls[1] ?? '', headers: bearer })
    expect((await ask()).statusCode).toBe(429)
    for (const one of sent) one.destroy()
    // The server learns of it a little later.
    let next = ask()
    for (;;) {
      const refusal = await Promise.race([askedTimes(17).then(() => null), next])
      if (refusal === null) break
      expect(refusal.statusCode).toBe(429)
      await (await fetch(`http://127.0.0.1:${port}/health/live`)).text()
      next = ask()
    }
    city.clock.set(START + 31_000)
    expect((await next).statusCode).toBe(503)
    expect(city.logLines.join()).not.toContain('request failed')
    await city.close()
  })
})
