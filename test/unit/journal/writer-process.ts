// A process to be killed: appends to the journal in the directory named, and prints `sequence text` for every acknowledged record.

import { systemClock } from '../../../src/clock.ts'
import { sequenceOf } from '../../../src/core/position.ts'
import { openJournal } from '../../../src/journal/journal.ts'

const [directory = '', name = ''] = process.argv.slice(2)
const { journal } = await openJournal({
  directory,
  clock: systemClock,
  segmentBytes: 10_000,
  maxBytes: 2 ** 30,
  retentionMs: 3_600_000,
  deliver(chunk) {
    const { buffer } = chunk.bytes
    if (buffer instanceof ArrayBuffer) journal.release(buffer)
  },
})

// Ends with the test that started it, also when that was cut short.
process.stdin.on('end', () => process.exit(1)).resume()

let count = 0
function appendNext(): void {
  const text = `${name}-${count++}`
  const payload = Buffer.from(text)
  journal.append({ kind: 'message', flags: 0, client: 'c', topic: 't', payload }, (outcome) => {
    if (outcome.kind !== 'committed') return
    process.stdout.write(`${sequenceOf(outcome.position)} ${text}\n`)
    appendNext()
  })
}
for (let inFlight = 0; inFlight < 20; inFlight++) appendNext()
