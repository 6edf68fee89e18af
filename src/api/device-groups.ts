// Devices in groups by what the registry says of them, with the names that people know the groups by.

import type { DeviceType, Text } from '../core/device-type.ts'
import type { Device } from '../core/registry/device.ts'
import { chosenDevices, type DeviceChoice } from './chosen-devices.ts'
import { ApiError } from './errors.ts'
import type { ApiParts } from './parts.ts'

export const groupings = ['division', 'street', 'type', 'grid', 'parent', 'department'] as const
export type Grouping = (typeof groupings)[number]

const GROUPS_MAX = 1000
const DEVICES_MAX = 100_000

export interface DeviceGroup {
  /** Null: the devices of which the registry does not say it. */
  readonly key: string | null
  readonly devices: readonly string[]
}

/** By key, the one without a key last. Throws ApiError when there are too many devices or groups for one answer. */
export async function groupDevices(
  { reader }: Pick<ApiParts, 'reader'>,
  choice: DeviceChoice,
  type: DeviceType,
  by: Grouping,
): Promise<readonly DeviceGroup[]> {
  const groups = new Map<string | null, string[]>()
  let count = 0
  for await (const page of chosenDevices(reader, choice)) {
    count += page.length
    if (count > DEVICES_MAX) throw tooMany('devices', DEVICES_MAX)
    for (const device of page) {
      const key = keyOf(device, type, by)
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [device.id])
      else group.push(device.id)
    }
    if (groups.size > GROUPS_MAX) throw tooMany('groups', GROUPS_MAX)
  }
  return [...groups]
    .map(([key, devices]) => ({ key, devices }))
    .sort((one, other) => compareKeys(one.key, other.key))
}

/** Null where there is no name beside the key. */
export function groupName(
  parts: Pick<ApiParts, 'reference' | 'reader'>,
  type: DeviceType,
  by: Grouping,
  key: string | null,
): Text | null {
  if (key === null) return null
  if (by === 'type') return type.name
  if (by === 'division')
    return parts.reference.divisions.find(({ code }) => code === key)?.name ?? null
  if (by !== 'parent') return null
  const parent = parts.reader.device(key)
  return parent === null ? null : { zh: parent.name, en: parent.name }
}

function keyOf(device: Device, type: DeviceType, by: Grouping): string | null {
  // A device without a department of its own is in the care of its type's.
  const key = by === 'department' ? (device.department ?? type.department) : device[by]
  return key === '' ? null : key
}

function compareKeys(one: string | null, other: string | null): number {
  if (one === null || other === null) return one === null ? 1 : -1
  return one < other ? -1 : 1
}

function tooMany(what: string, max: number): ApiError {
  return new ApiError('invalid_request', `Expected at most ${max} ${what} in one answer`, {
    errors: [
      {
        field: 'by',
        reason: `more than ${max} ${what}: narrow them down, by division for example`,
      },
    ],
  })
}
