import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { positionAt } from '../../../src/core/position.ts'
import type { Entry } from '../../../src/core/messages/record.ts'
import { crc32 } from '../../../src/journal/crc32.ts'
import { frameBytes } from '../../../src/journal/frame.ts'
import {
  encodeHeader,
  listSegments,
  SEGMENT_HEADER_BYTES,
  segmentName,
} from '../../../src/journal/segment.ts'
import { anyEntry, appendAll, message, plain } from '../../contracts/journal.ts'
import { cleanUp, crashCopy, openRig, readBack, temporaryDirectory } from './rig.ts'

afterEach(cleanUp)

interface Written {
  readonly directory: string
  readonly entries: readonly Entry[]
  /** The last segment: its path, and where each of its records ends. */
  readonly last: string
  readonly firstInLast: number
  readonly ends: readonly number[]
}

/** A journal of several segments as a killed process leaves it. */
async function written(batches: readonly (readonly Entry[])[], segmentBytes: number) {
  const rig = await openRig({ segmentBytes, chunkBytes: 512 })
  for (const batch of batches) await appendAll(rig.journal, batch)
  const directory = crashCopy(rig.directory)
  const entries = batches.flat()
  const segment = listSegments(directory).at(-1)
  const firstInLast = segment?.first ?? 1
  let end = SEGMENT_HEADER_BYTES
  const ends = entries.slice(firstInLast - 1).map((entry) => (end += frameBytes(entry)))
  const result: Written = { directory, entries, last: segment?.path ?? '', firstInLast, ends }
  return result
}

const placed = (entries: readonly Entry[]) =>
  entries.map((entry, index) => ({ sequence: index + 1, ...plain(entry) }))

/** What reopening twice and appending must come to, whatever has happened to the file. */
async function checkGoesOn(directory: string): Promise<void> {
  const first = await openRig({ directory })
  const before = readBack(directory)
  const { committed } = first.journal
  await first.journal.close()

  const second = await openRig({ directory })
  expect(second.repair.torn).toEqual([])
  expect(second.journal.committed).toBe(committed)
  expect(readBack(directory)).toEqual(before)
  const entry = message('after the repair')
  expect(await appendAll(second.journal, [entry])).toMatchObject([
    { kind: 'committed', position: committed + 1 },
  ])
  expect(readBack(directory)).toEqual([...before, { sequence: committed + 1, ...plain(entry) }])
  await second.journal.close()
}

const twoRecords = () => written([[message('a'), message('b')]], 2 ** 20)

const anyBatches = fc.array(fc.array(anyEntry, { minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 6,
})
const RUNS = { numRuns: 25 }

describe('openJournal() after a crash', () => {
  it('reads back everything committed, over any restarts', async () => {
    await fc.assert(
      fc.asyncProperty(anyBatches, fc.integer({ min: 200, max: 2000 }), async (batches, size) => {
        const directory = temporaryDirectory()
        for (const batch of batches) {
          const rig = await openRig({ directory, segmentBytes: size, chunkBytes: 512 })
          await appendAll(rig.journal, batch)
          await rig.journal.close()
        }
        expect(readBack(directory)).toEqual(placed(batches.flat()))
      }),
      RUNS,
    )
  })

  it('cut at any byte: keeps every record before it, saves the torn rest, and goes on', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyBatches,
        fc.integer({ min: 200, max: 2000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (batches, size, share) => {
          const journal = await written(batches, size)
          const cutAt = Math.floor(share * statSync(journal.last).size)
          truncateSync(journal.last, cutAt)
          const whole = journal.ends.filter((end) => end <= cutAt)
          const kept = journal.entries.slice(0, journal.firstInLast - 1 + whole.length)
          expect(readBack(journal.directory)).toEqual(placed(kept))

          const rig = await openRig({ directory: journal.directory })
          expect(readBack(journal.directory)).toEqual(placed(kept))
          const tornBytes = cutAt - (whole.at(-1) ?? Math.min(cutAt, SEGMENT_HEADER_BYTES))
          if (cutAt >= SEGMENT_HEADER_BYTES)
            expect(rig.repair.torn.map(({ bytes }) => bytes)).toEqual(
              tornBytes === 0 ? [] : [tornBytes],
            )
          for (const { savedAs, bytes } of rig.repair.torn)
            expect(statSync(savedAs ?? '').size).toBe(bytes)
          await rig.journal.close()
          await checkGoesOn(journal.directory)
        },
      ),
      RUNS,
    )
  })

  it('with any bit flipped: loses the record it is in, names it when sound ones follow, and goes on', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyBatches,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 0, max: 7 }),
        async (batches, share, bit) => {
          const journal = await written(batches, 1200)
          const bytes = readFileSync(journal.last)
          const at = Math.floor(share * bytes.length)
          bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at)
          writeFileSync(journal.last, bytes)

          const hit = journal.ends.findIndex((end) => at < end)
          const isHeader = at < SEGMENT_HEADER_BYTES
          const isLast = hit === journal.ends.length - 1
          const sequence = journal.firstInLast + hit
          const all = placed(journal.entries)
          const expected = isHeader
            ? all
            : isLast
              ? all.slice(0, -1)
              : all.with(sequence - 1, { lost: [sequence, sequence] } as never)
          expect(readBack(journal.directory)).toEqual(expected)

          const rig = await openRig({ directory: journal.directory })
          expect(readBack(journal.directory)).toEqual(expected)
          expect(rig.repair.torn).toHaveLength(!isHeader && isLast ? 1 : 0)
          expect(rig.repair.damaged.map(({ first, last }) => [first, last])).toEqual(
            isHeader || isLast ? [] : [[sequence, sequence]],
          )
          await rig.journal.close()
          await checkGoesOn(journal.directory)
        },
      ),
      RUNS,
    )
  })

  it('with random bytes behind the last record: cuts them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (noise) => {
        const journal = await twoRecords()
        writeFileSync(journal.last, noise, { flag: 'a' })
        const rig = await openRig({ directory: journal.directory })
        expect(rig.repair.torn.map(({ bytes }) => bytes)).toEqual([noise.length])
        await rig.journal.close()
        await checkGoesOn(journal.directory)
      }),
      { numRuns: 10 },
    )
  })

  it.each([
    [
      'an unfinished segment file',
      (d: string) => writeFileSync(join(d, `${segmentName(3)}.new`), 'HETA'),
    ],
    ['an empty last segment', (d: string) => writeFileSync(join(d, segmentName(3)), '')],
    ['half a header', (d: string) => writeFileSync(join(d, segmentName(3)), 'HETAOJ01\x01')],
    ['a header of zeros', (d: string) => writeFileSync(join(d, segmentName(3)), Buffer.alloc(32))],
    [
      'zeros as a segment',
      (d: string) => writeFileSync(join(d, segmentName(3)), Buffer.alloc(5000)),
    ],
    [
      'an unfinished copy of a tail',
      (d: string) => writeFileSync(join(d, `${segmentName(1)}.torn-1.new`), 'x'),
    ],
    [
      'files of other people',
      (d: string) => writeFileSync(join(d, 'notes.journal.txt'), 'keep me'),
    ],
  ])('with %s: goes on behind the last record', async (_case, damage) => {
    const { directory } = await twoRecords()
    damage(directory)
    const rig = await openRig({ directory })
    expect(rig.journal.committed).toBe(positionAt(2))
    await rig.journal.close()
    await checkGoesOn(directory)
    expect(readdirSync(directory).filter((name) => name.endsWith('.new'))).toEqual([])
    if (existsSync(join(directory, 'notes.journal.txt')))
      expect(readFileSync(join(directory, 'notes.journal.txt'), 'utf8')).toBe('keep me')
  })

  it('killed inside the repair, between copy and cut: uses the copy again', async () => {
    const { directory, last } = await twoRecords()
    writeFileSync(last, 'torn', { flag: 'a' })
    writeFileSync(`${last}.torn-1`, 'torn')
    const rig = await openRig({ directory })
    expect(rig.repair.torn).toEqual([{ segment: last, bytes: 4, savedAs: `${last}.torn-1` }])
    await rig.journal.close()
    writeFileSync(last, 'another', { flag: 'a' })
    const again = await openRig({ directory })
    expect(again.repair.torn[0]?.savedAs).toBe(`${last}.torn-2`)
  })

  it('refuses a segment of a newer format and touches nothing', async () => {
    const { directory, last } = await twoRecords()
    const header = encodeHeader(1, 0)
    header.writeUInt16LE(2, 8)
    header.writeUInt32LE(
      crc32(Buffer.concat([header.subarray(0, 12), header.subarray(16)]), 0, 28),
      12,
    )
    const bytes = readFileSync(last)
    header.copy(bytes)
    writeFileSync(last, bytes)
    await expect(openRig({ directory })).rejects.toThrow('expected format version 1, got 2')
    expect(() => readBack(directory)).toThrow('expected format version 1, got 2')
    expect(readFileSync(last).equals(bytes)).toBe(true)
    expect(existsSync(join(directory, 'lock'))).toBe(false)
  })

  it('stamps go on from the last one when the clock is behind', async () => {
    const rig = await openRig({ clock: { now: () => 9000, after: () => () => undefined } })
    await appendAll(rig.journal, [message('a')])
    await rig.journal.close()
    const again = await openRig({
      directory: rig.directory,
      clock: { now: () => 4000, after: () => () => undefined },
    })
    expect(await appendAll(again.journal, [message('b')])).toMatchObject([{ receivedAt: 9000 }])
  })

  it('a copied segment alone is a journal', async () => {
    const entries = Array.from({ length: 12 }, (_, index) => message(`${index}`.padEnd(100)))
    const journal = await written(
      entries.map((entry) => [entry]),
      600,
    )
    const middle = listSegments(journal.directory)[1]
    const alone = temporaryDirectory()
    const first = middle?.first ?? 0
    renameSync(middle?.path ?? '', join(alone, segmentName(first)))
    const items = readBack(alone)
    expect(items.length).toBeGreaterThan(1)
    expect(items).toEqual(placed(entries).slice(first - 1, first - 1 + items.length))
    const rig = await openRig({ directory: alone })
    expect(rig.journal.committed).toBe(positionAt(first - 1 + items.length))
  })

  it('killed by the system under load: everything acknowledged is there, once', async () => {
    const directory = temporaryDirectory()
    for (let round = 0; round < 3; round++) {
      const child = spawn(
        process.execPath,
        [join(import.meta.dirname, 'writer-process.ts'), directory, `${round}`],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      )
      let output = ''
      child.stdout.on('data', (text: Buffer) => {
        output += text.toString()
        if (output.split('\n').length > 300) child.kill('SIGKILL')
      })
      await once(child, 'close')
      expect(child.signalCode).toBe('SIGKILL')
      const rig = await openRig({ directory })
      expect(rig.repair.tookOverFrom).toBe(child.pid)
      await rig.journal.close()
      const found = new Map(
        readBack(directory).map((item) => [
          'sequence' in item ? item.sequence : -1,
          'payload' in item ? Buffer.from(item.payload).toString() : 'lost',
        ]),
      )
      const acknowledged = output.split('\n').slice(0, -1)
      for (const line of acknowledged) {
        const [sequence, text] = line.split(' ')
        expect(found.get(Number(sequence))).toBe(text)
      }
      const texts = [...found.values()]
      expect(new Set(texts).size).toBe(texts.length)
    }
  })
})
