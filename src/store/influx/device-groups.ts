// Lists of devices cut so that a statement names few of them: the server's time for a list grows with its square.

import { isQuotable } from './influxql-text.ts'

const DEVICES_PER_STATEMENT = 100

/** Each once. No device has a name that cannot be asked for, as none of that name could be written. */
export function deviceGroups(devices: Iterable<string>): readonly (readonly string[])[] {
  const names = [...new Set(devices)].filter(isQuotable)
  const groups: string[][] = []
  for (let start = 0; start < names.length; start += DEVICES_PER_STATEMENT)
    groups.push(names.slice(start, start + DEVICES_PER_STATEMENT))
  return groups
}

/** For short spans: so many devices are not named one by one; null tells of all. */
export function deviceGroupsOrAll(
  devices: Iterable<string>,
): readonly (readonly string[] | null)[] {
  const groups = deviceGroups(devices)
  return groups.length > 10 ? [null] : groups
}
