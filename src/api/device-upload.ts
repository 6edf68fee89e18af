// One device, a list or a table -> devices that are fit to be registered, or every mistake in them. The engine has the last word;
// what the registry alone can tell is looked up here too, so that one answer names everything.

import { foldAlias } from '../core/alias.ts'
import { checkDevice, type DeviceFields } from '../core/device-check.ts'
import type { DeviceType } from '../core/device-type.ts'
import type { StateReader } from '../ports.ts'
import { deviceFieldNames } from './device-schema.ts'
import { DEVICE_ROWS_MAX, readDeviceTable, type DeviceRow } from './device-table.ts'
import type { FieldError } from './errors.ts'

type Registry = Pick<StateReader, 'device' | 'deviceNamed'>

type Upload =
  | { readonly ok: true; readonly devices: readonly DeviceFields[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

export interface DeviceUpload {
  /** `rows` is the value of a JSON body, or the text of a table. */
  check(rows: { readonly json: unknown } | { readonly csv: string }): Upload
}

export function createDeviceUpload(types: readonly DeviceType[], registry: Registry): DeviceUpload {
  const typesById = new Map(types.map((type) => [type.id, type]))

  function checkItems(items: readonly DeviceRow[], unreadable: readonly FieldError[]): Upload {
    if (items.length === 0 && unreadable.length === 0)
      return failed('row', 'expected at least one device, got none')
    if (items.length > DEVICE_ROWS_MAX)
      return failed('row', `expected at most ${DEVICE_ROWS_MAX} devices, got ${items.length}`)
    const devices: DeviceFields[] = []
    const errors = [...unreadable]
    for (const { row, item } of items) {
      const checked = checkDevice(item, (id) => typesById.get(id))
      if (checked.ok) devices.push(checked.device)
      else
        for (const { field, reason } of checked.errors)
          errors.push({ row, field: field === '' ? 'row' : field, reason })
      for (const field of unknownFields(item)) errors.push({ row, field, reason: 'no such field' })
    }
    if (errors.length === 0) return { ok: true, devices }
    errors.push(...registryErrors(items, registry))
    return { ok: false, errors: errors.sort((a, b) => (a.row ?? 0) - (b.row ?? 0)) }
  }

  return {
    check(rows) {
      if ('csv' in rows) {
        const table = readDeviceTable(rows.csv)
        return table.ok ? checkItems(table.items, table.errors) : table
      }
      const list: readonly unknown[] = Array.isArray(rows.json) ? rows.json : [rows.json]
      return checkItems(
        list.map((item, index) => ({ row: index + 1, item })),
        [],
      )
    },
  }
}

function failed(field: string, reason: string): Upload {
  return { ok: false, errors: [{ row: 0, field, reason }] }
}

/** What is not read must not look as if it had been. */
function unknownFields(item: unknown): string[] {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return []
  return Object.keys(item)
    .filter((name) => !deviceFieldNames.has(name))
    .map((name) => name.slice(0, 100))
}

/** Ids that are taken, twice in the upload, or name a parent that is nowhere; aliases that are taken or twice in the upload. */
function registryErrors(items: readonly DeviceRow[], registry: Registry): FieldError[] {
  const errors: FieldError[] = []
  const firstRows = new Map<string, number>()
  for (const { row, item } of items) {
    const id = textField(item, 'id')
    if (id === null) continue
    const first = firstRows.get(id)
    if (first !== undefined)
      errors.push({ row, field: 'id', reason: `"${id}" is also in row ${first}` })
    else if (registry.device(id) !== null)
      errors.push({ row, field: 'id', reason: `"${id}" is registered already` })
    if (first === undefined) firstRows.set(id, row)
  }
  for (const { row, item } of items) {
    const parent = textField(item, 'parent')
    if (parent === null || firstRows.has(parent) || registry.device(parent) !== null) continue
    errors.push({ row, field: 'parent', reason: `"${parent}" is not registered` })
  }
  return [...errors, ...aliasErrors(items, registry)]
}

function aliasErrors(items: readonly DeviceRow[], registry: Registry): FieldError[] {
  const errors: FieldError[] = []
  const firstRows = new Map<string, number>()
  for (const { row, item } of items)
    for (const alias of aliasesIn(item)) {
      const first = firstRows.get(foldAlias(alias))
      const owner = registry.deviceNamed(alias)
      if (first !== undefined && first !== row)
        errors.push({ row, field: 'aliases', reason: `"${alias}" is also in row ${first}` })
      else if (owner !== null)
        errors.push({ row, field: 'aliases', reason: `"${alias}" is a name of "${owner}"` })
      if (first === undefined) firstRows.set(foldAlias(alias), row)
    }
  return errors
}

/** As they stand; what is wrong with each of them is the check's to say. */
function aliasesIn(item: unknown): readonly string[] {
  const aliases: unknown = fieldOf(item, 'aliases')
  if (!Array.isArray(aliases)) return []
  return aliases.filter((alias) => typeof alias === 'string').filter(({ length }) => length <= 128)
}

function textField(item: unknown, name: 'id' | 'parent'): string | null {
  const value: unknown = fieldOf(item, name)
  return typeof value === 'string' && value.length <= 64 ? value : null
}

function fieldOf(item: unknown, name: string): unknown {
  if (typeof item !== 'object' || item === null || !(name in item)) return undefined
  return Object.entries(item).find(([key]) => key === name)?.[1]
}
