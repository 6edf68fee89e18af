// How a reading counts when its batch was counted in part before: against the row as the database had it, with what came since.

import { afterEach, expect, it } from 'vitest'
import { positionAt } from '../../../src/core/position.ts'
import { rowKey, type KnownRow } from '../../../src/store/influx/known-rows.ts'
import { openLedger } from '../../../src/store/influx/ledger.ts'
import { planPart } from '../../../src/store/influx/part-plan.ts'
import { NOON, reading } from '../../contracts/telemetry-readings.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

const closings: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close()
})

it('planPart() lays what was counted before over what the database had', async () => {
  const directory = await makeTemporaryDirectory()
  closings.push(directory.remove)
  const ledger = openLedger(`${directory.path}/influx.db`)
  closings.push(() => ledger.close())
  const newest = { type: 'streetlight', device: 'L1', ts: NOON, division: '150802' }
  ledger.setFloor('streetlight', -1)
  ledger.count({
    through: positionAt(1),
    added: { stored: 0, duplicate: 1, revised: 1, refused: 0 },
    odd: [{ position: positionAt(1), ordinal: 0, as: 'revised', division: 'OLD' }],
    newest: [newest],
  })
  const { values } = reading(0, NOON, { power: 5, battery_pct: 80 })
  const kept: KnownRow = { division: 'OLD', values: [...values] }
  const again = reading(1, NOON, { power: 6 })
  const { items, part } = await planPart(
    [
      again,
      reading(2, NOON, { battery_pct: 80 }),
      reading(3, NOON, { power: 5 }),
      reading(3, NOON, { power: 5 }),
      reading(4, NOON + 1, { power: 5 }),
    ],
    ledger,
    async (sought) => new Map(sought.map((one) => [rowKey(one), kept])),
  )
  expect(items.map(({ as, division }) => [as, division])).toEqual([
    ['revised', 'OLD'],
    ['same', 'OLD'],
    ['revised', 'OLD'],
    ['same', 'OLD'],
    ['stored', '150802'],
  ])
  expect(part).toMatchObject({
    through: positionAt(4),
    added: { stored: 1, duplicate: 3, revised: 1, refused: 0 },
    newest: [{ device: 'L1', ts: NOON + 1 }],
  })
})
