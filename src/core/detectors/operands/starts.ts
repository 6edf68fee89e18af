// How often something was switched on within the last seconds. Counted in sixtieths of the window, so that a contact that chatters
// fills no memory.

import { ENTRIES_MAX } from '../memory.ts'
import type { StartsMemory } from '../memory.ts'
import type { Millis } from '../../position.ts'
import { always, anySaid, valueOf } from './measure.ts'
import type { Measure, OperandContext } from './measure.ts'

export function createStarts(id: string, seconds: number, context: OperandContext): Measure {
  const index = context.indexFor(id)
  const holds = context.metrics[index]?.onChange === true
  const of = `starts ${id} ${seconds}`
  const windowMs = seconds * 1000
  const bucketMs = windowMs / (ENTRIES_MAX - 1)

  return {
    read(sample, state, slot) {
      const value = valueOf(sample, state, index, holds)
      const memory = slot.memories[context.memoryIndex]
      if (Number.isNaN(value) || memory?.kind !== 'starts') return Number.NaN
      const { at } = sample
      const { lastAt } = memory
      // What happened in a hole is not known, unless the metric would have been reported.
      const isUnbroken = lastAt !== null && (holds || at - lastAt <= context.gapMs(state))
      const isStart = isUnbroken && memory.last === 0 && value === 1
      memory.last = value
      memory.lastAt = at
      if (isStart) note(memory, at)
      return countAfter(memory, at - windowMs)
    },
    indexes: [index],
    isFitted: anySaid([index]),
    applies: always,
    shown: { metric: id, operand: 'starts', unit: '1', unitLabel: '', precision: 0 },
    memory: {
      of,
      create: () => ({ kind: 'starts', of, lastAt: null, last: 0, entries: [] }),
      isLasting: false,
    },
  }

  function note({ entries }: StartsMemory, at: Millis): void {
    const newest = entries.at(-1)
    if (newest !== undefined && Math.floor(newest[0] / bucketMs) === Math.floor(at / bucketMs)) {
      newest[0] = at
      newest[1]++
    } else entries.push([at, 1])
  }
}

function countAfter({ entries }: StartsMemory, begin: Millis): number {
  let expired = 0
  while ((entries[expired]?.[0] ?? Number.POSITIVE_INFINITY) <= begin) expired++
  if (expired > 0) entries.splice(0, expired)
  let count = 0
  for (const entry of entries) count += entry[1]
  return count
}
