// The mean of a metric over the last seconds; how the window counts as covered is in `rolling-mean.ts`.

import { createMeanRing, createRollingMean } from '../rolling-mean.ts'
import { always, anySaid, shownAs } from './measure.ts'
import type { Measure, OperandContext } from './measure.ts'

export function createMean(id: string, seconds: number, context: OperandContext): Measure {
  const index = context.indexFor(id)
  const metric = context.metrics[index]
  const of = `mean ${id} ${seconds}`
  const mean = createRollingMean({
    windowMs: seconds * 1000,
    byEnergy: metric?.unit.startsWith('dB[SPL]') === true,
  })
  return {
    read(sample, state, slot) {
      const value = sample.values[index] ?? Number.NaN
      const memory = slot.memories[context.memoryIndex]
      if (Number.isNaN(value) || memory?.kind !== 'mean') return Number.NaN
      return mean.add(memory, value, sample.at, state.reportMs)
    },
    indexes: [index],
    isFitted: anySaid([index]),
    applies: always,
    shown: shownAs(metric, 'mean'),
    memory: { of, create: () => ({ kind: 'mean', of, ...createMeanRing() }), isLasting: false },
  }
}
