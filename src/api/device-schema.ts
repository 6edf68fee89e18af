// A device as JSON: what a caller may send and what it gets.

import { z } from 'zod'
import { ALIAS_LENGTH_MAX, ALIASES_MAX } from '../core/registry/alias.ts'
import { hiddenCharacters } from '../core/registry/hidden-characters.ts'
import { INTEGRATION_ID_PATTERN } from '../core/registry/integration.ts'
import { DEVICE_ID_PATTERN, REPORT_SECONDS_MAX, type Device } from '../core/registry/device.ts'
import type { DeviceType } from '../core/device-type.ts'
import type { Times } from './times.ts'

export const RATED_KEY_PATTERN = /^[a-z][a-z0-9_]{0,40}$/

const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine(
      (text) => !hiddenCharacters.test(text),
      'expected no control or bidirectional characters',
    )

const id = z.string().regex(DEVICE_ID_PATTERN, `expected ${DEVICE_ID_PATTERN.source}`)

const fields = {
  name: line(200),
  division: z.string().regex(/^\d{6}[0-9A-Za-z]{0,6}$/, 'expected a division code such as 150802'),
  grid: z
    .string()
    .regex(/^\d{14,15}$/, 'expected a grid code of 14 or 15 digits')
    .nullable(),
  street: line(200).nullable(),
  parent: id.nullable(),
  lat: z.number().min(-90).max(90).nullable(),
  lon: z.number().min(-180).max(180).nullable(),
  roadClass: line(200).nullable(),
  weakArea: z.boolean(),
  department: line(200).nullable(),
  maintainer: line(200).nullable(),
  componentCode: z
    .string()
    .regex(/^[0-9A-Za-z-]{1,32}$/)
    .nullable(),
  rated: z
    .record(z.string().regex(RATED_KEY_PATTERN), z.number().positive())
    .refine((rated) => Object.keys(rated).length <= 50, 'expected at most 50 rated values'),
  reportSeconds: z
    .number()
    .int()
    .min(1)
    .max(REPORT_SECONDS_MAX)
    .nullable()
    .describe("Longest time between two reports; null: the type's"),
  aliases: z
    .array(line(ALIAS_LENGTH_MAX))
    .max(ALIASES_MAX)
    .describe('Names under which other networks know it; in a table with | between them'),
  integration: z
    .string()
    .regex(INTEGRATION_ID_PATTERN, `expected ${INTEGRATION_ID_PATTERN.source}`)
    .nullable()
    .describe('The integration account that may speak for it; it need not exist yet'),
  codec: z.string().min(1).max(64).nullable().describe('A codec of its type'),
  simulated: z.boolean(),
} as const

/** What an upload should look like, for the documents; the core's own check judges it and names each mistake. */
export function createDeviceSchema(types: readonly DeviceType[]) {
  return z.strictObject({
    id,
    type: z.enum(types.map((type) => type.id)),
    name: fields.name,
    division: fields.division,
    grid: fields.grid.default(null),
    street: fields.street.default(null),
    parent: fields.parent.default(null),
    lat: fields.lat.default(null),
    lon: fields.lon.default(null),
    roadClass: fields.roadClass.default(null),
    weakArea: fields.weakArea.default(false),
    department: fields.department.default(null),
    maintainer: fields.maintainer.default(null),
    componentCode: fields.componentCode.default(null),
    rated: fields.rated.default({}),
    reportSeconds: fields.reportSeconds.default(null),
    aliases: fields.aliases.default([]),
    integration: fields.integration.default(null),
    codec: fields.codec.default(null),
    simulated: fields.simulated.default(false),
  })
}

export const deviceFieldNames: ReadonlySet<string> = new Set(['id', 'type', ...Object.keys(fields)])

export const devicePatchSchema = z
  .strictObject({
    name: fields.name.exactOptional(),
    division: fields.division.exactOptional(),
    grid: fields.grid.exactOptional(),
    street: fields.street.exactOptional(),
    parent: fields.parent.exactOptional(),
    lat: fields.lat.exactOptional(),
    lon: fields.lon.exactOptional(),
    roadClass: fields.roadClass.exactOptional(),
    weakArea: fields.weakArea.exactOptional(),
    department: fields.department.exactOptional(),
    maintainer: fields.maintainer.exactOptional(),
    componentCode: fields.componentCode.exactOptional(),
    rated: fields.rated.exactOptional(),
    reportSeconds: fields.reportSeconds.exactOptional(),
    aliases: fields.aliases.exactOptional(),
    integration: fields.integration.exactOptional(),
    codec: fields.codec.exactOptional(),
    simulated: fields.simulated.exactOptional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'expected at least one field')

export const deviceSchema = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  division: z.string(),
  grid: z.string().nullable(),
  street: z.string().nullable(),
  parent: z.string().nullable(),
  lat: z.number().nullable(),
  lon: z.number().nullable(),
  roadClass: z.string().nullable(),
  weakArea: z.boolean(),
  department: z.string().nullable(),
  maintainer: z.string().nullable(),
  componentCode: z.string().nullable(),
  rated: z.record(z.string(), z.number()),
  reportSeconds: z.number().nullable(),
  aliases: z.array(z.string()),
  integration: z.string().nullable(),
  codec: z.string().nullable(),
  simulated: z.boolean(),
  createdAt: z.string(),
})

export const fullDeviceSchema = deviceSchema.extend({
  presence: z.enum(['online', 'offline']).nullable(),
  lastSeenAt: z.string().nullable(),
  hasCredential: z.boolean(),
  /** Until then the credential before is good, too. */
  previousCredentialUntil: z.string().nullable(),
  /** Nothing lets it in until a new credential is made. */
  revoked: z.boolean(),
  /** How far its clock is behind ours, negative when it is ahead. */
  clock: z.object({ skewMs: z.number(), at: z.string() }).nullable(),
})

export function deviceView(device: Device, times: Times): z.output<typeof deviceSchema> {
  return {
    id: device.id,
    type: device.type,
    name: device.name,
    division: device.division,
    grid: device.grid,
    street: device.street,
    parent: device.parent,
    lat: device.lat,
    lon: device.lon,
    roadClass: device.roadClass,
    weakArea: device.weakArea,
    department: device.department,
    maintainer: device.maintainer,
    componentCode: device.componentCode,
    rated: device.rated,
    reportSeconds: device.reportSeconds ?? null,
    aliases: [...(device.aliases ?? [])],
    integration: device.integration ?? null,
    codec: device.codec ?? null,
    simulated: device.simulated,
    createdAt: times.iso(device.createdAt),
  }
}
