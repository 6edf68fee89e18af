// Beginnings of frames wait for their ends, within limits, and nothing of them vanishes.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFragments } from '../../../src/core/messages/fragments.ts'
import type { FragmentOrigin } from '../../../src/core/messages/fragments.ts'
import { positionAt } from '../../../src/core/position.ts'

const bytes = (...values: readonly number[]) => Uint8Array.from(values)

function origin(receivedAt: number, topic = 'dtu/1/up', sequence = 1): FragmentOrigin {
  const position = positionAt(sequence)
  return { topic, client: '@dtu', format: 'hj212', simulated: false, receivedAt, position }
}

describe('createFragments()', () => {
  it('puts what waits before the next payload of the same stream, once', () => {
    const fragments = createFragments()
    expect(fragments.keep('a', bytes(1, 2), origin(1000))).toEqual([])
    expect(fragments.join('b', bytes(9), 1001)).toEqual(bytes(9))
    expect(fragments.join('a', bytes(3), 60_999)).toEqual(bytes(1, 2, 3))
    expect(fragments.join('a', bytes(4), 60_999)).toEqual(bytes(4))
    expect(fragments.expire(1e9)).toEqual([])
  })

  it('hands a payload with nothing before it on without a copy', () => {
    const payload = bytes(1)
    expect(createFragments().join('a', payload, 0)).toBe(payload)
  })

  it('keeps a copy: the buffer it came in is used again', () => {
    const fragments = createFragments()
    const rest = bytes(1, 2)
    fragments.keep('a', rest, origin(0))
    rest.fill(0)
    expect(fragments.join('a', bytes(), 1)).toEqual(bytes(1, 2))
  })

  it('gives up after a minute, the oldest first, with its origin and reason', () => {
    const fragments = createFragments()
    fragments.keep('a', bytes(1), origin(0))
    fragments.keep('b', bytes(2), origin(10))
    fragments.keep('c', bytes(3), origin(11))
    expect(fragments.expire(59_999)).toEqual([])
    const detail = 'expected the end of the frame within 60 s, got none'
    expect(fragments.expire(60_010)).toEqual([
      { origin: origin(0), bytes: bytes(1), detail },
      { origin: origin(10), bytes: bytes(2), detail },
    ])
    expect(fragments.expire(60_010)).toEqual([])
  })

  it('joins nothing to what is too old, and still gives it back', () => {
    const fragments = createFragments()
    fragments.keep('a', bytes(1), origin(0))
    expect(fragments.join('a', bytes(2), 60_000)).toEqual(bytes(2))
    const lost = fragments.keep('a', bytes(3), origin(60_000))
    expect(lost).toMatchObject([{ origin: origin(0), bytes: bytes(1) }])
    expect(fragments.expire(60_001)).toEqual([])
    expect(fragments.join('a', bytes(4), 60_001)).toEqual(bytes(3, 4))
  })

  it('does not keep more than 4 KiB of a stream', () => {
    const fragments = createFragments()
    expect(fragments.keep('a', new Uint8Array(4096), origin(0))).toEqual([])
    expect(fragments.keep('b', new Uint8Array(4097), origin(0))).toMatchObject([
      { detail: 'expected at most 4096 bytes of a frame without its end, got 4097' },
    ])
    expect(fragments.join('b', bytes(1), 1)).toEqual(bytes(1))
  })

  it('keeps a thousand streams, and gives the oldest back for one more', () => {
    const fragments = createFragments()
    for (let n = 0; n < 1000; n++)
      expect(fragments.keep(`s${n}`, bytes(n & 255), origin(n))).toEqual([])
    expect(fragments.keep('one more', bytes(1), origin(1000))).toMatchObject([
      { origin: origin(0), bytes: bytes(0) },
    ])
    expect(fragments.join('s0', bytes(7), 1000)).toEqual(bytes(7))
    expect(fragments.join('s1', bytes(7), 1000)).toEqual(bytes(1, 7))
  })

  it('a kept stream moves to the end of the queue', () => {
    const fragments = createFragments()
    fragments.keep('a', bytes(1), origin(0))
    fragments.keep('b', bytes(2), origin(1))
    fragments.join('a', bytes(), 2)
    fragments.keep('a', bytes(1), origin(2))
    expect(fragments.expire(60_001).map(({ origin: { receivedAt } }) => receivedAt)).toEqual([1])
  })
})

describe('createFragments(): laws', () => {
  const step = fc.record({
    stream: fc.constantFrom('a', 'b', 'c', 'd'),
    payload: fc.uint8Array({ maxLength: 20 }),
    afterMs: fc.nat(40_000),
    keeps: fc.nat(20),
  })

  /** One message: old ones leave, the payload is joined, some of its end is kept. */
  function run(
    fragments: ReturnType<typeof createFragments>,
    steps: readonly { stream: string; payload: Uint8Array; afterMs: number; keeps: number }[],
    start: { now: number; count: number },
    snapshotAt: number,
  ) {
    let box = fragments
    let { now, count } = start
    const seen: unknown[] = []
    let came = 0
    let left = 0
    for (const { stream, payload, afterMs, keeps } of steps) {
      if (count === snapshotAt) box = createFragments(JSON.parse(JSON.stringify(box.snapshot())))
      now += afterMs
      count++
      came += payload.length
      const lost = [...box.expire(now)]
      const joined = box.join(stream, payload, now)
      const rest = joined.subarray(Math.max(0, joined.length - keeps))
      left += joined.length - rest.length
      if (rest.length > 0) lost.push(...box.keep(stream, rest, origin(now, stream, count)))
      for (const one of lost) left += one.bytes.length
      seen.push([[...joined], lost.map((one) => [one.detail, one.origin.position, [...one.bytes]])])
    }
    for (const one of box.expire(now + 60_000)) left += one.bytes.length
    return { seen, came, left }
  }

  it('every byte that came is read or given back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { came, left } = run(createFragments(), steps, { now: 0, count: 0 }, -1)
        expect(left).toBe(came)
      }),
    )
  })

  it('a snapshot and the rest of the messages give the same', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (steps, at) => {
        const start = { now: 0, count: 0 }
        expect(run(createFragments(), steps, start, at)).toEqual(
          run(createFragments(), steps, start, -1),
        )
      }),
    )
  })
})
