import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { yieldToLoop } from '../../../src/clock.ts'
import { positionAt } from '../../../src/core/position.ts'
import { writeRecord } from '../../../src/core/messages/record.ts'
import { frameBytes, sealFrame } from '../../../src/journal/frame.ts'
import { listSegments, SEGMENT_HEADER_BYTES } from '../../../src/journal/segment.ts'
import { appendAll, message } from '../../contracts/journal.ts'
import { cleanUp, crashCopy, openRig, readBack } from './rig.ts'

afterEach(cleanUp)

const entries = Array.from({ length: 30 }, (_, index) => message(`${index + 1}`.padEnd(100)))
const sequences = (items: ReturnType<typeof readBack>) =>
  items.map((item) => ('sequence' in item ? item.sequence : item.lost))
const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

async function openFilled(segmentBytes = 1000) {
  const rig = await openRig({ segmentBytes, chunkBytes: 4096 })
  for (const entry of entries) await appendAll(rig.journal, [entry])
  return rig
}

/** Changes the file of the segment that holds the record. */
function damage(
  directory: string,
  sequence: number,
  change: (bytes: Buffer, start: number) => void,
) {
  const segment = listSegments(directory).findLast(({ first }) => first <= sequence)
  const path = segment?.path ?? ''
  const bytes = readFileSync(path)
  const first = segment?.first ?? 0
  let start = SEGMENT_HEADER_BYTES
  for (const entry of entries.slice(first - 1, sequence - 1)) start += frameBytes(entry)
  change(bytes, start)
  writeFileSync(path, bytes)
}

describe('readJournal()', () => {
  it.each([
    [0, undefined, from(1, 30)],
    [12, undefined, from(13, 30)],
    [12, 12, []],
    [12, 13, [13]],
    [6, 25, from(7, 25)],
    [29, 99, [30]],
    [30, undefined, []],
    [99, undefined, []],
  ])('after %i through %s reads just that', async (after, through, expected) => {
    const { directory } = await openFilled()
    const range = through === undefined ? undefined : positionAt(through)
    expect(sequences(readBack(directory, positionAt(after), range))).toEqual(expected)
  })

  it('names records that retention has taken from a reader who still wanted them', async () => {
    const { directory } = await openFilled()
    const old = listSegments(directory)[1]?.first ?? 0
    const copy = crashCopy(directory)
    const { journal } = await openRig({ directory: copy, retentionMs: -1 })
    await journal.retain(positionAt(old))
    expect(sequences(readBack(copy))).toEqual(from(old, 30))
    expect(sequences(readBack(copy, positionAt(2)))).toEqual([[3, old - 1], ...from(old, 30)])
  })

  it('finds the way again behind a wrong length', async () => {
    const { directory } = await openFilled()
    damage(directory, 10, (bytes, start) => bytes.writeUInt32LE(4_000_000_000, start))
    expect(sequences(readBack(directory))).toEqual([...from(1, 9), [10, 10], ...from(11, 30)])
  })

  it('names a run of damaged records once', async () => {
    const { directory } = await openFilled(10_000)
    damage(directory, 10, (bytes, start) => bytes.fill(0, start + 3, start + 500))
    expect(sequences(readBack(directory))).toEqual([...from(1, 9), [10, 12], ...from(13, 30)])
  })

  it('names the end of a segment that is gone when another follows', async () => {
    const { directory } = await openFilled()
    const second = listSegments(directory)[1]?.first ?? 0
    damage(directory, second - 2, (bytes, start) => bytes.fill(0, start))
    expect(sequences(readBack(directory))).toEqual([
      ...from(1, second - 3),
      [second - 2, second - 1],
      ...from(second, 30),
    ])
  })

  it('ends a segment where the next one begins', async () => {
    const old = await openRig()
    await appendAll(
      old.journal,
      ['old 1', 'old 2', 'old 3'].map((text) => message(text)),
    )
    const other = await openRig({ after: positionAt(1) })
    await appendAll(
      other.journal,
      ['new 2', 'new 3'].map((text) => message(text)),
    )
    const directory = crashCopy(old.directory)
    const segment = listSegments(other.directory)[0]?.path ?? ''
    copyFileSync(segment, join(directory, basename(segment)))
    const texts = readBack(directory).map((item) =>
      'payload' in item ? Buffer.from(item.payload).toString() : item.lost,
    )
    expect(texts).toEqual(['old 1', 'new 2', 'new 3'])
  })

  it('takes no frame hidden in a damaged payload for a record', async () => {
    const forged = Buffer.alloc(100)
    const end = writeRecord(forged, 10, { ...message('x'), topic: '', kind: 'command' }, 1, 2)
    sealFrame(forged, 10, end)
    const rig = await openRig()
    await appendAll(rig.journal, [message('a'), { ...message(''), payload: forged }, message('c')])
    const copy = crashCopy(rig.directory)
    const path = listSegments(copy)[0]?.path ?? ''
    const bytes = readFileSync(path)
    const second = SEGMENT_HEADER_BYTES + frameBytes(message('a'))
    bytes.writeUInt8(bytes.readUInt8(second + 30) ^ 1, second + 30)
    writeFileSync(path, bytes)
    expect(sequences(readBack(copy))).toEqual([1, [2, 2], 3])
  })

  it('reads while the writer appends, up to what is committed', async () => {
    const rig = await openRig({ segmentBytes: 500, chunkBytes: 512 })
    for (let round = 0; round < 30; round++) {
      const writing = appendAll(rig.journal, entries.slice(0, 5))
      for (const turns of [1, 2, 3]) {
        for (let turn = 0; turn < turns; turn++) await yieldToLoop()
        const { committed } = rig.journal
        const read = sequences(readBack(rig.directory, positionAt(0), committed))
        expect(read).toEqual(from(1, committed))
      }
      await writing
    }
    expect(rig.journal.committed).toBe(positionAt(150))
  })

  it('reads records larger than its window', async () => {
    const rig = await openRig()
    const big = { ...message(''), payload: Buffer.alloc(3_000_000, 'x') }
    await appendAll(rig.journal, [message('a'), big, message('c')])
    expect(
      readBack(rig.directory).map((item) => ('lost' in item ? -1 : item.payload.length)),
    ).toEqual([1, 3_000_000, 1])
  })
})
