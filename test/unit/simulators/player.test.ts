// The player and its heap: order, pace, and that a stop is heard.

import { array, assert, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHeap } from '../../../src/core/time/heap.ts'
import type { Message } from '../../../simulators/device-model.ts'
import { play, type Progress } from '../../../simulators/player.ts'
import type { Target } from '../../../simulators/target.ts'
import type { Clock } from '../../../src/ports.ts'

/** Time passes only while somebody naps. */
function napClock(): Clock & { readonly naps: number[] } {
  let now = 0
  const naps: number[] = []
  return {
    naps,
    now: () => now,
    after(ms, task) {
      now += ms
      naps.push(ms)
      queueMicrotask(task)
      return () => {}
    },
  }
}

function recordingTarget(): Target & { readonly log: string[] } {
  const log: string[] = []
  return {
    log,
    open: () => Promise.resolve(),
    reach(at) {
      log.push(`reach ${at}`)
      return Promise.resolve()
    },
    publish: (message) => void log.push(`publish ${message.payload}`),
    outcome: () => Promise.reject(new Error('not asked for')),
    close: () => Promise.resolve(),
  }
}

const messages: readonly Message[] = [1_000, 1_000, 61_000].map((at, index) => ({
  at,
  client: 'd',
  topic: 't',
  payload: String(index),
}))

describe('play()', () => {
  it('reaches each message’s time before it is published, then the end', async () => {
    const target = recordingTarget()
    await play({
      messages,
      target,
      start: 0,
      end: 90_000,
      speed: null,
      wall: napClock(),
      signal: new AbortController().signal,
      onProgress: () => {},
    })
    expect(target.log).toEqual([
      'reach 1000',
      'publish 0',
      'reach 1000',
      'publish 1',
      'reach 61000',
      'publish 2',
      'reach 90000',
    ])
  })

  it('holds the pace against the wall clock and tells its progress', async () => {
    const wall = napClock()
    const told: Progress[] = []
    await play({
      messages,
      target: recordingTarget(),
      start: 0,
      end: 90_000,
      speed: 10,
      wall,
      signal: new AbortController().signal,
      onProgress: (progress) => told.push(progress),
    })
    expect(wall.now()).toBeGreaterThanOrEqual(9_000 - 5)
    expect(wall.now()).toBeLessThan(9_300)
    expect(told.length).toBeGreaterThan(5)
  })

  it('stops between two messages when it is told to', async () => {
    const stop = new AbortController()
    const target = recordingTarget()
    function* endless(): Generator<Message> {
      for (let at = 0; ; at++) {
        if (at === 3) stop.abort()
        yield { at, client: 'd', topic: 't', payload: String(at) }
      }
    }
    await play({
      messages: endless(),
      target,
      start: 0,
      end: 1e9,
      speed: null,
      wall: napClock(),
      signal: stop.signal,
      onProgress: () => {},
    })
    expect(target.log.at(-1)).toBe('publish 2')
  })
})

describe('createHeap()', () => {
  it('hands everything out in order', () => {
    assert(
      property(array(integer()), (numbers) => {
        const heap = createHeap<number>((a, b) => a < b)
        for (const number of numbers) heap.push(number)
        const out = numbers.map(() => heap.pop())
        expect(out).toEqual([...numbers].sort((a, b) => a - b))
        expect(heap.pop()).toBeUndefined()
        expect(heap.size).toBe(0)
      }),
    )
  })
})
