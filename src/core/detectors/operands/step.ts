// The difference to the sample before, however long ago that was: a meter that runs backward while nobody hears it shows as well.

import { always, anySaid, shownAs, withoutNoise } from './measure.ts'
import type { Measure, OperandContext } from './measure.ts'

export function createStep(id: string, context: OperandContext): Measure {
  const index = context.indexFor(id)
  const of = `step ${id}`
  return {
    read(sample, _state, slot) {
      const value = sample.values[index] ?? Number.NaN
      const memory = slot.memories[context.memoryIndex]
      if (Number.isNaN(value) || memory?.kind !== 'step') return Number.NaN
      const step = memory.lastAt === null ? Number.NaN : withoutNoise(value - memory.last)
      memory.last = value
      memory.lastAt = sample.at
      return step
    },
    indexes: [index],
    isFitted: anySaid([index]),
    applies: always,
    shown: shownAs(context.metrics[index], 'step'),
    memory: { of, create: () => ({ kind: 'step', of, lastAt: null, last: 0 }), isLasting: true },
  }
}
