import { afterEach, describe, expect, it } from 'vitest'
import { yieldToLoop } from '../../../src/clock.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { AppendOutcome, CommittedChunk } from '../../../src/ports.ts'
import { appendAll, message, recordsOf } from '../../contracts/journal.ts'
import { cleanUp, giveBack, openRig, readBack } from './rig.ts'

afterEach(cleanUp)

/** A reader that keeps its chunks until it is told to give one back. */
async function openWithSlowReader(chunksOutMax: number) {
  const chunks: CommittedChunk[] = []
  const rig = await openRig({
    chunksOutMax,
    chunkBytes: 256,
    deliver: (chunk) => chunks.push(chunk),
  })
  return { ...rig, chunks }
}

const big = (text: string) => message(text.padEnd(150, '.'))

describe('back-pressure', () => {
  it('a reader that gives nothing back stops commits; giving one back lets one go', async () => {
    const rig = await openWithSlowReader(3)
    const outcomes: AppendOutcome[] = []
    const held = rig.nextHold()
    for (let n = 1; n <= 5; n++) rig.journal.append(big(`${n}`), (got) => outcomes.push(got))
    expect(await held).toBe('slow reader: 3 chunks were delivered and not given back')
    expect(rig.chunks).toHaveLength(3)
    expect(outcomes).toHaveLength(3)
    expect(rig.journal.status()).toMatchObject({ pendingEntries: 2, committed: positionAt(3) })

    for (const expected of [4, 5]) {
      const moved = rig.nextHold()
      const [chunk] = rig.chunks.splice(0, 1)
      if (chunk !== undefined) giveBack(rig.journal, chunk)
      await moved
      while (outcomes.length < expected) await yieldToLoop()
    }
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(5).fill('committed'))
    expect(readBack(rig.directory)).toHaveLength(5)
  })

  it('close commits and delivers what waits, whatever the reader does', async () => {
    const rig = await openWithSlowReader(1)
    const held = rig.nextHold()
    const all = appendAll(
      rig.journal,
      Array.from({ length: 6 }, (_, index) => big(`${index}`)),
    )
    await held
    await rig.journal.close()
    expect((await all).map(({ kind }) => kind)).toEqual(Array(6).fill('committed'))
    expect(rig.chunks.flatMap(recordsOf).map(({ sequence }) => sequence)).toEqual([
      1, 2, 3, 4, 5, 6,
    ])
  })

  it('small commits gather into one chunk while the reader is busy', async () => {
    const chunks: CommittedChunk[] = []
    const rig = await openRig({ deliver: (chunk) => chunks.push(chunk) })
    for (let n = 1; n <= 10; n++)
      expect(await appendAll(rig.journal, [message(`${n}`)])).toMatchObject([
        { kind: 'committed', position: positionAt(n) },
      ])
    expect(chunks.map(({ count }) => count)).toEqual([1, 1])
    const [first] = chunks
    if (first !== undefined) giveBack(rig.journal, first)
    expect(chunks.map(({ count }) => count)).toEqual([1, 1, 8])
    expect(chunks.map((chunk) => chunk.first)).toEqual([1, 2, 3].map((n) => positionAt(n)))
  })

  it('takes memory back that has gone through another thread, and uses it again', async () => {
    const chunks: CommittedChunk[] = []
    const rig = await openRig({ deliver: (chunk) => chunks.push(chunk) })
    await appendAll(rig.journal, [message('a')])
    const memory = chunks[0]?.bytes.buffer as ArrayBuffer
    const moved = structuredClone(memory, { transfer: [memory] })
    rig.journal.release(moved)
    await appendAll(rig.journal, [message('b')])
    expect(chunks[1]?.bytes.buffer).toBe(moved)
    expect(readBack(rig.directory)).toHaveLength(2)
  })

  it('refuses to take the same memory back twice', async () => {
    const chunks: CommittedChunk[] = []
    const rig = await openRig({ deliver: (chunk) => chunks.push(chunk) })
    await appendAll(rig.journal, [message('a')])
    const memory = chunks[0]?.bytes.buffer as ArrayBuffer
    rig.journal.release(memory)
    expect(() => rig.journal.release(memory)).toThrow(RangeError)
  })
})

describe('group commit', () => {
  it('gathers what arrives within the gap into one commit', async () => {
    const rig = await openRig({ commitGapMs: 5 })
    await appendAll(rig.journal, [message('a')])
    const told: string[] = []
    const rest = ['b', 'c', 'd'].map((name) => appendAll(rig.journal, [message(name)]))
    for (const one of rest) void one.then(() => told.push('committed'))
    await yieldToLoop()
    expect(rig.journal.status().pendingEntries).toBe(3)
    rig.clock.set(rig.clock.now() + 4)
    expect(rig.journal.status().pendingEntries).toBe(3)
    rig.clock.set(rig.clock.now() + 1)
    await Promise.all(rest)
    expect(rig.journal.committed).toBe(positionAt(4))
  })
})
