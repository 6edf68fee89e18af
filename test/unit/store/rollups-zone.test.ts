// Another time zone over hours that were kept in the one before.

import { DatabaseSync } from 'node:sqlite'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { openEmbeddedTelemetry } from '../../../src/store/embedded/embedded.ts'
import { openRollups, type Rollups } from '../../../src/store/rollups/rollups.ts'
import { createLocalWindows } from '../../../src/store/telemetry/local-windows.ts'
import { contractTypes, lamp, reading, rowQuery } from '../../contracts/telemetry-readings.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { TelemetryStore } from '../../../src/ports.ts'
import { windowsOf } from '../../contracts/telemetry-rows.ts'
import { DAY, HOUR, MINUTE } from './rollup-world.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'

/** Ten in the morning in Shanghai, three in Berlin. */
const TEN = Date.UTC(2026, 10, 2, 2)

let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>
let store: TelemetryStore
const opened: Rollups[] = []

beforeEach(async () => {
  directory = await makeTemporaryDirectory()
  store = openStore()
})
afterEach(async () => {
  for (const rollups of opened.splice(0)) rollups.close()
  await store.close()
  await directory.remove()
})

function openStore(): TelemetryStore {
  return openEmbeddedTelemetry({
    directory: directory.path,
    types: contractTypes,
    clock: systemClock,
  })
}

async function open(timeZone: string): Promise<Rollups> {
  const rollups = await openRollups({
    store,
    file: join(directory.path, 'rollups.db'),
    types: contractTypes,
    windowAt: createLocalWindows(timeZone),
    timeZone,
  })
  opened.push(rollups)
  return rollups
}

async function feed(rollups: Rollups, from: number): Promise<void> {
  for (let hour = 0; hour < 30; hour++) {
    const at = TEN + hour * HOUR
    const one = reading(from + hour, at, { power: hour }, { receivedAt: at })
    await store.write([one], one.position, at)
    rollups.took([one], one.position, at)
  }
}

async function end(rollups: Rollups): Promise<void> {
  for (let time = 0; time < 2; time++) {
    await store.sync()
    rollups.sync()
  }
  rollups.close()
  opened.length = 0
}

const days = () => windowsOf(store, '1d', rowQuery({ metrics: ['power'] }), [])

describe('rollups in another time zone', () => {
  it('do not open over hours of the one before, and say what to do', async () => {
    const first = await open('Asia/Shanghai')
    await feed(first, 1)
    await first.work()
    await end(first)
    await expect(open('Europe/Berlin')).rejects.toThrow(
      'Cannot start: hours and days are kept in Asia/Shanghai, expected HETAO_TIMEZONE to be that, got Europe/Berlin. ' +
        'To change it, remove rollups.db and the folders telemetry/*/1h and telemetry/*/1d',
    )
    // A zone that is the same by another name.
    await end(await open('PRC'))
    await expect(open('Europe/Berlin')).rejects.toThrow('kept in PRC')
  })

  it('make hours and days again from the readings once these are removed', async () => {
    const first = await open('Asia/Shanghai')
    await feed(first, 1)
    first.took([], positionAt(30), TEN + 5 * DAY)
    await first.work()
    await end(first)
    const shanghai = createLocalWindows('Asia/Shanghai')
    expect((await days()).map(({ start }) => start)).toEqual([
      shanghai('1d', TEN).start,
      shanghai('1d', TEN + DAY).start,
    ])

    await store.close()
    rmSync(join(directory.path, 'rollups.db'))
    for (const level of ['1h', '1d'])
      rmSync(join(directory.path, lamp.id, level), { recursive: true })
    store = openStore()
    const second = await open('Europe/Berlin')
    second.took([], positionAt(30), TEN + 5 * DAY)
    await second.work()
    const berlin = createLocalWindows('Europe/Berlin')
    expect((await days()).map(({ start, summaries }) => [start, summaries[0]?.count])).toEqual([
      [berlin('1d', TEN).start, 21],
      [berlin('1d', TEN + DAY).start, 9],
    ])
    const hours = await windowsOf(store, '1h', rowQuery({ metrics: ['power'] }), [])
    expect(hours).toHaveLength(30)
  })

  it('open where no hour has been kept yet', async () => {
    const first = await open('Asia/Shanghai')
    const one = reading(1, TEN, { power: 1 }, { receivedAt: TEN })
    await store.write([one], one.position, TEN)
    first.took([one], one.position, TEN + 10 * MINUTE)
    await first.work()
    await end(first)
    const second = await open('Europe/Berlin')
    second.took([], positionAt(1), TEN + 3 * DAY)
    await second.work()
    expect((await days()).map(({ start }) => start)).toEqual([
      createLocalWindows('Europe/Berlin')('1d', TEN).start,
    ])
  })

  it('do not open over a ledger that does not know its zone, when its days end elsewhere', async () => {
    const first = await open('Asia/Shanghai')
    await feed(first, 1)
    first.took([], positionAt(30), TEN + 5 * DAY)
    await first.work()
    await end(first)
    const database = new DatabaseSync(join(directory.path, 'rollups.db'))
    database.exec('DROP TABLE facts; DROP TABLE refused; DROP TABLE kept_since')
    database.close()
    await expect(open('Europe/Berlin')).rejects.toThrow('kept in another time zone')
    const same = await open('Asia/Shanghai')
    expect(same.through('1d')).toBeGreaterThan(TEN)
  })
})
