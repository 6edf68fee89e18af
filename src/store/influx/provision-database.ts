// InfluxDB 1.x: one database with a retention policy per level. None of them expires anything: the product's own retention does,
// which shows what would go before it goes.

import { rollupLevels, type TelemetryLevel } from '../../ports.ts'
import { InfluxUnavailable, sentenceIn } from './errors.ts'
import { identifier } from './influxql-text.ts'
import type { InfluxServer } from './server.ts'
import type { PlaceBook } from './place-book.ts'
import { policyOf, RAW_POLICY } from './target.ts'

/** About as much per shard at each level: a day of raw readings, years of days. */
const SHARD_DURATIONS: Readonly<Record<TelemetryLevel, string>> = {
  raw: '1d',
  '1m': '7d',
  '1h': '90d',
  '1d': '3650d',
}

/** Throws `TelemetryUnavailable`: `missing` when something is not there and this user must not make it. */
export async function provisionDatabase(
  server: InfluxServer,
  database: string,
  book: Pick<PlaceBook, 'absent' | 'present'>,
): Promise<void> {
  const db = identifier(database)
  const there = await policiesOf(server, db)
  // A user who may only write cannot look; whether it is all there, the first write tells.
  if (there === 'hidden') return
  for (const level of ['raw', ...rollupLevels] as const)
    if (there !== 'none' && there.has(policyOf(level))) book.present(level)
    else book.absent(level)
  if (there === 'none')
    await make(
      server,
      `CREATE DATABASE ${db} WITH DURATION INF SHARD DURATION ${SHARD_DURATIONS.raw} NAME ${identifier(RAW_POLICY)}`,
    )
  else if (!there.has(RAW_POLICY)) await makePolicy(server, db, 'raw')
  book.present('raw')
  for (const level of rollupLevels)
    if (there === 'none' || !there.has(policyOf(level))) {
      await makePolicy(server, db, level)
      book.present(level)
    }
}

async function makePolicy(server: InfluxServer, db: string, level: TelemetryLevel): Promise<void> {
  await make(
    server,
    `CREATE RETENTION POLICY ${identifier(policyOf(level))} ON ${db} DURATION INF REPLICATION 1 SHARD DURATION ${SHARD_DURATIONS[level]}`,
  )
}

async function policiesOf(
  server: InfluxServer,
  db: string,
): Promise<ReadonlySet<string> | 'none' | 'hidden'> {
  const { error, rows } = await ask(server, `SHOW RETENTION POLICIES ON ${db}`)
  if (error === null) return new Set(rows)
  if (/not found/i.test(error)) return 'none'
  if (/not authorized/i.test(error)) return 'hidden'
  throw new InfluxUnavailable(
    'failing',
    server.told(`InfluxDB does not show its policies: ${error}`),
  )
}

async function make(server: InfluxServer, statement: string): Promise<void> {
  const { error } = await ask(server, statement)
  if (error === null || /already exists/i.test(error)) return
  const state = /not authorized|admin privilege/i.test(error) ? 'missing' : 'failing'
  throw new InfluxUnavailable(state, server.told(`${statement} was refused by InfluxDB: ${error}`))
}

/** The first column of all rows, which for policies is their name; and the error, which may come with a 200 too. */
async function ask(
  server: InfluxServer,
  statement: string,
): Promise<{ readonly error: string | null; readonly rows: readonly string[] }> {
  let text: string
  try {
    const answer = await server.request({
      method: 'POST',
      path: '/query',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ q: statement }).toString(),
    })
    text = await answer.text()
    if (answer.status !== 200 && firstError(parsed(text)) === null)
      return { error: `${answer.status} ${sentenceIn(text)}`, rows: [] }
  } catch (error) {
    // 1.x says 403 when it knows the user and the user may not do this.
    if (error instanceof InfluxUnavailable && /not authorized to/i.test(error.message))
      return { error: error.message, rows: [] }
    throw error
  }
  const answer = parsed(text)
  return { error: firstError(answer), rows: [...firstColumn(answer)] }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InfluxUnavailable('failing', 'The answer to a query is no JSON: is this an InfluxDB?')
  }
}

function firstError(answer: unknown): string | null {
  const own = fieldOf(answer, 'error')
  if (typeof own === 'string') return own
  for (const result of listOf(answer, 'results')) {
    const error = fieldOf(result, 'error')
    if (typeof error === 'string') return error
  }
  return null
}

function* firstColumn(answer: unknown): Iterable<string> {
  for (const result of listOf(answer, 'results'))
    for (const series of listOf(result, 'series'))
      for (const row of listOf(series, 'values')) {
        const name: unknown = Array.isArray(row) ? row[0] : null
        if (typeof name === 'string') yield name
      }
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = fieldOf(value, name)
  return Array.isArray(list) ? list : []
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
