// What every journal does, durable or not. An implementation's test calls `journalContract` with a way to open an empty one.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../src/clock.ts'
import { later, type Millis, positionAt } from '../../src/core/position.ts'
import {
  type Entry,
  frameEnd,
  type JournalRecord,
  readRecord,
  recordKinds,
} from '../../src/core/messages/record.ts'
import type { AppendOutcome, Clock, CommittedChunk, Journal } from '../../src/ports.ts'

export interface OpenedJournal {
  readonly journal: Journal
  /** Closes the journal if it is open and removes what it left. */
  readonly cleanup: () => Promise<void>
}

/** Opens an empty journal that hands its chunks to `deliver` and needs no turning of the clock to commit. */
export type OpenJournal = (options: {
  clock: Clock
  deliver: (chunk: CommittedChunk) => void
}) => Promise<OpenedJournal>

export interface Placed {
  readonly sequence: number
  readonly record: JournalRecord
}

export const anyEntry: fc.Arbitrary<Entry> = fc.record({
  kind: fc.constantFrom(...recordKinds),
  flags: fc.integer({ min: 0, max: 255 }),
  client: fc.string({ unit: 'grapheme', maxLength: 12 }),
  topic: fc.string({ unit: 'grapheme', maxLength: 40 }),
  payload: fc.uint8Array({ maxLength: 200 }),
})

export function message(text: string, client = 'LH-L-00012'): Entry {
  return {
    kind: 'message',
    flags: 0,
    client,
    topic: `city/v1/150802/streetlight/${client}/up`,
    payload: Buffer.from(text),
  }
}

/** Appends all at once and resolves with the outcomes in the order in which they came. */
export function appendAll(journal: Journal, entries: readonly Entry[]): Promise<AppendOutcome[]> {
  const outcomes: AppendOutcome[] = []
  return new Promise((resolve) => {
    if (entries.length === 0) resolve(outcomes)
    for (const entry of entries)
      journal.append(entry, (outcome) => {
        if (outcomes.push(outcome) === entries.length) resolve(outcomes)
      })
  })
}

/** The chunk's records, copied out of its memory. */
export function recordsOf(chunk: CommittedChunk): Placed[] {
  const records: Placed[] = []
  const bytes = Buffer.from(chunk.bytes)
  let sequence = chunk.first as number
  for (let offset = 0; offset < bytes.length; offset = frameEnd(bytes, offset))
    records.push({ sequence: sequence++, record: readRecord(bytes, offset) })
  return records
}

/** The entry as it must come back: payload as a plain array, so that views compare by content. */
export function plain(entry: Entry): Omit<Entry, 'payload'> & { payload: number[] } {
  const { kind, flags, client, topic, payload } = entry
  return { kind, flags, client, topic, payload: [...payload] }
}

export function journalContract(name: string, open: OpenJournal): void {
  async function withJournal(
    clock: Clock,
    test: (journal: Journal, delivered: Placed[], log: string[]) => Promise<void>,
  ): Promise<void> {
    const delivered: Placed[] = []
    const log: string[] = []
    const { journal, cleanup } = await open({
      clock,
      deliver(chunk) {
        const records = recordsOf(chunk)
        expect(records).toHaveLength(chunk.count)
        delivered.push(...records)
        log.push(...records.map(({ sequence }) => `delivered ${sequence}`))
      },
    })
    try {
      await test(journal, delivered, log)
    } finally {
      await cleanup()
    }
  }

  describe(`${name} as a journal`, () => {
    it('acknowledges in append order with consecutive positions', async () => {
      await withJournal(createManualClock(5000), async (journal) => {
        const outcomes = await appendAll(
          journal,
          ['a', 'b', 'c', 'd'].map((text) => message(text)),
        )
        expect(outcomes).toEqual(
          [1, 2, 3, 4].map((sequence) => ({
            kind: 'committed',
            position: positionAt(sequence),
            receivedAt: 5000,
          })),
        )
        expect(journal.committed).toBe(positionAt(4))
      })
    })

    it('delivers what was appended, once and in order', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyEntry, { maxLength: 40 }), async (entries) => {
          await withJournal(createManualClock(1000), async (journal, delivered) => {
            await appendAll(journal, entries)
            await journal.close()
            expect(delivered.map(({ sequence }) => sequence)).toEqual(
              entries.map((_, index) => index + 1),
            )
            expect(delivered.map(({ record }) => plain(record))).toEqual(entries.map(plain))
          })
        }),
        { numRuns: 25 },
      )
    })

    it('acknowledges a record before it delivers it', async () => {
      await withJournal(createManualClock(0), async (journal, _delivered, log) => {
        journal.append(message('a'), () => log.push('acknowledged 1'))
        await journal.close()
        expect(log).toEqual(['acknowledged 1', 'delivered 1'])
      })
    })

    it('copies the payload before append returns', async () => {
      await withJournal(createManualClock(0), async (journal, delivered) => {
        const payload = Buffer.from('before')
        journal.append({ ...message(''), payload }, () => undefined)
        payload.fill('x')
        await journal.close()
        expect(delivered.map(({ record }) => Buffer.from(record.payload).toString())).toEqual([
          'before',
        ])
      })
    })

    it('commits entries that are appended from within done, behind the others', async () => {
      await withJournal(createManualClock(0), async (journal, delivered) => {
        await new Promise<void>((resolve) => {
          journal.append(message('outer'), () => journal.append(message('inner'), () => resolve()))
        })
        await journal.close()
        expect(delivered.map(({ record }) => Buffer.from(record.payload).toString())).toEqual([
          'outer',
          'inner',
        ])
      })
    })

    it('stamps never decrease when the wall clock is set back', async () => {
      let now: Millis = 9000
      const clock: Clock = { now: () => now, after: () => () => undefined }
      await withJournal(clock, async (journal, delivered) => {
        await appendAll(journal, [message('a')])
        now = 4000
        await appendAll(journal, [message('b')])
        now = 9500
        await appendAll(journal, [message('c')])
        await journal.close()
        expect(delivered.map(({ record }) => record.receivedAt)).toEqual([9000, 9000, 9500])
      })
    })

    it.each([
      ['a payload above 16 MiB', { payload: new Uint8Array(16 * 2 ** 20) }],
      ['a client above 255 bytes', { client: '长'.repeat(86) }],
      ['a topic above 65535 bytes', { topic: 't'.repeat(65_536) }],
    ])('refuses %s as too large and goes on', async (_case, part) => {
      await withJournal(createManualClock(0), async (journal) => {
        expect(await appendAll(journal, [{ ...message(''), ...part }])).toEqual([
          { kind: 'refused', reason: 'too_large' },
        ])
        expect(await appendAll(journal, [message('next')])).toMatchObject([
          { kind: 'committed', position: positionAt(1) },
        ])
      })
    })

    it('takes an entry of several hundred kilobytes between small ones', async () => {
      await withJournal(createManualClock(0), async (journal, delivered) => {
        const entries = [1, 700_000, 2].map((size) => message('x'.repeat(size)))
        await appendAll(journal, entries)
        await journal.close()
        expect(delivered.map(({ record }) => record.payload.length)).toEqual([1, 700_000, 2])
      })
    })

    it('close commits what is queued and refuses what comes later', async () => {
      await withJournal(createManualClock(0), async (journal) => {
        const queued = appendAll(journal, [message('a'), message('b')])
        const closed = journal.close()
        const late = appendAll(journal, [message('c')])
        await closed
        await journal.close()
        expect((await queued).map(({ kind }) => kind)).toEqual(['committed', 'committed'])
        expect(await late).toEqual([{ kind: 'refused', reason: 'closed' }])
        expect(journal.committed).toBe(positionAt(2))
      })
    })

    it('appends a clock record after each second of silence and none in company', async () => {
      const clock = createManualClock(0)
      await withJournal(clock, async (journal, delivered) => {
        const first = journal.committed
        clock.set(700)
        await appendAll(journal, [message('a')])
        clock.set(1600)
        await appendAll(journal, [message('b')])
        clock.set(2599)
        expect(journal.status().pendingEntries).toBe(0)
        expect(journal.committed).toBe(later(first, 2))
        clock.set(2600)
        await appendAll(journal, [message('c')])
        await journal.close()
        expect(delivered.map(({ record }) => [record.kind, record.receivedAt])).toEqual([
          ['message', 700],
          ['message', 1600],
          ['clock', 2600],
          ['message', 2600],
        ])
        expect(plain(delivered[2]?.record ?? message('missing'))).toEqual({
          kind: 'clock',
          flags: 0,
          client: '',
          topic: '',
          payload: [],
        })
      })
    })

    it('counts device messages and shows nothing pending when all is committed', async () => {
      await withJournal(createManualClock(0), async (journal) => {
        await appendAll(journal, [message('a'), { ...message('b'), kind: 'command' }])
        expect(journal.status()).toMatchObject({
          committed: positionAt(2),
          messages: 1,
          pendingBytes: 0,
          pendingEntries: 0,
          holding: null,
        })
      })
    })
  })
}
