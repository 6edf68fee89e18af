import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { createBuckets, createLine } from '../../../src/edge/pace.ts'

describe('createBuckets()', () => {
  it('gives the burst at once and then the rate', () => {
    const clock = createManualClock(0)
    const bucket = createBuckets({ clock, perSecond: 10, burst: 3, bytesEach: 100, entriesMax: 5 })(
      'a',
    )
    const takeAll = (): number => {
      let count = 0
      while (bucket.take(1)) count++
      return count
    }
    expect(takeAll()).toBe(3)
    clock.set(250)
    expect(takeAll()).toBe(2)
    clock.set(60_000)
    expect(takeAll()).toBe(3)
  })

  it('makes up for heavy messages: one may overdraw the bytes, the next one waits', () => {
    const clock = createManualClock(0)
    const options = { clock, perSecond: 10, burst: 10, bytesEach: 100, entriesMax: 5 }
    const bucket = createBuckets(options)('a')
    expect(bucket.take(3_000)).toBe(true)
    expect(bucket.take(1)).toBe(false)
    clock.set(1_990)
    expect(bucket.take(1)).toBe(false)
    clock.set(2_010)
    expect(bucket.take(1)).toBe(true)
  })

  it('keeps a bucket across reconnects and forgets the longest unused one', () => {
    const clock = createManualClock(0)
    const bucketOf = createBuckets({ clock, perSecond: 1, burst: 1, bytesEach: 100, entriesMax: 2 })
    expect(bucketOf('a').take(1)).toBe(true)
    expect(bucketOf('a').take(1)).toBe(false)
    bucketOf('b')
    bucketOf('a')
    bucketOf('c')
    expect(bucketOf('a').take(1)).toBe(false)
  })
})

describe('createLine()', () => {
  it('runs every turn once and in order, never above the rate, whatever the arrival times', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 60 }), (gaps) => {
        const clock = createManualClock(0)
        const bucketOf = createBuckets({
          clock,
          perSecond: 130,
          burst: 5,
          bytesEach: 100,
          entriesMax: 1,
        })
        const line = createLine(bucketOf('a'), clock)
        const ran: number[] = []
        for (const [index, gapMs] of gaps.entries()) {
          clock.set(clock.now() + gapMs)
          line.wait({ bytes: 1, run: () => ran.push(index), drop: () => ran.push(-1) })
          expect(ran.length).toBeLessThanOrEqual(5 + clock.now() * 0.13)
        }
        clock.set(clock.now() + 60_000)
        expect(ran).toEqual(gaps.map((_gap, index) => index))
      }),
    )
  })

  it('drops what waits when it is closed, also from within a turn', () => {
    const clock = createManualClock(0)
    const line = createLine(
      createBuckets({ clock, perSecond: 1_000, burst: 1, bytesEach: 100, entriesMax: 1 })('a'),
      clock,
    )
    const seen: string[] = []
    const turn = (name: string, run = () => {}) => ({
      bytes: 1,
      run: () => {
        seen.push(name)
        run()
      },
      drop: () => seen.push(`${name} dropped`),
    })
    line.wait(turn('one'))
    line.wait(turn('two', () => line.close()))
    line.wait(turn('three'))
    expect(line.tryNow(1)).toBe(false)
    clock.set(1_000)
    expect(seen).toEqual(['one', 'two', 'three dropped'])
    expect(clock.nextDue()).toBeNull()
  })
})
