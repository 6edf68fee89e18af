// Telemetry stores of a test on an InfluxDB, each in a database of its own that is taken away at the end.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { rollupLevels, type TelemetryStore } from '../../src/ports.ts'
import { openInflux, type InfluxOptions } from '../../src/store/influx/influx.ts'
import { createInfluxServer } from '../../src/store/influx/server.ts'
import { bucketOf } from '../../src/store/influx/target.ts'
import { contractTypes } from '../contracts/telemetry-readings.ts'
import type { TelemetrySubject } from '../contracts/telemetry-store.ts'
import { removeDirectory, temporaryDirectory } from './product.ts'

export interface InfluxPlace {
  readonly url: string
  readonly token: string | null
  readonly organisation: string | null
  /** Databases of this run begin with it. */
  readonly prefix: string
}

export interface Refused {
  readonly device: string
  readonly ts: number
  readonly reason: string
}

export interface InfluxSubject extends TelemetrySubject {
  readonly database: string
  /** The ledger. */
  readonly file: string
  /** Readings that the store has handed over as refused, in order. */
  readonly refused: readonly Refused[]
  readonly problems: readonly string[]
  readonly reopen: (more?: Partial<InfluxOptions>) => Promise<InfluxSubject>
}

/** A name that no earlier run has used. */
export function placeAt(
  url: string,
  token: string | null = null,
  organisation: string | null = null,
  prefix = 'hetao_test',
): InfluxPlace {
  return { url, token, organisation, prefix: `${prefix}_${randomBytes(4).toString('hex')}` }
}

let made = 0

export async function openInfluxSubject(
  place: InfluxPlace,
  more: Partial<InfluxOptions> = {},
): Promise<InfluxSubject> {
  const directory = temporaryDirectory('influx-store')
  const database = `${place.prefix}_${++made}`
  return subjectIn(place, directory, database, more)
}

function subjectIn(
  place: InfluxPlace,
  directory: string,
  database: string,
  more: Partial<InfluxOptions>,
): InfluxSubject {
  const refused: Refused[] = []
  const problems: string[] = []
  const file = join(directory, 'influx.db')
  const store: TelemetryStore = openInflux({
    url: place.url,
    token: place.token,
    organisation: place.organisation,
    bucket: database,
    types: contractTypes,
    file,
    clock: systemClock,
    refuse: async (items) => {
      for (const { reading, reason } of items)
        refused.push({ device: reading.device, ts: reading.ts, reason })
    },
    onProblem: (message, detail) => problems.push(`${message}: ${detail}`),
    ...more,
  })
  let closing: Promise<void> | null = null
  const close = (): Promise<void> => (closing ??= store.close())
  return {
    store,
    database,
    file,
    refused,
    problems,
    reopen: async (changed = {}) => {
      await close()
      return subjectIn(place, directory, database, { ...more, ...changed })
    },
    dispose: async () => {
      await close()
      removeDirectory(directory)
      await removeDatabase(place, database)
    },
  }
}

/** As each generation wants it; what is not there, or a server that is away, is fine. */
async function removeDatabase(place: InfluxPlace, database: string): Promise<void> {
  const { url, token, organisation } = place
  const server = createInfluxServer({ url, token, clock: systemClock, requestTimeoutMs: 20_000 })
  const send = async (method: 'GET' | 'POST' | 'DELETE', path: string): Promise<string> =>
    (await server.request({ method, path })).text()
  try {
    const { generation } = await server.flavour()
    if (generation === '1')
      await send('POST', `/query?q=${encodeURIComponent(`DROP DATABASE "${database}"`)}`)
    else
      for (const level of ['raw', ...rollupLevels] as const) {
        const name = encodeURIComponent(bucketOf(database, level))
        if (generation === '3') await send('DELETE', `/api/v3/configure/database?db=${name}`)
        else {
          const org = organisation === null ? '' : `&org=${encodeURIComponent(organisation)}`
          const found = JSON.parse(await send('GET', `/api/v2/buckets?name=${name}${org}`)) as {
            buckets?: { id: string }[]
          }
          for (const { id } of found.buckets ?? []) await send('DELETE', `/api/v2/buckets/${id}`)
        }
      }
  } catch {
    // A test may end with a server that is down; its directory goes then.
  } finally {
    server.close()
  }
}
