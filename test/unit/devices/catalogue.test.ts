// Every device type proves itself here: its data, its texts, its golden readings and its rule examples. A new type is tested by
// being in the catalogue.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { deviceTypes } from '../../../devices/index.ts'
import { componentClass } from '../../../devices/reference/components.ts'
import { metricsOf } from '../../../src/core/device-type.ts'
import type { DeviceType, Metric } from '../../../src/core/device-type.ts'
import type { Rule, Severity } from '../../../src/core/rule.ts'
import { placeholders } from '../../../src/core/alerts/wording.ts'
import { createRig, deviceOf } from '../core/harness.ts'
import { problemsOf, ratedNamesOf } from './rule-reads.ts'

interface ReadingExample {
  readonly description: string
  readonly payload: unknown
  readonly receivedAt: string
  readonly expect: {
    readonly values?: Readonly<Record<string, number>>
    readonly refused?: string
  }
}

interface RuleExample {
  readonly rule: string
  readonly description: string
  readonly start?: string
  readonly rated?: Readonly<Record<string, number>>
  readonly roadClass?: string
  readonly reportSeconds?: number
  /** `every` and `times` repeat a reading. */
  readonly readings: readonly {
    readonly at: number
    readonly every?: number
    readonly times?: number
    readonly m: Readonly<Record<string, number | boolean>>
  }[]
  readonly until?: number
  readonly expect: 'raised' | 'quiet' | 'returned'
  /** Of the alert; where the rule tells severities apart, each of them has an example. */
  readonly severity?: Severity
}

interface Examples {
  readonly readings: readonly ReadingExample[]
  readonly rules: readonly RuleExample[]
}

const NOON = '2026-11-01T12:00:00+08:00'

function examplesOf(type: DeviceType): Examples {
  const file = new URL(`../../../devices/${type.id}/examples.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as Examples
}

interface Played {
  readonly outcome: RuleExample['expect']
  readonly severity: Severity | undefined
}

function play(type: DeviceType, example: RuleExample): Played {
  const start = Date.parse(example.start ?? NOON)
  const rig = createRig({
    start: start - 1000,
    devices: [
      deviceOf({
        id: 'D-1',
        type: type.id,
        rated: example.rated ?? {},
        roadClass: example.roadClass ?? null,
        reportSeconds: example.reportSeconds ?? null,
      }),
    ],
  })
  for (const { at, every = 0, times = 1, m } of example.readings)
    for (let n = 0; n < times; n++) {
      rig.now = start + (at + n * every) * 1000
      rig.send('D-1', { v: 1, ts: rig.now, m })
    }
  if (example.until !== undefined) rig.to(start + example.until * 1000)
  const alert = rig.alerts().find((one) => one.rule === example.rule)
  if (alert === undefined) return { outcome: 'quiet', severity: undefined }
  const outcome = alert.state === 'unack_active' ? 'raised' : 'returned'
  return { outcome, severity: alert.severity }
}

/** Rules above P3 that file nothing: they tell how an episode goes on for which another rule has filed its ticket. */
const reminders: ReadonlySet<string> = new Set([
  'manhole-cover COVER_MISSING',
  'river-station BLACK_ODOUR_HEAVY',
  'sewage-plant COD_OVER_LONG',
  'sewage-plant TN_OVER_LONG',
  'sewage-plant TP_OVER_LONG',
  'sewage-plant SS_OVER_LONG',
  'sewage-plant NH3N_OVER_LONG',
  'sewage-plant PH_OVER_LONG',
])

/** Proven for every type at once, below. */
const provenForAll: readonly string[] = ['CLOCK_SKEW', 'BAD_RANGE']

/** The catalogue may grow; these stay. */
const contractIds = [
  'streetlight',
  'lighting-feeder',
  'pole-tilt',
  'manhole-cover',
  'road-waterlogging',
  'river-station',
  'water-main',
  'well-meter',
  'sewage-pump-station',
  'sewage-plant',
  'reclaimed-water-meter',
  'heat-exchange-station',
  'indoor-temperature',
  'gas-valve-well',
  'site-dust-noise',
  'waste-bin',
  'public-toilet',
  'sanitation-vehicle',
  'parking-bay',
  'traffic-signal',
  'irrigation',
  'utility-tunnel',
  'hydrant',
  'weather-station',
]

it('catalogue has every type once, those of the contract among them', () => {
  const ids = deviceTypes.map((type) => type.id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.filter((id) => contractIds.includes(id))).toEqual(contractIds)
})

it('reminders are rules of the catalogue', () => {
  const known = deviceTypes.flatMap((type) => type.rules.map((rule) => `${type.id} ${rule.id}`))
  expect(known).toEqual(expect.arrayContaining([...reminders]))
})

describe.each(deviceTypes.map((type) => [type.id, type] as const))('%s', (_, type) => {
  const examples = examplesOf(type)

  it('names its metrics and rules once and completely', () => {
    const metrics = metricsOf(type)
    // Columns of a day file do not tell upper case from lower.
    expect(new Set(metrics.map((metric) => metric.id.toLowerCase())).size).toBe(metrics.length)
    expect(new Set(type.rules.map((rule) => rule.id)).size).toBe(type.rules.length)
    expect(type.id).toMatch(/^[a-z][a-z0-9-]*$/)
    expect(componentClass(type.component)?.code).toBe(type.component)
    expect(type.department).not.toBe('')
    expect(type.reportSeconds).toBeGreaterThan(0)
    for (const text of [type.name, ...metrics.map((one) => one.name)]) {
      expect(text.zh).not.toBe('')
      expect(text.en).not.toBe('')
    }
    expect(type.rules.map((rule) => rule.id)).toEqual(
      expect.arrayContaining(['OFFLINE', 'LOW_BATT', 'CLOCK_SKEW', 'BAD_RANGE']),
    )
  })

  it.each(metricsOf(type).map((metric): [string, Metric] => [metric.id, metric]))(
    'metric %s has a unit, a range and digits',
    (id, metric) => {
      expect(id).toMatch(/^[a-z][A-Za-z0-9_]{0,40}$/)
      expect(metric.unit).not.toBe('')
      expect(metric.min).toBeLessThan(metric.max)
      expect(metric.precision).toBeGreaterThanOrEqual(0)
      if (metric.kind === 'boolean') expect([metric.min, metric.max]).toEqual([0, 1])
      if (metric.kind === 'counter') expect(metric.min).toBeGreaterThanOrEqual(0)
    },
  )

  it.each(type.rules.map((rule): [string, Rule] => [rule.id, rule]))(
    'rule %s is about its metrics and readable in both languages',
    (id, rule) => {
      expect(id).toMatch(/^[A-Z][A-Z0-9_]*$/)
      expect(problemsOf(rule, type)).toEqual([])
      expect(rule.confirm.samples).toBeLessThanOrEqual(rule.confirm.of)
      expect(rule.standard.ref).not.toBe('')
      expect(rule.name.zh).not.toBe('')
      expect(rule.name.en).not.toBe('')
      // P3 is a work item.
      const severities = new Set([rule.severity, rule.severityWhere?.severity ?? rule.severity])
      for (const severity of severities)
        expect(rule.ticket).toBe(severity !== 'P3' && !reminders.has(`${type.id} ${id}`))
      if (rule.severityWhere !== undefined) {
        expect(severities.size).toBe(2)
        expect(rule.severityWhere.roadClass).not.toEqual([])
        const shown = examples.rules.filter((one) => one.rule === id).map((one) => one.severity)
        expect(shown).toEqual(expect.arrayContaining([...severities]))
      }
      const used = [rule.text.zh, rule.text.en].map((text) =>
        [...text.matchAll(/\{(\w*)\}/g)].map((match) => match[1] ?? '').sort(),
      )
      expect(rule.text.zh).toMatch(/\p{Script=Han}/u)
      expect(used[0]).toEqual(used[1])
      for (const name of used.flat()) expect(placeholders).toContain(name)
    },
  )

  it('declares the rated values that its rules read, and no others', () => {
    const declared = type.rated ?? []
    const used = new Set(type.rules.flatMap(ratedNamesOf))
    expect(declared.map(({ id }) => id).toSorted()).toEqual([...used].toSorted())
    for (const { id, name, unit } of declared) {
      expect(id).toMatch(/^[a-z][a-z0-9_]{0,40}$/)
      expect(name.zh).toMatch(/\p{Script=Han}/u)
      expect(name.en).not.toBe('')
      expect(unit).not.toBe('')
    }
  })

  it('has examples of every rule that raise and that do not', () => {
    for (const rule of type.rules.filter((one) => !provenForAll.includes(one.id))) {
      const expected = examples.rules.filter((one) => one.rule === rule.id)
      expect(
        expected.some((one) => one.expect !== 'quiet'),
        `${rule.id} raising`,
      ).toBe(true)
      expect(
        expected.some((one) => one.expect === 'quiet'),
        `${rule.id} quiet`,
      ).toBe(true)
    }
    const ids = type.rules.map((rule) => rule.id)
    for (const example of examples.rules) expect(ids).toContain(example.rule)
  })

  it.each(examples.readings.map((one): [string, ReadingExample] => [one.description, one]))(
    'reading: %s',
    (_name, example) => {
      const rig = createRig({
        start: Date.parse(example.receivedAt),
        devices: [deviceOf({ id: 'D-1', type: type.id })],
      })
      const counts = rig.send('D-1', example.payload)
      const reading = rig.effects.find((effect) => effect.kind === 'reading')?.reading
      const refusals = rig.effects.filter((effect) => effect.kind === 'quarantine')
      const said = Object.fromEntries(
        metricsOf(type).flatMap((metric, index) => {
          const value = reading?.values[index] ?? Number.NaN
          return Number.isNaN(value) ? [] : [[metric.id, value]]
        }),
      )
      expect(said).toEqual(example.expect.values ?? {})
      expect(refusals.map((effect) => effect.item.code)).toEqual(
        example.expect.refused === undefined ? [] : [example.expect.refused],
      )
      expect(counts.items).toBe(counts.accepted + counts.quarantined)
    },
  )

  describe('clock and range', () => {
    const metric = type.metrics.find((one) => one.kind !== 'boolean')
    const id = metric?.id ?? ''
    const good = metric?.min ?? 0
    const step = type.reportSeconds

    function after(times: number, value: number, offsetSeconds = 0): string | undefined {
      const start = Date.parse(NOON)
      const rig = createRig({ start, devices: [deviceOf({ id: 'D-1', type: type.id })] })
      for (let n = 0; n < times; n++) {
        rig.now = start + n * step * 1000
        rig.send('D-1', { v: 1, ts: rig.now + offsetSeconds * 1000, m: { [id]: value } })
      }
      const rule = offsetSeconds === 0 ? 'BAD_RANGE' : 'CLOCK_SKEW'
      return rig.alerts().find((one) => one.rule === rule)?.state
    }

    it('notice a clock that is ten minutes slow, and none that is four', () => {
      expect(after(4, good, -600)).toBe('unack_active')
      expect(after(4, good, -240)).toBeUndefined()
    })

    it('notice values that cannot be, three times in a row and not twice', () => {
      expect(after(3, (metric?.max ?? 0) + 1)).toBe('unack_active')
      expect(after(2, (metric?.max ?? 0) + 1)).toBeUndefined()
    })
  })

  it.each(
    examples.rules.map((one): [string, RuleExample] => [`${one.rule}: ${one.description}`, one]),
  )('%s', (_name, example) => {
    const { outcome, severity } = play(type, example)
    expect(outcome).toBe(example.expect)
    if (example.severity !== undefined) expect(severity).toBe(example.severity)
  })
})
