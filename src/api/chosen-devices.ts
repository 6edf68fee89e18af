// Which devices a question is about: a list of ids, or all of a type that a filter lets through. Read page by page, so that a city of
// devices neither fills the memory nor keeps others waiting.

import { setImmediate as letOthersRun } from 'node:timers/promises'
import { z } from 'zod'
import { DEVICE_ID_PATTERN, type Device } from '../core/registry/device.ts'
import type { StateReader } from '../ports.ts'
import { ApiError } from './errors.ts'
import { shortText } from './lists.ts'

/** In one list, and in one page of the registry. */
export const DEVICES_LISTED_MAX = 1000

export const deviceList = z
  .string()
  .max(DEVICES_LISTED_MAX * 65)
  .transform((list) => [...new Set(list.split(','))])
  .pipe(
    z
      .array(z.string().regex(DEVICE_ID_PATTERN, 'expected ids of devices with commas between'))
      .max(DEVICES_LISTED_MAX),
  )

export const choiceQuery = {
  devices: deviceList
    .optional()
    .describe(`Ids with commas between, at most ${DEVICES_LISTED_MAX}; instead of a filter`),
  division: shortText.optional().describe('Division code: the devices of this one only'),
  street: shortText.optional().describe('Name of a street, as the registry has it'),
  parent: shortText.optional().describe('Id of the device they hang on'),
  grid: shortText.optional().describe('Code of a grid cell'),
} as const

export interface DeviceChoice {
  readonly type: string
  readonly devices?: readonly string[] | undefined
  readonly division?: string | undefined
  readonly street?: string | undefined
  readonly parent?: string | undefined
  readonly grid?: string | undefined
}

/**
 * The chosen devices in pages, by id, or in the order of the list. Throws ApiError before the first page when the list names a device
 * that is not there or is of another type, or comes together with a filter.
 */
export async function* chosenDevices(
  reader: Pick<StateReader, 'devices' | 'device'>,
  choice: DeviceChoice,
): AsyncGenerator<readonly Device[], void, undefined> {
  const { type, devices, division = null, street, parent = null, grid } = choice
  if (devices !== undefined) {
    yield listedDevices(reader, choice, devices)
    return
  }
  const filter = { type, division, parent, search: null }
  let cursor: string | null = null
  do {
    const page = reader.devices(filter, { limit: DEVICES_LISTED_MAX, cursor })
    const chosen = page.items.filter(
      (device) =>
        (street === undefined || device.street === street) &&
        (grid === undefined || device.grid === grid),
    )
    if (chosen.length > 0) yield chosen
    cursor = page.cursor
    if (cursor !== null) await letOthersRun()
  } while (cursor !== null)
}

export interface Chosen {
  readonly devices: readonly Device[]
  /** How many there are, also of those beyond the limit. */
  readonly total: number
}

/** The first `limit` of them. */
export async function firstChosen(
  reader: Pick<StateReader, 'devices' | 'device'>,
  choice: DeviceChoice,
  limit: number,
): Promise<Chosen> {
  const devices: Device[] = []
  let total = 0
  for await (const page of chosenDevices(reader, choice)) {
    total += page.length
    devices.push(...page.slice(0, limit - devices.length))
  }
  return { devices, total }
}

function listedDevices(
  reader: Pick<StateReader, 'device'>,
  choice: DeviceChoice,
  ids: readonly string[],
): readonly Device[] {
  const { type, division, street, parent, grid } = choice
  if ([division, street, parent, grid].some((filter) => filter !== undefined))
    throw new ApiError('invalid_request', 'Expected a list of devices or a filter, got both', {
      errors: [{ field: 'devices', reason: 'expected no filter beside it' }],
    })
  const found = ids.map((id) => ({ id, device: reader.device(id) }))
  const missing = found.filter(({ device }) => device === null)
  if (missing.length > 0)
    throw new ApiError('not_found', `There is no such device: ${missing.length} of ${ids.length}`, {
      errors: missing.map(({ id }) => ({ field: 'devices', reason: `no device has id "${id}"` })),
    })
  const devices = found.flatMap(({ device }) => device ?? [])
  const others = devices.filter((device) => device.type !== type)
  if (others.length > 0)
    throw new ApiError('invalid_request', `Expected devices of type ${type} only`, {
      errors: others.map((one) => ({ field: 'devices', reason: `"${one.id}" is a ${one.type}` })),
    })
  return devices
}
