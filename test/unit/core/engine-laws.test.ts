// Laws of the engine, on random stories. A failure prints its seed.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../../../src/core/engine.ts'
import type { Engine, EngineSnapshot } from '../../../src/core/engine.ts'
import type { Effect } from '../../../src/core/effect.ts'
import { BEFORE_FIRST, positionAt } from '../../../src/core/position.ts'
import { START, apply, fixStory, storyDraft, storyTypes } from './story.ts'
import type { StoryStep } from './story.ts'

function newEngine(snapshot?: EngineSnapshot): Engine {
  return createEngine({ types: storyTypes, timeZone: 'Asia/Shanghai', snapshot })
}

function run(engine: Engine, steps: readonly StoryStep[]): Effect[] {
  const effects: Effect[] = []
  for (const step of steps) apply(engine, step, (effect) => effects.push(effect))
  return effects
}

/** NaN and bytes told apart, so that equal texts mean equal effects. */
function written(effects: readonly Effect[]): string {
  return JSON.stringify(effects, (_, value: unknown) =>
    typeof value === 'number' && Number.isNaN(value) ? 'NaN' : value,
  )
}

function loud(all: readonly Effect[]): Effect[] {
  return all.filter((effect) => effect.kind === 'alert' || effect.kind === 'ticket')
}

function raised(all: readonly Effect[]): string[] {
  return all.flatMap((effect) =>
    effect.kind === 'alert' && !['OFFLINE', 'CLOCK_SKEW'].includes(effect.alert.rule)
      ? [`${effect.alert.id} ${effect.entry.what} ${effect.alert.count}`]
      : [],
  )
}

const stories = storyDraft.map((drafts) => fixStory(drafts, newEngine()))
const runs = { numRuns: 150 }

describe('engine laws', () => {
  it('gives the same effects for the same inputs', () => {
    fc.assert(
      fc.property(stories, ({ steps, effects }) => {
        expect(written(run(newEngine(), steps))).toBe(written(effects))
      }),
      runs,
    )
  })

  it('goes on from a snapshot as if it had never stopped', () => {
    fc.assert(
      fc.property(stories, fc.nat(), ({ steps, effects }, cut) => {
        const at = cut % steps.length
        const first = newEngine()
        const before = run(first, steps.slice(0, at))
        const text = JSON.stringify(first.snapshot())
        const second = newEngine(JSON.parse(text) as EngineSnapshot)
        expect(JSON.stringify(second.snapshot())).toBe(text)
        const after = run(second, steps.slice(at))
        expect(written([...before, ...after])).toBe(written(effects))
        run(first, steps.slice(at))
        expect(JSON.stringify(second.snapshot())).toBe(JSON.stringify(first.snapshot()))
      }),
      runs,
    )
  })

  it('advances in any number of steps to the same state and effects', () => {
    fc.assert(
      fc.property(
        stories,
        fc.array(fc.integer({ min: 0, max: 40_000_000 }), { minLength: 1, maxLength: 6 }),
        ({ steps }, pauses) => {
          const last = steps.at(-1)?.at ?? START
          const position = positionAt(9000)
          const times = pauses.map((pause) => last + pause).sort((a, b) => a - b)
          const [inSteps, atOnce] = [newEngine(), newEngine()]
          run(inSteps, steps)
          run(atOnce, steps)
          const [a, b]: [Effect[], Effect[]] = [[], []]
          for (const time of times) inSteps.advance(time, position, (effect) => a.push(effect))
          atOnce.advance(times.at(-1) ?? last, position, (effect) => b.push(effect))
          expect(written(a)).toBe(written(b))
          expect(JSON.stringify(inSteps.snapshot())).toBe(JSON.stringify(atOnce.snapshot()))
        },
      ),
      runs,
    )
  })

  it('announces every next timer', () => {
    fc.assert(
      fc.property(stories, ({ steps }) => {
        const engine = newEngine()
        run(engine, steps)
        const next = engine.nextDue()
        const quiet: Effect[] = []
        engine.advance((next ?? START + 1) - 1, BEFORE_FIRST, (effect) => quiet.push(effect))
        expect(quiet).toEqual([])
      }),
      runs,
    )
  })

  it('keeps one open alert per device and rule, one ticket per alert, one outcome per command', () => {
    fc.assert(
      fc.property(stories, ({ steps, effects }) => {
        const open = new Map<string, string>()
        const closed = new Set<string>()
        const ticketOf = new Map<string, string>()
        const caseOf = new Map<string, string>()
        let outcomes = 0
        for (const effect of effects) {
          if (effect.kind === 'outcome') outcomes++
          if (effect.kind === 'alert') {
            const { alert, entry } = effect
            const key = `${alert.device}/${alert.rule}`
            expect(entry.what).not.toBe('')
            if (entry.what === 'raised') {
              expect(open.has(key)).toBe(false)
              expect(closed.has(alert.id)).toBe(false)
            } else if (!closed.has(alert.id)) expect(open.get(key)).toBe(alert.id)
            if (alert.state === 'closed') {
              // A late word on an older episode says nothing of the open one.
              if (open.get(key) === alert.id) open.delete(key)
              closed.add(alert.id)
            } else open.set(key, alert.id)
            expect(alert.since).toBeLessThanOrEqual(alert.raisedAt)
          }
          if (effect.kind === 'ticket') {
            const { ticket, entry } = effect
            if (entry.what === 'opened') expect(ticketOf.has(ticket.alert)).toBe(false)
            ticketOf.set(ticket.alert, ticket.id)
            if (ticket.caseNo !== null) {
              expect(caseOf.get(ticket.id) ?? ticket.caseNo).toBe(ticket.caseNo)
              caseOf.set(ticket.id, ticket.caseNo)
            }
          }
        }
        const asked = steps.filter(({ act }) => act.kind === 'command' || act.kind === 'answer')
        expect(outcomes).toBe(asked.length)
      }),
      runs,
    )
  })

  it('raises nothing twice when messages are redelivered', () => {
    fc.assert(
      fc.property(stories, ({ steps, effects }) => {
        const doubled = steps.flatMap((step) =>
          step.act.kind === 'message' ? [step, step] : [step],
        )
        expect(written(loud(run(newEngine(), doubled)))).toBe(written(loud(effects)))
      }),
      runs,
    )
  })

  it('raises nothing twice when messages come again later', () => {
    fc.assert(
      fc.property(stories, fc.integer({ min: 1, max: 8 }), ({ steps, effects }, delay) => {
        // A device that is removed forgets; one that is silent may well be heard by a repetition, and three that are late by the
        // same tell of a slow clock.
        const kept = steps.filter(
          ({ act }, index) =>
            index === 0 || act.kind !== 'command' || act.command.kind.startsWith('alert'),
        )
        const original = steps.length === kept.length ? effects : run(newEngine(), kept)
        const repeated = kept.flatMap((step, index) => {
          const earlier = kept[index - delay]
          return earlier?.act.kind === 'message' ? [step, { ...earlier, at: step.at }] : [step]
        })
        expect(raised(run(newEngine(), repeated))).toEqual(raised(original))
      }),
      runs,
    )
  })

  it('answers with the newest value by event time, whatever the order of arrival', () => {
    const values = fc.array(fc.record({ ageS: fc.nat(80_000), power: fc.nat(900) }), {
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(values, (list) => {
        const engine = newEngine()
        fixStory([], engine)
        const at = START + 90_000_000
        list.forEach(({ ageS, power }, index) =>
          apply(
            engine,
            {
              at,
              position: positionAt(10 + index),
              act: {
                kind: 'message',
                device: 'L-1',
                type: 'streetlight',
                payload: JSON.stringify({ ts: at - ageS * 1000, m: { power } }),
              },
            },
            () => {},
          ),
        )
        const newest = Math.min(...list.map(({ ageS }) => ageS))
        const expected = list.findLast(({ ageS }) => ageS === newest)?.power
        expect(engine.latest('L-1')?.values['power']).toEqual({
          value: expected,
          ts: at - newest * 1000,
        })
      }),
    )
  })
})
