// Looks up which of some readings' rows the database has already. Only those that may be there are asked for, in statements
// that cover little else: a device's backlog by itself, the rest by short stretches of time over many devices.

import type { Millis } from '../../core/position.ts'
import type { SeriesBlock } from './answer.ts'
import { anyOf, isQuotable, moment, source } from './influxql-text.ts'
import type { InfluxQl } from './influxql.ts'
import type { InfluxServer } from './server.ts'
import type { Target } from './target.ts'

/** What the database has of one device at one time. */
export interface KnownRow {
  /** Its tag, empty where it has none. */
  readonly division: string
  /** In the order of the type's metrics, NaN where there is none. */
  readonly values: number[]
}

export interface RowSought {
  readonly type: string
  readonly device: string
  readonly ts: Millis
}

export interface KnownRows {
  /** By `rowKey`. Throws `TelemetryUnavailable`. */
  find(sought: readonly RowSought[]): Promise<ReadonlyMap<string, KnownRow>>
  /** The newest time of the type, -1 when it has no row. */
  newest(type: string): Promise<Millis>
}

/** A device with as many readings is asked about by itself. */
const BACKLOG_READINGS = 8
const BACKLOG_SPAN_MS = 86_400_000
const STRETCH_MS = 300_000
const DEVICES_PER_STATEMENT = 100
const STATEMENTS_PER_REQUEST = 25

/** Times are nanoseconds in 64 bits to the server: nothing can be kept beyond. */
const TIME_MAX_MS = 9_223_372_036_854

export function rowKey({ type, device, ts }: RowSought): string {
  return `${type}\n${device}\n${ts}`
}

export interface KnownRowsOptions {
  readonly influxQl: InfluxQl
  readonly server: InfluxServer
  readonly target: Target
  readonly metricsOfType: ReadonlyMap<string, readonly string[]>
}

export function createKnownRows(options: KnownRowsOptions): KnownRows {
  const { influxQl, server, target, metricsOfType } = options

  function from(type: string): string {
    return source(target.measurement('raw', type))
  }

  /** 3 takes one statement at a time. */
  function joined(statements: readonly string[]): string[] {
    const size = server.known?.generation === '3' ? 1 : STATEMENTS_PER_REQUEST
    return chunks(statements, size).map((some) => some.join(';'))
  }

  async function findOf(
    type: string,
    sought: readonly RowSought[],
    found: Map<string, KnownRow>,
  ): Promise<void> {
    const wanted = new Set(sought.map(rowKey))
    const metrics = metricsOfType.get(type) ?? []
    const statements = spansOf(sought).map(
      ({ devices, first, last }) =>
        `SELECT * FROM ${from(type)} WHERE time >= ${moment(first)} AND time <= ${moment(last)} AND ${anyOf('device', devices)} GROUP BY "device", "division"`,
    )
    for (const query of joined(statements))
      for await (const block of influxQl.select(query))
        keepRows(block, type, metrics, wanted, found)
  }

  return {
    async find(sought) {
      await server.flavour()
      const found = new Map<string, KnownRow>()
      const possible = sought.filter(({ device, ts }) => ts <= TIME_MAX_MS && isQuotable(device))
      for (const [type, some] of Map.groupBy(possible, (one) => one.type))
        await findOf(type, some, found)
      return found
    },
    async newest(type) {
      let ts = -1
      const query = `SELECT * FROM ${from(type)} ORDER BY time DESC LIMIT 1`
      for await (const { columns, values } of influxQl.select(query)) {
        const time = values[0]?.[columns.indexOf('time')]
        if (typeof time === 'number') ts = Math.max(ts, Math.floor(time))
      }
      return ts
    },
  }
}

interface Span {
  readonly devices: readonly string[]
  readonly first: Millis
  readonly last: Millis
}

/** Few spans that hold every row sought and little else. */
function spansOf(sought: readonly RowSought[]): Span[] {
  const spans: Span[] = []
  const scattered: RowSought[] = []
  for (const [device, some] of Map.groupBy(sought, (one) => one.device)) {
    if (some.length < BACKLOG_READINGS) scattered.push(...some)
    else for (const day of byStretch(some, BACKLOG_SPAN_MS)) spans.push(spanOf([device], day))
  }
  for (const stretch of byStretch(scattered, STRETCH_MS))
    for (const devices of chunks(
      [...new Set(stretch.map(({ device }) => device))],
      DEVICES_PER_STATEMENT,
    ))
      spans.push(spanOf(devices, stretch))
  return spans
}

function byStretch(sought: readonly RowSought[], lengthMs: number): readonly RowSought[][] {
  return [...Map.groupBy(sought, ({ ts }) => Math.floor(ts / lengthMs)).values()]
}

function spanOf(devices: readonly string[], sought: readonly RowSought[]): Span {
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const { ts } of sought) {
    first = Math.min(first, ts)
    last = Math.max(last, ts)
  }
  return { devices, first, last }
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  const found: T[][] = []
  for (let from = 0; from < all.length; from += size) found.push(all.slice(from, from + size))
  return found
}

/** 1.x and 2.x give the tags beside the rows, 3 as columns. Of two rows with one device and time, the first one's division counts. */
function keepRows(
  { tags, columns, values }: SeriesBlock,
  type: string,
  metrics: readonly string[],
  wanted: ReadonlySet<string>,
  found: Map<string, KnownRow>,
): void {
  const time = columns.indexOf('time')
  const places = metrics.map((metric) => columns.indexOf(metric))
  const tagOf = (name: string, row: readonly unknown[]): string => {
    const tag = tags[name] ?? row[columns.indexOf(name)]
    return typeof tag === 'string' ? tag : ''
  }
  for (const row of values) {
    const ts = row[time]
    if (typeof ts !== 'number') continue
    const key = rowKey({ type, device: tagOf('device', row), ts })
    if (!wanted.has(key)) continue
    const known = found.get(key)
    const numbers = places.map((place, index) => {
      const value = row[place]
      return typeof value === 'number' ? value : (known?.values[index] ?? Number.NaN)
    })
    found.set(key, { division: known?.division ?? tagOf('division', row), values: numbers })
  }
}
