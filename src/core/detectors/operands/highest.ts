// The highest value of a metric within the last seconds, this sample's among them; also in a sample that is silent about it, so that a
// shock in one message and the lean in the next are seen together. A metric that holds counts for as long as it held.
//
// Kept are falling peaks, at most one per sixtieth of the window, so a peak may count that much longer when a lower value follows it.

import { ENTRIES_MAX } from '../memory.ts'
import type { HighestMemory } from '../memory.ts'
import type { Millis } from '../../position.ts'
import { always, anySaid, shownAs } from './measure.ts'
import type { Measure, OperandContext } from './measure.ts'

export function createHighest(id: string, seconds: number, context: OperandContext): Measure {
  const index = context.indexFor(id)
  const metric = context.metrics[index]
  const holds = metric?.onChange === true
  const of = `highest ${id} ${seconds}`
  const windowMs = seconds * 1000
  const bucketMs = windowMs / (ENTRIES_MAX - 1)

  return {
    read(sample, _state, slot) {
      const value = sample.values[index] ?? Number.NaN
      const memory = slot.memories[context.memoryIndex]
      if (memory?.kind !== 'highest') return Number.NaN
      const { at } = sample
      expire(memory, at - windowMs)
      if (holds && memory.last !== null) note(memory, at, memory.last)
      if (!Number.isNaN(value)) {
        note(memory, at, value)
        memory.last = value
        memory.lastAt = at
      }
      return memory.entries[0]?.[1] ?? Number.NaN
    },
    indexes: [index],
    isFitted: anySaid([index]),
    applies: always,
    shown: shownAs(metric, 'highest'),
    memory: {
      of,
      create: () => ({ kind: 'highest', of, lastAt: null, last: null, entries: [] }),
      isLasting: false,
    },
  }

  function note({ entries }: HighestMemory, at: Millis, value: number): void {
    for (let newest = entries.at(-1); newest !== undefined; newest = entries.at(-1)) {
      if (newest[1] > value) {
        if (Math.floor(newest[0] / bucketMs) !== Math.floor(at / bucketMs)) break
        newest[0] = at
        return
      }
      entries.pop()
    }
    entries.push([at, value])
  }
}

function expire({ entries }: HighestMemory, begin: Millis): void {
  let expired = 0
  while ((entries[expired]?.[0] ?? begin) < begin) expired++
  if (expired > 0) entries.splice(0, expired)
}
