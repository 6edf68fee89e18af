// Grafana's boards: valid, on the provisioned source, asking for measurements and fields that the product writes, and for nobody's
// personal data.

import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { deviceTypes } from '../../devices/index.ts'
import { divisions } from '../../devices/reference/divisions.ts'
import { metricsOf } from '../../src/core/device-type.ts'
import { SIMULATED_FIELD } from '../../src/store/influx/line-protocol.ts'
import { createTarget } from '../../src/store/influx/target.ts'
import { fieldsOf } from '../../src/store/influx/window-fields.ts'

const grafana = resolve(import.meta.dirname, '../../dashboards/grafana')

const sourceSchema = z.object({ type: z.string(), uid: z.string() })
const panelSchema = z.object({
  id: z.number().int(),
  type: z.enum(['row', 'timeseries', 'stat']),
  title: z.string().min(1),
  description: z.string().optional(),
  datasource: sourceSchema.optional(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  fieldConfig: z
    .object({
      defaults: z.object({ unit: z.string() }),
      overrides: z.array(
        z.object({
          matcher: z.object({ id: z.literal('byName'), options: z.string() }),
          properties: z.array(z.object({ id: z.literal('displayName'), value: z.string() })),
        }),
      ),
    })
    .optional(),
  targets: z
    .array(
      z.object({
        refId: z.string(),
        datasource: sourceSchema,
        rawQuery: z.literal(true),
        query: z.string(),
      }),
    )
    .default([]),
})
const boardSchema = z.object({
  uid: z.string().max(40),
  title: z.string().regex(/\p{Script=Han}/u),
  description: z.string().regex(/^[\p{ASCII}’]+$/u),
  timezone: z.literal('Asia/Shanghai'),
  editable: z.literal(false),
  panels: z.array(panelSchema).min(1),
})

const yaml = (path: string): unknown => parse(readFileSync(join(grafana, path), 'utf8'))
const source = z
  .object({
    datasources: z.tuple([
      z.object({
        uid: z.string(),
        type: z.string(),
        user: z.string(),
        url: z.string(),
        access: z.literal('proxy'),
        editable: z.literal(false),
        jsonData: z.object({ version: z.literal('InfluxQL'), dbName: z.string() }),
        secureJsonData: z.object({ password: z.string() }),
      }),
    ]),
  })
  .parse(yaml('provisioning/datasources/influxdb.yml')).datasources[0]

const boards = readdirSync(join(grafana, 'boards')).map((file) => ({
  file,
  board: boardSchema.parse(JSON.parse(readFileSync(join(grafana, 'boards', file), 'utf8'))),
}))
const panels = boards.flatMap(({ board }) => board.panels)
const charts = panels.filter(({ type }) => type !== 'row')
const queries = charts.flatMap(({ title, targets }) =>
  targets.map(({ query }) => ({ title, query })),
)

/** Where people live, and where they drive. */
const personal = new Set(['indoor-temperature', 'sanitation-vehicle'])

/** Every measurement of windows with its fields, as the product writes them. */
const target = createTarget('iot', null)
const measurements: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  deviceTypes.flatMap((type) =>
    (['1h', '1d'] as const).map((level) => {
      const { db, rp, measurement } = target.measurement(level, type.id)
      const fields = new Set([
        SIMULATED_FIELD,
        ...metricsOf(type).flatMap((metric) => fieldsOf(metric)),
      ])
      return [`"${db}"."${rp}"."${measurement}"`, fields] as const
    }),
  ),
)

function checkQuery(query: string): string[] {
  const sources = [...query.matchAll(/("[^"]+"\."[^"]+"\."[^"]+")/g)].map((match) => match[1] ?? '')
  const rest = query.replaceAll(/("[^"]+"\."[^"]+"\."[^"]+")/g, '')
  const given = new Set([...rest.matchAll(/ AS "([^"]+)"/g)].map((match) => match[1] ?? ''))
  const fields = [...rest.matchAll(/"([^"]+)"/g)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== 'device' && name !== 'division' && !given.has(name))
  const problems = sources.length === 0 ? ['no measurement'] : []
  if (fields.length === 0) problems.push('no field')
  for (const name of sources) {
    const known = measurements.get(name)
    if (known === undefined) problems.push(`${name} is not written`)
    else
      for (const field of fields)
        if (!known.has(field)) problems.push(`${name} has no field ${field}`)
    if ([...personal].some((type) => name.includes(`"${type}_`)))
      problems.push(`${name} is personal`)
  }
  return problems
}

describe('data source', () => {
  it('is the InfluxDB of docker-compose.yml, with a password from its secret', () => {
    expect(source).toMatchObject({
      type: 'influxdb',
      url: 'http://influxdb:8086',
      user: 'grafana',
      jsonData: { dbName: 'iot' },
      secureJsonData: { password: '$__file{/run/secrets/influx-grafana-password}' },
    })
  })

  it('is what every panel and query asks', () => {
    for (const panel of charts)
      for (const asked of [panel.datasource, ...panel.targets.map((target) => target.datasource)])
        expect(asked, panel.title).toEqual({ type: 'influxdb', uid: source.uid })
  })
})

describe('boards', () => {
  it('are found by their provider', () => {
    expect(yaml('provisioning/dashboards/boards.yml')).toMatchObject({
      providers: [
        { type: 'file', allowUiUpdates: false, options: { path: '/etc/grafana/boards' } },
      ],
    })
    expect(boards.map(({ file }) => file)).toEqual(['city-overview.json', 'data-arrival.json'])
  })

  it('have ids of their own, and so have panels and queries within them', () => {
    const uids = boards.map(({ board }) => board.uid)
    expect(new Set(uids).size).toBe(uids.length)
    for (const { board } of boards) {
      const ids = board.panels.map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      for (const { title, targets } of board.panels)
        expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length)
    }
  })

  it('tell each chart in Chinese and in English, with its unit', () => {
    for (const { title, description, fieldConfig } of charts) {
      expect(title).toMatch(/\p{Script=Han}/u)
      expect(description, title).toMatch(/[a-z]{3}.*\.$/)
      expect(fieldConfig?.defaults.unit, title).toMatch(/./)
    }
  })

  it('lay panels side by side, none over another', () => {
    for (const { board } of boards)
      for (const [index, a] of board.panels.entries())
        for (const b of board.panels.slice(index + 1)) {
          const [p, q] = [a.gridPos, b.gridPos]
          const apart = p.x + p.w <= q.x || q.x + q.w <= p.x || p.y + p.h <= q.y || q.y + q.h <= p.y
          expect(apart, `${a.title} and ${b.title}`).toBe(true)
          expect(p.x + p.w).toBeLessThanOrEqual(24)
        }
  })

  it('say on each board what is simulated', () => {
    for (const { board } of boards)
      expect(
        board.panels.some(({ targets }) => targets.some(({ query }) => /"simulated"/.test(query))),
      ).toBe(true)
  })

  it('call the divisions by their names', () => {
    const names = new Map(divisions.map(({ code, name }) => [code, name.zh]))
    for (const { title, fieldConfig, targets } of charts) {
      const overrides = fieldConfig?.overrides ?? []
      for (const { matcher, properties } of overrides) {
        const code = matcher.options.split(' ').at(-1) ?? ''
        expect(properties[0]?.value, title).toBe(
          matcher.options.replace(code, names.get(code) ?? 'unknown'),
        )
      }
      if (targets.some(({ query }) => / GROUP BY time\([^)]*\), "division"/.test(query)))
        expect(overrides.length % (divisions.length - 1), title).toBe(0)
    }
  })
})

describe('queries', () => {
  it.each(queries)('$title: $query', ({ query }) => {
    expect(checkQuery(query)).toEqual([])
    expect(query).toContain('WHERE $timeFilter')
    expect(query).toContain(' GROUP BY time(')
    // Gaps stay gaps, and days are the city's.
    expect(query).toMatch(/ fill\(none\) tz\('Asia\/Shanghai'\)$/)
    // A mean of means would weigh a lamp that reports once like one that reports often.
    expect(query).not.toMatch(/\bmean\(/i)
  })

  it('that are wrong are found out', () => {
    expect(checkQuery('SELECT max("power_max") FROM "iot"."r1h"."streetlight_1h"')).toEqual([])
    expect(checkQuery('SELECT max("power_mean") FROM "iot"."r1h"."streetlight_1h"')).not.toEqual([])
    expect(checkQuery('SELECT max("power_max") FROM "iot"."r1h"."street_1h"')).not.toEqual([])
    expect(checkQuery('SELECT max("power_max") FROM "iot"."r1h"."streetlight_1d"')).not.toEqual([])
    expect(checkQuery('SELECT max("power_gained") FROM "iot"."r1h"."streetlight_1h"')).not.toEqual(
      [],
    )
    expect(
      checkQuery('SELECT last("lat_last") FROM "iot"."r1h"."sanitation-vehicle_1h"'),
    ).not.toEqual([])
  })
})
