// How much a metric has changed over the last seconds: now minus the oldest sample of the window. A metric that is reported when it
// changes holds in between, so its change is against the value it had when the window began; a counter's change is what it grew by,
// and a reset adds nothing.
//
// Kept are the first samples of each sixtieth of the window, so the window is exact to that; a sample that is late by as much still
// counts as the one at its beginning.

import { ENTRIES_MAX } from '../memory.ts'
import type { ChangeMemory } from '../memory.ts'
import type { Millis } from '../../position.ts'
import { always, anySaid, shownAs, valueOf, withoutNoise } from './measure.ts'
import type { Measure, OperandContext } from './measure.ts'

export function createChange(id: string, seconds: number, context: OperandContext): Measure {
  const index = context.indexFor(id)
  const metric = context.metrics[index]
  const holds = metric?.onChange === true
  const isCounter = metric?.kind === 'counter'
  const of = `change ${id} ${seconds}`
  const windowMs = seconds * 1000
  // The window, one bucket of tolerance and a begun one on each side are together at most sixty.
  const bucketMs = windowMs / (ENTRIES_MAX - 3)

  return {
    read(sample, state, slot) {
      const value = valueOf(sample, state, index, holds)
      const memory = slot.memories[context.memoryIndex]
      if (Number.isNaN(value) || memory?.kind !== 'change') return Number.NaN
      const { at } = sample
      const level = isCounter ? grownTo(memory, value) : value
      memory.lastAt = at
      if (holds) expireHeld(memory, at - windowMs)
      else expire(memory, at - windowMs - bucketMs)
      const base = memory.before ?? memory.entries[0]?.[1]
      note(memory, at, level)
      return base === undefined ? Number.NaN : withoutNoise(level - base)
    },
    indexes: [index],
    isFitted: anySaid([index]),
    applies: always,
    shown: shownAs(metric, 'change'),
    memory: {
      of,
      create: () => ({
        kind: 'change',
        of,
        lastAt: null,
        entries: [],
        before: null,
        grown: 0,
        last: null,
      }),
      isLasting: false,
    },
  }

  function note({ entries }: ChangeMemory, at: Millis, level: number): void {
    const newest = entries.at(-1)
    if (newest !== undefined && Math.floor(newest[0] / bucketMs) === Math.floor(at / bucketMs))
      newest[2] = level
    else entries.push([at, level, level])
  }
}

function grownTo(memory: ChangeMemory, value: number): number {
  if (memory.last !== null && value > memory.last) memory.grown += value - memory.last
  memory.last = value
  return memory.grown
}

function expire({ entries }: ChangeMemory, begin: Millis): void {
  let expired = 0
  while ((entries[expired]?.[0] ?? begin) < begin) expired++
  if (expired > 0) entries.splice(0, expired)
}

function expireHeld(memory: ChangeMemory, begin: Millis): void {
  const { entries } = memory
  for (let oldest = entries[0]; oldest !== undefined && oldest[0] <= begin; oldest = entries[0]) {
    memory.before = oldest[2]
    entries.shift()
  }
}
