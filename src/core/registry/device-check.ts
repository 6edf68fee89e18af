// Registry entries from outside: whatever shape a command has, the result is a clean device or a list of what is wrong with which
// field. Knows nothing of other devices; the registry checks ids and parents.

import { aliasesOf } from './alias.ts'
import { DEVICE_ID_PATTERN, REPORT_SECONDS_MAX } from './device.ts'
import type { Device } from './device.ts'
import type { DeviceType } from '../device-type.ts'
import { divisionProblem, gridProblem } from './division.ts'
import { hiddenCharacters } from './hidden-characters.ts'
import { INTEGRATION_ID_PATTERN } from './integration.ts'

/** A checked entry says everything. */
export type DeviceFields = Required<Omit<Device, 'createdAt'>>

interface FieldError {
  readonly field: string
  readonly reason: string
}

export type DeviceCheck =
  | { readonly ok: true; readonly device: DeviceFields }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

const NAME_MAX = 200
const DIVISION_PATTERN = /^\d{6}[0-9A-Za-z]{0,6}$/
const GRID_PATTERN = /^\d{14,15}$/
const COMPONENT_CODE_PATTERN = /^[0-9A-Za-z-]{1,32}$/
const RATED_NAME_PATTERN = /^[a-z][a-z0-9_]{0,40}$/
const RATED_MAX = 50

/**
 * `typeOf` looks into the catalogue. Fields that are absent count as null. What the entry said `before` is not held against it where
 * a later version of the product has grown stricter.
 */
export function checkDevice(
  raw: unknown,
  typeOf: (id: string) => Pick<DeviceType, 'codecs'> | undefined,
  before: Device | null = null,
): DeviceCheck {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return { ok: false, errors: [{ field: '', reason: `expected an object, got ${kindOf(raw)}` }] }
  const fields: Readonly<Record<string, unknown>> = { ...raw }
  const errors: FieldError[] = []
  const fail = (field: string, reason: string): void => {
    errors.push({ field, reason })
  }

  function text(field: string, max = NAME_MAX): string {
    const value = fields[field]
    if (typeof value !== 'string') {
      fail(field, `expected text, got ${kindOf(value)}`)
      return ''
    }
    if (value.trim() === '' || value.length > max)
      fail(field, `expected 1 to ${max} characters, got ${value.length}`)
    if (hiddenCharacters.test(value))
      fail(field, 'expected no control characters and no direction marks')
    return value
  }

  function optional<T>(field: string, read: (field: string) => T): T | null {
    return fields[field] === undefined || fields[field] === null ? null : read(field)
  }

  function matching(field: string, pattern: RegExp, expected: string): string {
    const value = fields[field]
    if (typeof value === 'string' && pattern.test(value)) return value
    fail(field, `expected ${expected}, got ${shown(value)}`)
    return ''
  }

  function degrees(field: string, bound: number): number {
    const value = fields[field]
    if (typeof value === 'number' && Math.abs(value) <= bound) return value
    fail(field, `expected degrees from -${bound} to ${bound}, got ${shown(value)}`)
    return 0
  }

  function seconds(field: string): number {
    const value = fields[field]
    if (typeof value === 'number' && Number.isInteger(value))
      if (value >= 1 && value <= REPORT_SECONDS_MAX) return value
    fail(field, `expected whole seconds from 1 to ${REPORT_SECONDS_MAX}, got ${shown(value)}`)
    return 1
  }

  function flag(field: string): boolean {
    const value = fields[field] ?? false
    if (typeof value !== 'boolean') fail(field, `expected true or false, got ${shown(value)}`)
    return value === true
  }

  /** A code that is well-formed, and that `problemOf` has nothing against. */
  function code(
    field: 'division' | 'grid',
    pattern: RegExp,
    expected: string,
    problemOf: (code: string) => string | null,
  ): string {
    const value = matching(field, pattern, expected)
    const problem = value === '' || value === before?.[field] ? null : problemOf(value)
    if (problem !== null) fail(field, problem)
    return value
  }

  function codec(field: string): string {
    const value = fields[field]
    const codecs = known?.codecs ?? []
    if (typeof value === 'string')
      if (value === before?.codec || codecs.some(({ id }) => id === value)) return value
    const expected =
      codecs.length === 0
        ? `none, as type "${type}" has no codecs`
        : `one of ${codecs.map(({ id }) => id).join(', ')}`
    if (known !== undefined) fail(field, `expected ${expected}, got ${shown(value)}`)
    return ''
  }

  const type = matching('type', /^[a-z][a-z0-9-]{0,63}$/, 'a type id')
  const known = type === '' ? undefined : typeOf(type)
  if (type !== '' && known === undefined)
    fail('type', `expected a type of the catalogue, got "${type}"`)
  const lat = optional('lat', (field) => degrees(field, 90))
  const lon = optional('lon', (field) => degrees(field, 180))
  if ((lat === null) !== (lon === null)) fail('lat', 'expected lat and lon together, or neither')
  const device: DeviceFields = {
    id: matching('id', DEVICE_ID_PATTERN, '1 to 64 letters, digits, ".", "_" or "-"'),
    type,
    name: text('name'),
    division: code(
      'division',
      DIVISION_PATTERN,
      'a division code of six digits (and up to six more characters)',
      divisionProblem,
    ),
    grid: optional('grid', () => code('grid', GRID_PATTERN, '14 or 15 digits', gridProblem)),
    street: optional('street', text),
    parent: optional('parent', (field) => matching(field, DEVICE_ID_PATTERN, 'a device id')),
    lat,
    lon,
    roadClass: optional('roadClass', text),
    weakArea: flag('weakArea'),
    department: optional('department', text),
    maintainer: optional('maintainer', text),
    componentCode: optional('componentCode', (field) =>
      matching(field, COMPONENT_CODE_PATTERN, '1 to 32 letters and digits'),
    ),
    rated: ratedOf(fields['rated'], fail),
    reportSeconds: optional('reportSeconds', seconds),
    aliases: aliasesOf(fields['aliases'], (reason) => fail('aliases', reason)),
    integration: optional('integration', (field) =>
      matching(field, INTEGRATION_ID_PATTERN, `an account id (${INTEGRATION_ID_PATTERN.source})`),
    ),
    codec: optional('codec', codec),
    simulated: flag('simulated'),
  }
  return errors.length === 0 ? { ok: true, device } : { ok: false, errors }
}

function ratedOf(
  raw: unknown,
  fail: (field: string, reason: string) => void,
): Readonly<Record<string, number>> {
  if (raw === undefined || raw === null) return {}
  if (typeof raw !== 'object' || Array.isArray(raw)) {
    fail('rated', `expected an object of numbers, got ${kindOf(raw)}`)
    return {}
  }
  const entries = Object.entries(raw)
  if (entries.length > RATED_MAX)
    fail('rated', `expected at most ${RATED_MAX} values, got ${entries.length}`)
  const rated: [string, number][] = []
  for (const [name, value] of entries.slice(0, RATED_MAX)) {
    if (!RATED_NAME_PATTERN.test(name))
      fail('rated', `expected names such as power, got ${shown(name)}`)
    else if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
      fail(`rated.${name}`, `expected a positive number, got ${shown(value)}`)
    else rated.push([name, value])
  }
  return Object.fromEntries(rated)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'nothing'
  return Array.isArray(value) ? 'a list' : typeof value
}

function shown(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : kindOf(value)
}
