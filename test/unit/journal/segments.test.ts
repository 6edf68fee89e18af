import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { yieldToLoop } from '../../../src/clock.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { AppendOutcome } from '../../../src/ports.ts'
import { appendAll, message, plain } from '../../contracts/journal.ts'
import { cleanUp, openRig, readBack, type Rig } from './rig.ts'

afterEach(cleanUp)

const texts = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => message(`reading ${from + index}`.padEnd(100, '.')))

/** One commit per entry, so that segments fill up evenly. */
async function appendSingly(rig: Rig, entries: ReturnType<typeof texts>): Promise<void> {
  for (const entry of entries) await appendAll(rig.journal, [entry])
}

const segmentsIn = (directory: string) =>
  readdirSync(directory).filter((name) => name.endsWith('.journal'))
const bytesIn = (directory: string) =>
  segmentsIn(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)

describe('segments', () => {
  it('begin anew at their size, named by their first sequence, and read as one', async () => {
    const rig = await openRig({ segmentBytes: 1000, chunkBytes: 4096 })
    const entries = texts(20)
    await appendSingly(rig, entries)
    const names = segmentsIn(rig.directory)
    expect(names.length).toBeGreaterThan(3)
    expect(names[0]).toBe('0000000000000001.journal')
    for (const name of names) expect(statSync(join(rig.directory, name)).size).toBeLessThan(1001)
    expect(readBack(rig.directory)).toEqual(
      entries.map((entry, index) => ({ sequence: index + 1, ...plain(entry) })),
    )
    expect(rig.journal.status()).toMatchObject({
      segments: names.length,
      bytesOnDisk: bytesIn(rig.directory),
    })
  })

  it('go when they are passed and old, and only then', async () => {
    const rig = await openRig({ segmentBytes: 1000, chunkBytes: 4096, retentionMs: 10_000 })
    await appendSingly(rig, texts(10))
    const before = segmentsIn(rig.directory)
    await rig.journal.retain(positionAt(10))
    expect(segmentsIn(rig.directory)).toEqual(before)

    rig.clock.set(rig.clock.now() + 20_000)
    await rig.journal.retain(positionAt(5))
    const first = Number(segmentsIn(rig.directory)[0]?.slice(0, 16))
    expect(first).toBeGreaterThan(1)
    expect(first).toBeLessThanOrEqual(6)

    await rig.journal.retain(positionAt(10))
    expect(segmentsIn(rig.directory)).toEqual(before.slice(-1))
    await rig.journal.close()
    expect(rig.journal.status()).toMatchObject({ segments: 1, bytesOnDisk: bytesIn(rig.directory) })
  })

  it('young ones go at the upper bound when nobody needs them', async () => {
    const rig = await openRig({ segmentBytes: 1000, maxBytes: 4000, chunkBytes: 1000 })
    for (const [index, entry] of texts(60).entries()) {
      await appendAll(rig.journal, [entry])
      await rig.journal.retain(positionAt(index))
      expect(bytesIn(rig.directory)).toBeLessThanOrEqual(4000)
    }
    expect(rig.holds.filter((reason) => reason !== null)).toEqual([])
    expect(readBack(rig.directory).at(-1)).toMatchObject({ sequence: 60 })
  })

  it('needed ones hold commits at the upper bound until they are passed', async () => {
    const rig = await openRig({ segmentBytes: 1000, maxBytes: 4000, chunkBytes: 1000 })
    const outcomes: AppendOutcome[] = []
    const held = rig.nextHold()
    for (const entry of texts(40)) {
      const committed = appendAll(rig.journal, [entry]).then((got) => outcomes.push(...got))
      await Promise.race([committed, held])
    }
    expect(await held).toMatch(/^journal full: expected at most 4000 bytes on disk, got 4\d\d\d/)
    expect(bytesIn(rig.directory)).toBeLessThanOrEqual(4000)
    const stored = outcomes.length
    expect(stored).toBeLessThan(40)

    const freed = rig.nextHold()
    await rig.journal.retain(rig.journal.committed)
    expect(await freed).toBe(null)
    const all = appendAll(rig.journal, [message('last')])
    for (let turn = 0; turn < 50 && outcomes.length < 40; turn++) {
      await rig.journal.retain(rig.journal.committed)
      await yieldToLoop()
    }
    await rig.journal.retain(rig.journal.committed)
    expect(await all).toMatchObject([{ kind: 'committed', position: positionAt(41) }])
    expect(outcomes).toHaveLength(40)
  })

  it('asks for room at the upper bound, and goes on with what it is given', async () => {
    let asked = 0
    const rig = await openRig({
      segmentBytes: 1000,
      maxBytes: 4000,
      chunkBytes: 1000,
      onFull() {
        asked++
        setImmediate(() => void rig.journal.retain(rig.journal.committed))
      },
    })
    const entries = Array.from({ length: 200 }, (_, index) => message(`${index}`))
    // More than the bound holds, in one go: no commit may be larger than the room there can be.
    expect((await appendAll(rig.journal, entries)).map(({ kind }) => kind)).toEqual(
      Array(200).fill('committed'),
    )
    expect(asked).toBeGreaterThan(0)
    expect(bytesIn(rig.directory)).toBeLessThanOrEqual(4000)
  })

  it('refuses an upper bound that four chunks do not fit into', async () => {
    await expect(openRig({ maxBytes: 4000, chunkBytes: 1001 })).rejects.toThrow(
      'expected maxBytes of at least four chunks (4004), got 4000',
    )
  })

  it('numbers go on behind positions that others know of, in a segment of their own', async () => {
    const rig = await openRig()
    await appendAll(rig.journal, texts(3))
    await rig.journal.close()
    const again = await openRig({ directory: rig.directory, after: positionAt(9) })
    expect(again.journal.committed).toBe(positionAt(9))
    expect(await appendAll(again.journal, texts(1))).toMatchObject([{ position: positionAt(10) }])
    expect(segmentsIn(rig.directory)).toEqual([
      '0000000000000001.journal',
      '0000000000000010.journal',
    ])
    expect(readBack(rig.directory).slice(3)).toMatchObject([{ lost: [4, 9] }, { sequence: 10 }])
  })
})
