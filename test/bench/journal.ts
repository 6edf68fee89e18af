// The journal alone, `npx node test/bench/journal.ts`: appends per second with the disk taken out, then group commits on the real
// disk, paced and flat out, with the time from append to acknowledgement.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, yieldToLoop } from '../../src/clock.ts'
import { BEFORE_FIRST, sequenceOf } from '../../src/core/position.ts'
import type { Entry } from '../../src/core/messages/record.ts'
import { type JournalIo, nodeIo } from '../../src/journal/journal-io.ts'
import { type DurableJournal, openJournal } from '../../src/journal/journal.ts'
import { readJournal } from '../../src/journal/reader.ts'

const entry: Entry = {
  kind: 'message',
  flags: 0,
  client: 'LH-L-00012',
  topic: 'city/v1/150802/streetlight/LH-L-00012/up',
  payload: Buffer.from('{"v":1,"ts":1793543400000,"m":{"power":92.5,"on":true}}'),
}

/** Takes everything and writes nothing. */
const noDisk: JournalIo = {
  open: async () => ({
    write: async (slices) => slices.reduce((sum, slice) => sum + slice.length, 0),
    sync: async () => undefined,
    truncate: async () => undefined,
    close: async () => undefined,
  }),
  rename: async () => undefined,
  remove: async () => undefined,
  syncDirectory: async () => undefined,
}

async function withJournal(
  io: JournalIo,
  task: (journal: DurableJournal, directory: string) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'hetao-bench-'))
  const { journal } = await openJournal({
    directory,
    clock: systemClock,
    io,
    segmentBytes: 64 * 2 ** 20,
    maxBytes: 4 * 2 ** 30,
    retentionMs: 3_600_000,
    deliver(chunk) {
      const { buffer } = chunk.bytes
      if (buffer instanceof ArrayBuffer) journal.release(buffer)
    },
  })
  try {
    await task(journal, directory)
  } finally {
    await journal.close()
    rmSync(directory, { recursive: true })
  }
}

/** Appends `perTurn` entries a turn of the loop, with at most `window` waiting; resolves with the latencies. */
async function load(
  journal: DurableJournal,
  count: number,
  perTurn: number,
  window: number,
): Promise<{ seconds: number; latenciesMs: Float64Array }> {
  const latenciesMs = new Float64Array(count)
  let sent = 0
  let done = 0
  const start = performance.now()
  const isDone = () => done >= count
  while (!isDone()) {
    const turnAt = performance.now()
    for (let n = 0; n < perTurn && sent < count && sent - done < window; n++) {
      const index = sent++
      journal.append(entry, () => {
        latenciesMs[index] = performance.now() - turnAt
        done++
      })
    }
    await yieldToLoop()
  }
  return { seconds: (performance.now() - start) / 1000, latenciesMs: latenciesMs.sort() }
}

function report(name: string, result: Awaited<ReturnType<typeof load>>): void {
  const { seconds, latenciesMs } = result
  const at = (share: number) =>
    (latenciesMs[Math.floor(latenciesMs.length * share)] ?? 0).toFixed(2)
  const rate = Math.round(latenciesMs.length / seconds).toLocaleString('en')
  process.stdout.write(
    `${name.padEnd(34)} ${rate.padStart(10)} appends/s   ack p50 ${at(0.5)} ms   p99 ${at(0.99)} ms\n`,
  )
}

await withJournal(noDisk, async (journal) => {
  await load(journal, 200_000, 500, 20_000)
  report('no disk', await load(journal, 1_000_000, 500, 20_000))
})
await withJournal(nodeIo, async (journal, directory) => {
  report('disk, 1 in flight', await load(journal, 500, 1, 1))
  report('disk, 50 in flight', await load(journal, 20_000, 50, 50))
  report('disk, 1000 in flight', await load(journal, 300_000, 200, 1000))
  report('disk, 20000 in flight', await load(journal, 1_000_000, 500, 20_000))
  const start = performance.now()
  let records = 0
  for (const item of readJournal(directory, { after: BEFORE_FIRST }))
    if ('record' in item) records++
  const expected = sequenceOf(journal.committed)
  if (records !== expected) throw new Error(`expected ${expected} records back, got ${records}`)
  const rate = Math.round((records / (performance.now() - start)) * 1000).toLocaleString('en')
  process.stdout.write(`${'read back'.padEnd(34)} ${rate.padStart(10)} records/s\n`)
})
