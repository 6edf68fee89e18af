// Readings that tell how people live: who may see them one by one, and how many homes a sum must have to hide each of them.

import type { DeviceType } from '../core/device-type.ts'
import type { TelemetryWindow } from '../ports.ts'
import type { Role } from './access.ts'
import { ApiError } from './errors.ts'
import { windowMs } from './window-counts.ts'

/**
 * The temperature of a dwelling tells whether anybody is at home. Where a vehicle of the city was may be seen by whoever may see its
 * telemetry: the matrix of roles holds back dwellings only, and for positions of crews says how long they are kept, which is for
 * the settings of retention.
 */
const personalTypes: ReadonlySet<string> = new Set(['indoor-temperature'])

/** Sums of fewer devices than this say too much about each. */
export const GROUP_MIN = 5

export function isPersonal(type: string): boolean {
  return personalTypes.has(type)
}

/** Operators and engineers work with single readings; whoever only looks on does not. */
export function seesSingleReadings(role: Role, type: string): boolean {
  return !isPersonal(type) || role === 'operator' || role === 'engineer' || role === 'admin'
}

/** The finest window that the role may have: a window shorter than the type's rhythm holds a single reading. */
export function finestWindow(
  role: Role,
  type: Pick<DeviceType, 'id' | 'reportSeconds'>,
): TelemetryWindow {
  if (seesSingleReadings(role, type.id)) return 'raw'
  const rhythmMs = type.reportSeconds * 1000
  return (['1h', '6h', '1d'] as const).find((window) => windowMs[window] >= rhythmMs) ?? '1d'
}

/** Throws ApiError when the role may not have this window of the type. */
export function expectWindowAllowed(
  role: Role,
  type: Pick<DeviceType, 'id' | 'reportSeconds'>,
  window: TelemetryWindow,
): void {
  const finest = finestWindow(role, type)
  if (windowMs[window] >= windowMs[finest]) return
  throw new ApiError(
    'forbidden',
    `Role ${role} may see ${type.id} in windows of ${finest} or longer: single readings are personal data`,
  )
}
