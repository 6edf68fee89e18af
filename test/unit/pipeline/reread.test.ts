// The journal read again, in batches that leave room for others.

import { expect, it } from 'vitest'
import type { JournalRecord } from '../../../src/core/messages/record.ts'
import { positionAt } from '../../../src/core/position.ts'
import { readingsOf } from '../../../src/pipeline/reread.ts'

it('stops now and then also in a stretch of journal without a reading', () => {
  let read = 0
  function* journal() {
    for (;;) {
      const record: JournalRecord = {
        kind: 'message',
        flags: 0,
        client: 'R-1',
        topic: 'city/v1/150802/streetlight/R-1/up',
        payload: Buffer.from('no JSON'),
        receivedAt: ++read,
      }
      if (read > 100_000) return
      yield { position: positionAt(read), record }
    }
  }
  const nobody = { deviceAt: () => undefined, findAt: () => undefined }
  const past = { registry: nobody, joins: { prefixAt: () => undefined } }
  const batches = readingsOf(journal(), past, () => undefined)
  const { value } = batches.next()
  expect(value).toEqual({ readings: [], through: positionAt(read), at: read })
  expect(read).toBeLessThan(10_000)
})
