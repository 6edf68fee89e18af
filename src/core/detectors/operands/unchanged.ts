// For how many seconds a value has stayed the same to the last digit. A hole between samples begins the count anew: nobody knows
// what the value did in it.

import { always, anySaid, valueOf } from './measure.ts'
import type { Measure, OperandContext } from './measure.ts'

export function createUnchanged(id: string, context: OperandContext): Measure {
  const index = context.indexFor(id)
  const holds = context.metrics[index]?.onChange === true
  const of = `unchanged ${id}`
  return {
    read(sample, state, slot) {
      const value = valueOf(sample, state, index, holds)
      const memory = slot.memories[context.memoryIndex]
      if (Number.isNaN(value) || memory?.kind !== 'unchanged') return Number.NaN
      const { at } = sample
      const { lastAt } = memory
      if (lastAt === null || value !== memory.value || at - lastAt > context.gapMs(state)) {
        memory.value = value
        memory.since = at
      }
      memory.lastAt = at
      return (at - memory.since) / 1000
    },
    indexes: [index],
    isFitted: anySaid([index]),
    applies: always,
    shown: { metric: id, operand: 'unchanged', unit: 's', unitLabel: 's', precision: 0 },
    memory: {
      of,
      create: () => ({ kind: 'unchanged', of, lastAt: null, value: 0, since: 0 }),
      isLasting: false,
    },
  }
}
