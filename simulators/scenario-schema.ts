// What a scenario file may say, as a schema; what the parts mean together is checked in `scenario.ts`.

import { z } from 'zod'
import { demoCitySize } from './city.ts'
import { faultKinds } from './faults.ts'
import { DEVICE_ID_PATTERN, REPORT_SECONDS_MAX } from '../src/core/registry/device.ts'

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** `90s`, `20m`, `1h30m`, `92d`. */
const duration = z
  .string()
  .regex(/^(\d+d)?(\d+h)?(\d+m)?(\d+s)?$/, 'expected a duration such as 90s, 20m, 1h30m or 92d')
  .refine((text) => text.length > 0, 'expected a duration such as 90s, 20m, 1h30m or 92d')
  .transform((text) =>
    [...text.matchAll(/(\d+)([smhd])/g)].reduce(
      (sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ''] ?? Number.NaN),
      0,
    ),
  )

const instant = z.iso
  .datetime({
    offset: true,
    error: 'expected a time with its zone such as 2026-11-10T20:00:00+08:00',
  })
  .transform((text) => Date.parse(text))

const deviceId = z.string().regex(DEVICE_ID_PATTERN, 'expected a device id')
const ruleId = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'expected a rule id such as COVER_OPEN')
const oneOrMore = <T extends z.ZodType>(item: T) =>
  z.union([item.transform((value) => [value]), z.array(item).min(1)])
const count = z.number().int().min(0)
const text = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) })

const city = z.strictObject({
  feeders: count.max(2_000).default(demoCitySize.feeders),
  lampsPerFeeder: count.max(200).default(demoCitySize.lampsPerFeeder),
  covers: count.max(50_000).default(demoCitySize.covers),
  sites: count.max(5_000).default(demoCitySize.sites),
})

const explicitDevice = z.strictObject({
  id: deviceId,
  type: z.string().min(1),
  name: z.string().min(1),
  division: z
    .string()
    .regex(/^\d{6}$/, 'expected a six-digit division')
    .default('150802'),
  grid: z.string().nullable().default(null),
  street: z.string().nullable().default(null),
  parent: deviceId.nullable().default(null),
  lat: z.number().min(-90).max(90).nullable().default(null),
  lon: z.number().min(-180).max(180).nullable().default(null),
  roadClass: z.string().nullable().default(null),
  weakArea: z.boolean().default(false),
  department: z.string().nullable().default(null),
  maintainer: z.string().nullable().default(null),
  componentCode: z.string().nullable().default(null),
  rated: z.record(z.string(), z.number()).default({}),
  reportSeconds: z.number().int().min(1).max(REPORT_SECONDS_MAX).nullable().default(null),
})

const column = z.union([
  z.string().transform((metric) => ({ metric, as: 'number' as const })),
  z.strictObject({ metric: z.string(), as: z.enum(['number', 'compass']) }),
])

/** A CSV of real sensors, and whose readings its rows are. */
const recording = z.strictObject({
  file: z.string().min(1),
  /** UTC offset of the file's local hours. */
  offset: z.string().regex(/^[+-]\d\d:\d\d$/, 'expected an offset such as +08:00'),
  station: z.string().min(1),
  /** Value of the station column -> device that plays it. */
  devices: z.record(z.string(), deviceId),
  columns: z.record(z.string(), column),
})

const fault = z.strictObject({
  id: z.string().min(1),
  kind: z.enum(faultKinds),
  on: oneOrMore(deviceId),
  at: duration,
  for: duration,
  magnitude: z.number().optional(),
  ramp: duration.optional(),
})

const expectation = z.strictObject({
  fault: z.string().min(1),
  rules: oneOrMore(ruleId),
  /** Where the alert must stand; default: on every device the fault strikes. */
  on: oneOrMore(deviceId).optional(),
  /** In time up to here, counted from the fault's start. */
  within: duration,
  /** Still counted, as late; default twice `within`. */
  until: duration.optional(),
  /** True: exactly one ticket, delivered. False: none. */
  ticket: z.boolean().optional(),
  /** An alert that stood already when the fault began is as good: real events build up slowly. */
  standing: z.boolean().default(false),
})

const allowance = z.strictObject({
  rules: oneOrMore(ruleId),
  /** Only while this fault lasts (and `after` it), and where it is felt. */
  fault: z.string().optional(),
  after: duration.default(0),
  on: oneOrMore(deviceId).optional(),
  /** Only where the recording itself held such a value when the alert was raised. */
  recorded: z.strictObject({ metric: z.string(), above: z.number() }).optional(),
  max: count.default(Number.MAX_SAFE_INTEGER),
  why: z.string().min(1),
})

const limits = z.strictObject({
  unexpected: count.default(0),
  tickets: count.optional(),
  duplicates: count.default(0),
  rules: z.record(ruleId, count).default({}),
})

const cases = z.strictObject({
  kind: z.enum(['none', 'simulated']).default('simulated'),
  behaviour: z.record(z.string(), z.unknown()).default({}),
})

/** What people do meanwhile. */
const operator = z.strictObject({
  /** Every alert is acknowledged so long after it was raised; left out: never. */
  acknowledgeAfter: duration.optional(),
})

export const scenarioSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case words with hyphens'),
  story: text,
  seed: z.union([z.string().min(1), z.number().int()]).transform(String),
  start: instant,
  duration: duration.refine((ms) => ms > 0, 'expected more than 0s'),
  fleet: z.strictObject({
    city: city.optional(),
    devices: z.array(explicitDevice).default([]),
    recording: recording.optional(),
  }),
  faults: z.array(fault).default([]),
  cases: cases.prefault({}),
  operator: operator.prefault({}),
  expect: z.array(expectation).default([]),
  allow: z.array(allowance).default([]),
  limits: limits.prefault({}),
})

export type ScenarioFile = z.output<typeof scenarioSchema>
export type RecordingFile = z.output<typeof recording>
