// Invariant I5 at the door to the case system: one case per ticket, whatever fails, repeats or restarts in between.

import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { createDispatcher, type Dispatcher } from '../../../src/cases/dispatcher.ts'
import type { CaseSystem, Submit } from '../../../src/ports.ts'
import { friendly } from '../../../simulators/case-system/behaviour.ts'
import { createSimulatedCases } from '../../../simulators/case-system/simulated-cases.ts'
import { createDesk, createRandom, silentLog, START, ticketOf, turn } from './support.ts'

const CHAOS_MS = 20 * 60_000
const CALM_MS = 15 * 60_000

const story = fc.record({
  seed: fc.nat(),
  tickets: fc.integer({ min: 1, max: 30 }),
  behaviour: fc.record({
    delayMs: fc.integer({ min: 0, max: 12_000 }),
    failShare: fc.double({ min: 0, max: 1, noNaN: true }),
    silentShare: fc.double({ min: 0, max: 0.5, noNaN: true }),
    dropShare: fc.double({ min: 0, max: 0.5, noNaN: true }),
    retryAfterSeconds: fc.option(fc.integer({ min: 0, max: 600 })),
    repeatStatus: fc.constantFrom(200 as const, 409 as const),
  }),
  lostShare: fc.double({ min: 0, max: 0.4, noNaN: true }),
  unsureShare: fc.double({ min: 0, max: 0.4, noNaN: true }),
  restarts: fc.array(
    fc.record({ at: fc.integer({ min: 0, max: CHAOS_MS }), killed: fc.boolean() }),
    { maxLength: 6 },
  ),
})

it('every ticket ends filed exactly once, within a bounded number of deliveries', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (given) => {
      const clock = createManualClock(START)
      const random = createRandom(given.seed)
      let calm = false
      const desk = createDesk(() => {
        const draw = calm ? 1 : random()
        if (draw < given.lostShare) return 'lost'
        return draw < given.lostShare + given.unsureShare ? 'unsure' : null
      })
      const office = createSimulatedCases({ clock, seed: given.seed, behaviour: given.behaviour })
      const deliveries = new Map<string, number>()
      let generation = 0

      /** After `kill -9` nothing of the old process comes back, neither an answer nor a record. */
      function life(): Dispatcher {
        generation += 1
        const mine = generation
        const inFlight = new Set<string>()
        const cases: CaseSystem = {
          async file(id, report, signal) {
            expect(inFlight).not.toContain(id)
            inFlight.add(id)
            expect(inFlight.size).toBeLessThanOrEqual(8)
            deliveries.set(id, (deliveries.get(id) ?? 0) + 1)
            const outcome = await office.file(id, report, signal)
            inFlight.delete(id)
            return mine === generation ? outcome : new Promise(() => {})
          },
        }
        const submit: Submit = (input) =>
          mine === generation ? desk.submit(input) : new Promise(() => {})
        const parts = { cases, outbox: desk.outbox, submit, clock, random, log: silentLog }
        const fresh = createDispatcher(parts)
        fresh.wake()
        return fresh
      }

      for (let n = 0; n < given.tickets; n += 1) desk.open(ticketOf(`t-${n}`))
      let dispatcher = life()
      for (const { at, killed } of given.restarts.toSorted((a, b) => a.at - b.at)) {
        await turn(clock, Math.max(clock.now(), START + at))
        const old = dispatcher
        if (killed) {
          generation += 1
          void old.close()
        } else {
          const closed = old.close()
          await turn(clock, clock.now() + 1_000)
          await closed
        }
        dispatcher = life()
      }
      await turn(clock, Math.max(clock.now(), START + CHAOS_MS))
      calm = true
      office.control(friendly)
      // The last wait may be an hour, when the office asked for it; here at most ten minutes.
      await turn(clock, clock.now() + CALM_MS)

      const filed = office.cases()
      expect(office.counters()).toMatchObject({ duplicatesFiled: 0, bodiesChanged: 0 })
      expect(filed).toHaveLength(given.tickets)
      const byTicket = new Map(filed.map((one) => [one.externalId, one.caseNo]))
      for (const ticket of desk.tickets.values()) {
        expect(ticket.delivery.state).toBe('delivered')
        expect(ticket.caseNo).toBe(byTicket.get(ticket.id))
        // No wait is shorter than the office asks for, when it asks. Otherwise:
        // 9 waits of 1 to 256 s, then one every 4 to 6 min; each restart may repeat the one it interrupted.
        const askedMs = (given.behaviour.retryAfterSeconds ?? 0) * 1000
        const asked = askedMs === 0 ? 0 : Math.ceil(CHAOS_MS / askedMs)
        const bound = 9 + 10 + asked + given.restarts.length * 2
        expect(deliveries.get(ticket.id)).toBeLessThanOrEqual(bound)
      }
      await dispatcher.close()
      office.close()
    }),
    { numRuns: 60 },
  )
})
