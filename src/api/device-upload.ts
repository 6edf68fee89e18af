// One device, a list or a table -> devices that are fit to be registered, or every mistake in them. The engine has the last word;
// what the registry alone can tell is looked up here too, so that one answer names everything.

import type { DeviceType } from '../core/device-type.ts'
import type { StateReader } from '../ports.ts'
import { createDeviceSchema, type NewDevice } from './device-schema.ts'
import { DEVICE_ROWS_MAX, readDeviceTable } from './device-table.ts'
import type { FieldError } from './errors.ts'

export type Upload =
  | { readonly ok: true; readonly devices: readonly NewDevice[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

export interface DeviceUpload {
  /** `rows` is the value of a JSON body, or the text of a table. */
  check(rows: { readonly json: unknown } | { readonly csv: string }): Upload
}

export function createDeviceUpload(
  types: readonly DeviceType[],
  registry: Pick<StateReader, 'device'>,
): DeviceUpload {
  const schema = createDeviceSchema(types)

  function checkItems(items: readonly unknown[]): Upload {
    if (items.length === 0) return failed('row', 'expected at least one device, got none')
    if (items.length > DEVICE_ROWS_MAX)
      return failed('row', `expected at most ${DEVICE_ROWS_MAX} devices, got ${items.length}`)
    const devices: NewDevice[] = []
    const errors: FieldError[] = []
    for (const [index, item] of items.entries()) {
      const parsed = schema.safeParse(item)
      if (parsed.success) devices.push(parsed.data)
      else
        for (const issue of parsed.error.issues)
          errors.push({ row: index + 1, field: fieldOf(issue), reason: issue.message })
    }
    if (errors.length === 0) return { ok: true, devices }
    errors.push(...registryErrors(items, registry))
    return { ok: false, errors: errors.sort((a, b) => (a.row ?? 0) - (b.row ?? 0)) }
  }

  return {
    check(rows) {
      if (!('csv' in rows)) return checkItems(Array.isArray(rows.json) ? rows.json : [rows.json])
      const table = readDeviceTable(rows.csv)
      return table.ok ? checkItems(table.items) : table
    },
  }
}

function failed(field: string, reason: string): Upload {
  return { ok: false, errors: [{ row: 0, field, reason }] }
}

function fieldOf(issue: { readonly path: readonly PropertyKey[]; readonly code: string; readonly keys?: readonly string[] }): string {
  const path = issue.path.map(String).join('.')
  if (issue.code !== 'unrecognized_keys') return path === '' ? 'row' : path
  return issue.keys?.join(', ') ?? path
}

/** Ids that are taken, twice in the upload, or name a parent that is nowhere. */
function registryErrors(
  items: readonly unknown[],
  registry: Pick<StateReader, 'device'>,
): FieldError[] {
  const errors: FieldError[] = []
  const firstRows = new Map<string, number>()
  for (const [index, item] of items.entries()) {
    const id = textField(item, 'id')
    if (id === null) continue
    const first = firstRows.get(id)
    if (first !== undefined)
      errors.push({ row: index + 1, field: 'id', reason: `"${id}" is also in row ${first}` })
    else if (registry.device(id) !== null)
      errors.push({ row: index + 1, field: 'id', reason: `"${id}" is registered already` })
    if (first === undefined) firstRows.set(id, index + 1)
  }
  for (const [index, item] of items.entries()) {
    const parent = textField(item, 'parent')
    if (parent === null || firstRows.has(parent) || registry.device(parent) !== null) continue
    errors.push({ row: index + 1, field: 'parent', reason: `"${parent}" is not registered` })
  }
  return errors
}

function textField(item: unknown, name: 'id' | 'parent'): string | null {
  if (typeof item !== 'object' || item === null || !(name in item)) return null
  const value: unknown = Object.entries(item).find(([key]) => key === name)?.[1]
  return typeof value === 'string' && value.length <= 64 ? value : null
}
