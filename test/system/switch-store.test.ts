// One data directory, first with files of our own, then with InfluxDB: how far the windows of the one are says nothing of the other's.

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { hasInfluxd, startInfluxServer } from '../support/influx-server.ts'
import { removeDirectory, startProduct, temporaryDirectory } from '../support/product.ts'

function progressIn(file: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return { ...database.prepare('SELECT * FROM progress').get() }
  } finally {
    database.close()
  }
}

it.skipIf(!hasInfluxd)(
  'leaves the progress of one store alone while another is used',
  async () => {
    const dataDirectory = temporaryDirectory('switch')
    const influx = await startInfluxServer()
    const first = await startProduct({ dataDirectory })
    const { token } = first
    await first.api('POST', '/devices', [
      { id: 'L-1', type: 'streetlight', name: 'L-1', division: '150802', lat: 40.7, lon: 107.3 },
    ])
    await first.api('POST', '/ingest', { device: 'L-1', m: { power: 80 } })
    expect(await first.stop()).toBe(0)
    const file = join(dataDirectory, 'telemetry', 'rollups.db')
    const progress = progressIn(file)

    const environment = { HETAO_STORE: 'influx', INFLUX_URL: influx.url }
    const second = await startProduct({ dataDirectory, token, environment })
    await second.api('POST', '/ingest', { device: 'L-1', m: { power: 81 } })
    await expect
      .poll(async () => (await second.api('GET', '/pipeline')).body, { timeout: 10_000 })
      // What the journal still has goes to the new store too.
      .toMatchObject({ stored: 2, pending: 0, holds: true })
    expect(await second.stop()).toBe(0)
    expect(progressIn(file)).toEqual(progress)
    await influx.dispose()
    removeDirectory(dataDirectory)
  },
  60_000,
)
