// One device, a list or a table -> devices that are fit to be registered, or every mistake in them. The engine has the last word;
// what the registry alone can tell is looked up here too, so that one answer names everything.

import { checkDevice, type DeviceFields } from '../core/registry/device-check.ts'
import type { DeviceType } from '../core/device-type.ts'
import { deviceFieldNames } from './device-schema.ts'
import { DEVICE_ROWS_MAX, readDeviceTable, type DeviceRow } from './device-table.ts'
import type { FieldError } from './errors.ts'
import { registryErrors, type UploadRegistry } from './upload-registry.ts'

type Upload =
  | { readonly ok: true; readonly devices: readonly DeviceFields[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

export interface DeviceUpload {
  /** `rows` is the value of a JSON body, or the text of a table. */
  check(rows: { readonly json: unknown } | { readonly csv: string }): Upload
}

export function createDeviceUpload(
  types: readonly DeviceType[],
  registry: UploadRegistry,
): DeviceUpload {
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
