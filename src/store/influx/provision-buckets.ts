// InfluxDB 2.x: one bucket per level. Their names alone make them answer InfluxQL as a database with retention policies (virtual DBRP
// mappings), so nothing else has to be set up.

import { rollupLevels, type TelemetryLevel } from '../../ports.ts'
import { InfluxUnavailable, sentenceIn } from './errors.ts'
import type { PlaceBook } from './place-book.ts'
import type { InfluxServer } from './server.ts'
import { bucketOf } from './target.ts'

const DAY_SECONDS = 86_400

/** About as much per shard group at each level. */
const SHARD_DAYS: Readonly<Record<TelemetryLevel, number>> = {
  raw: 1,
  '1m': 7,
  '1h': 90,
  '1d': 3_650,
}

/**
 * Null, or why a bucket that is not seen could not be made. It may be there all the same: a token that may only write sees none.
 * Throws `TelemetryUnavailable`.
 */
export async function provisionBuckets(
  server: InfluxServer,
  database: string,
  organisation: string,
  book: Pick<PlaceBook, 'absent' | 'present'>,
): Promise<string | null> {
  let organisationId: string | null = null
  for (const level of ['raw', ...rollupLevels] as const) {
    const name = bucketOf(database, level)
    if (await isThere(server, name, organisation)) {
      book.present(level)
      continue
    }
    organisationId ??= await organisationIdOf(server, organisation)
    if (organisationId === null)
      return `this token sees no bucket "${name}" and no organisation "${organisation}" to make it in`
    book.absent(level)
    const obstacle = await makeBucket(server, organisationId, name, SHARD_DAYS[level] * DAY_SECONDS)
    if (obstacle !== null) return `this token must not make the bucket "${name}": ${obstacle}`
    book.present(level)
  }
  return null
}

/** Throws `TelemetryUnavailable` when there is none or a choice. */
export async function soleOrganisation(server: InfluxServer): Promise<string> {
  const found = await list(server, '/api/v2/orgs', 'orgs')
  const names = found.flatMap((each) => textOf(each, 'name') ?? [])
  const [name] = names
  if (name !== undefined && names.length === 1) return name
  throw new InfluxUnavailable(
    'missing',
    server.told(
      `Expected the name of the InfluxDB organisation (INFLUX_ORG): this token sees ${names.length === 0 ? 'none' : names.join(', ')}`,
    ),
  )
}

async function isThere(server: InfluxServer, name: string, organisation: string): Promise<boolean> {
  const query = new URLSearchParams({ name, org: organisation })
  const found = await list(server, `/api/v2/buckets?${query.toString()}`, 'buckets')
  return found.some((bucket) => textOf(bucket, 'name') === name)
}

async function organisationIdOf(
  server: InfluxServer,
  organisation: string,
): Promise<string | null> {
  const query = new URLSearchParams({ org: organisation })
  const found = await list(server, `/api/v2/orgs?${query.toString()}`, 'orgs')
  const same = found.find((each) => textOf(each, 'name') === organisation)
  return same === undefined ? null : textOf(same, 'id')
}

/** Null, or why not. */
async function makeBucket(
  server: InfluxServer,
  orgID: string,
  name: string,
  shardGroupDurationSeconds: number,
): Promise<string | null> {
  try {
    const answer = await server.request({
      method: 'POST',
      path: '/api/v2/buckets',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        orgID,
        name,
        retentionRules: [{ type: 'expire', everySeconds: 0, shardGroupDurationSeconds }],
      }),
    })
    const sentence = sentenceIn(await answer.text())
    if (answer.status === 201 || /already exists/i.test(sentence)) return null
    return server.told(`${answer.status} ${sentence}`)
  } catch (error) {
    // A token that is known and may not do this is no wrong token.
    if (error instanceof InfluxUnavailable && error.state === 'unauthorized') return error.message
    throw error
  }
}

/** What is not found is an empty list. */
async function list(server: InfluxServer, path: string, name: string): Promise<readonly unknown[]> {
  const answer = await server.request({ method: 'GET', path })
  const text = await answer.text()
  if (answer.status === 404) return []
  try {
    const body: unknown = JSON.parse(text)
    const found: unknown =
      typeof body === 'object' && body !== null ? Reflect.get(body, name) : null
    if (answer.status === 200 && Array.isArray(found)) return found
  } catch {
    // Told below.
  }
  throw new InfluxUnavailable(
    'failing',
    server.told(
      `Expected a list of ${name} from InfluxDB, got ${answer.status} ${sentenceIn(text)}`,
    ),
  )
}

function textOf(value: unknown, name: string): string | null {
  const text: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : null
  return typeof text === 'string' ? text : null
}
