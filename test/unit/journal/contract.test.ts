import { createMemoryJournal } from '../../../src/journal/memory.ts'
import { openJournal } from '../../../src/journal/journal.ts'
import { rmSync } from 'node:fs'
import { journalContract } from '../../contracts/journal.ts'
import { giveBack, temporaryDirectory } from './rig.ts'

journalContract('createMemoryJournal()', async (options) => {
  const journal = createMemoryJournal(options)
  return { journal, cleanup: () => journal.close() }
})

journalContract('openJournal()', async ({ clock, deliver }) => {
  const directory = temporaryDirectory()
  const { journal } = await openJournal({
    directory,
    clock,
    segmentBytes: 2 ** 20,
    maxBytes: 2 ** 30,
    retentionMs: 1000,
    commitGapMs: 0,
    deliver(chunk) {
      deliver(chunk)
      giveBack(journal, chunk)
    },
  })
  return {
    journal,
    async cleanup() {
      await journal.close()
      rmSync(directory, { recursive: true })
    },
  }
})
