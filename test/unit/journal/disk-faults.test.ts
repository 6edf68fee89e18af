import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { yieldToLoop } from '../../../src/clock.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { Clock } from '../../../src/ports.ts'
import { appendAll, message } from '../../contracts/journal.ts'
import { cleanUp, crashCopy, createFaultyIo, openRig, readBack, type Rig } from './rig.ts'

afterEach(cleanUp)

const texts = (...names: string[]) => names.map((name) => message(name))
const sequences = (directory: string) =>
  readBack(directory).map((item) => ('sequence' in item ? item.sequence : item.lost))
const segmentsIn = (directory: string) =>
  readdirSync(directory).filter((name) => name.endsWith('.journal'))

/** Lets the writer try again, as often as it pauses, until it stops holding. */
async function passPauses(rig: Rig): Promise<void> {
  while (rig.journal.status().holding !== null) {
    const due = rig.clock.nextDue()
    if (due !== null) rig.clock.set(due)
    await yieldToLoop()
  }
}

describe('a disk that fails', () => {
  it('full: holds the acknowledgements, says why, and goes on when there is room', async () => {
    const { io, faults } = createFaultyIo()
    const rig = await openRig({ io })
    await appendAll(rig.journal, texts('a'))
    faults.room = 60
    const held = rig.nextHold()
    const waiting = appendAll(rig.journal, texts('b', 'c'))
    expect(await held).toBe('disk full: ENOSPC: no space left on device, write')
    expect(rig.journal.status()).toMatchObject({ holding: await held, pendingEntries: 2 })
    expect(rig.journal.committed).toBe(positionAt(1))
    expect(sequences(crashCopy(rig.directory))).toEqual([1])
    expect(statSync(join(rig.directory, segmentsIn(rig.directory)[0] ?? '')).size).toBe(
      rig.journal.status().bytesOnDisk,
    )

    faults.room = Infinity
    await passPauses(rig)
    expect(await waiting).toMatchObject([{ position: positionAt(2) }, { position: positionAt(3) }])
    expect(rig.journal.status().holding).toBe(null)
    expect(sequences(rig.directory)).toEqual([1, 2, 3])
    expect(segmentsIn(rig.directory)).toHaveLength(1)
  })

  it('full from the start: begins its first segment when there is room', async () => {
    const { io, faults } = createFaultyIo()
    faults.room = 10
    const rig = await openRig({ io })
    const held = rig.nextHold()
    const waiting = appendAll(rig.journal, texts('a'))
    expect(await held).toMatch(/^disk full/)
    faults.room = Infinity
    await passPauses(rig)
    expect(await waiting).toMatchObject([{ kind: 'committed', position: positionAt(1) }])
    expect(sequences(rig.directory)).toEqual([1])
  })

  it('writing only a part each time: the rest is written behind it', async () => {
    const { io, faults } = createFaultyIo()
    faults.shortWriteBytes = 7
    const rig = await openRig({ io, chunkBytes: 256 })
    await appendAll(rig.journal, texts('a', 'b', 'c', 'd', 'e'))
    expect(sequences(rig.directory)).toEqual([1, 2, 3, 4, 5])
    expect(faults.writes).toBeGreaterThan(20)
  })

  it.each([
    ['and the tail can be cut off', false],
    ['and the tail stays', true],
  ])(
    'failing to sync, %s: goes on in a new segment, each record once',
    async (_case, failTruncate) => {
      const { io, faults } = createFaultyIo()
      const rig = await openRig({ io })
      await appendAll(rig.journal, texts('a'))
      faults.failingSyncs = 1
      faults.failTruncate = failTruncate
      const held = rig.nextHold()
      const waiting = appendAll(rig.journal, texts('b', 'c'))
      expect(await held).toBe('disk error: EIO: i/o error, fdatasync')
      await passPauses(rig)
      expect((await waiting).map(({ kind }) => kind)).toEqual(['committed', 'committed'])
      expect(segmentsIn(rig.directory)).toEqual([
        '0000000000000001.journal',
        '0000000000000002.journal',
      ])
      expect(sequences(rig.directory)).toEqual([1, 2, 3])
      await rig.journal.close()
      const again = await openRig({ directory: rig.directory })
      expect(await appendAll(again.journal, texts('d'))).toMatchObject([
        { position: positionAt(4) },
      ])
      expect(sequences(rig.directory)).toEqual([1, 2, 3, 4])
    },
  )

  it('failing the first sync of a segment: the new file takes the place of the old', async () => {
    const { io, faults } = createFaultyIo()
    const rig = await openRig({ io })
    const first = appendAll(rig.journal, texts('a'))
    // The header is synced first.
    while (faults.syncs === 0) await yieldToLoop()
    faults.failingSyncs = 1
    const held = await rig.nextHold()
    expect(held).toMatch(/^disk error/)
    await passPauses(rig)
    await first
    expect(segmentsIn(rig.directory)).toEqual(['0000000000000001.journal'])
    expect(sequences(rig.directory)).toEqual([1])
    expect(rig.journal.status().segments).toBe(1)
  })

  it('pauses longer after each failure, up to five seconds', async () => {
    const { io, faults } = createFaultyIo()
    faults.room = 0
    const asked: number[] = []
    const enough = new Promise<void>((resolve) => {
      const clock: Clock = {
        now: () => 0,
        after(ms, task) {
          // The first wait is the one for a second of silence; every other one is a pause.
          if (asked.push(ms) === 11) resolve()
          else if (asked.length > 1) setImmediate(task)
          return () => undefined
        },
      }
      void openRig({ io, clock }).then((rig) => appendAll(rig.journal, texts('a')))
    })
    await enough
    expect(asked.slice(1)).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000])
    faults.room = Infinity
  })

  it('full when the journal closes: tells everyone that it is unknown, in order', async () => {
    const { io, faults } = createFaultyIo()
    const rig = await openRig({ io, chunkBytes: 256 })
    await appendAll(rig.journal, texts('a'))
    faults.room = 0
    const held = rig.nextHold()
    const told: string[] = []
    for (const name of ['b', 'c', 'd', 'e', 'f', 'g'])
      rig.journal.append(message(name), ({ kind }) => told.push(`${name} ${kind}`))
    await held
    rig.journal.append(message('h'), ({ kind }) => told.push(`h ${kind}`))
    await rig.journal.close()
    expect(told).toEqual(['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `${name} unknown`))
    faults.room = Infinity
    const again = await openRig({ directory: rig.directory })
    expect(again.journal.committed).toBe(positionAt(1))
  })

  it.each([
    ['entries', { pendingEntriesMax: 3 }],
    ['bytes', { pendingBytesMax: 4 * 76 - 1 }],
  ])('full for long: refuses what goes beyond the limit of %s', async (_case, limits) => {
    const { io, faults } = createFaultyIo()
    const rig = await openRig({ io, ...limits })
    faults.room = 0
    const held = rig.nextHold()
    const waiting = appendAll(rig.journal, texts('a', 'b', 'c'))
    await held
    expect(rig.journal.status()).toMatchObject({ pendingEntries: 3, pendingBytes: 3 * 76 })
    expect(await appendAll(rig.journal, [message('d'.repeat(40))])).toEqual([
      { kind: 'refused', reason: 'full' },
    ])
    faults.room = Infinity
    await passPauses(rig)
    expect((await waiting).map(({ kind }) => kind)).toEqual(Array(3).fill('committed'))
    expect(await appendAll(rig.journal, texts('e'))).toMatchObject([{ position: positionAt(4) }])
  })
})
