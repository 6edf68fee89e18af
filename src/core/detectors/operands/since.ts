// What a counter has grown by since the local day, month or year began. It goes on while the rule does not apply, and what grew
// between the last sample of the old period and the first of the new one is shared out by time. A reset adds nothing.

import { createPeriodStart } from '../../time/calendar.ts'
import type { Period } from '../../time/calendar.ts'
import type { SinceMemory } from '../memory.ts'
import type { Millis } from '../../position.ts'
import { always, anySaid, shownAs, withoutNoise } from './measure.ts'
import type { Measure, OperandContext } from './measure.ts'

export function createSince(period: Period, id: string, context: OperandContext): Measure {
  const index = context.indexFor(id)
  const startOf = createPeriodStart(period, context.localTime)
  const of = `since ${period} ${id}`
  return {
    read(sample, _state, slot) {
      const value = sample.values[index] ?? Number.NaN
      const memory = slot.memories[context.memoryIndex]
      if (Number.isNaN(value) || memory?.kind !== 'since') return Number.NaN
      const { at } = sample
      const start = startOf(at)
      memory.grown = grownSince(memory, start, value, at)
      memory.start = start
      memory.last = value
      memory.lastAt = at
      return withoutNoise(memory.grown)
    },
    indexes: [index],
    isFitted: anySaid([index]),
    applies: always,
    shown: shownAs(context.metrics[index], 'since'),
    memory: {
      of,
      create: () => ({ kind: 'since', of, lastAt: null, last: 0, start: 0, grown: 0 }),
      isLasting: true,
    },
  }
}

function grownSince(memory: SinceMemory, start: Millis, value: number, at: Millis): number {
  const { lastAt } = memory
  if (lastAt === null) return 0
  const growth = Math.max(0, value - memory.last)
  if (memory.start === start) return memory.grown + growth
  return lastAt < start ? (growth * (at - start)) / (at - lastAt) : growth
}
