// What an accepted registration or change should make its author look at again: it may be meant so, and it may be a slip of the pen.

import { z } from 'zod'
import type { ApiParts } from './parts.ts'

/** In the answer; absent when there is nothing to say. */
export const warningsField = {
  warnings: z
    .array(z.string())
    .exactOptional()
    .describe('What was accepted and may be a slip: an account, a division or a name nobody knows'),
} as const

interface Warnings {
  readonly warnings?: string[]
}

/** Fields that are absent are not looked at. */
interface Fields {
  readonly type: string
  readonly integration?: string | null
  readonly division?: string
  readonly rated?: Readonly<Record<string, number>>
}

export interface DeviceWarnings {
  of(device: Fields): Warnings
  /** Each warning once, with the rows that it is for. */
  ofRows(devices: readonly Fields[]): Warnings
}

const WARNINGS_MAX = 100
const ROWS_NAMED_MAX = 10

export function createDeviceWarnings({
  types,
  reader,
  reference,
}: Pick<ApiParts, 'types' | 'reader' | 'reference'>): DeviceWarnings {
  const ratedByType = new Map(
    types.map(({ id, rated = [] }) => [id, new Set(rated.map((value) => value.id))]),
  )
  const divisions = new Set(reference.divisions.map(({ code }) => code))

  function* textsOf(
    { type, integration = null, division, rated = {} }: Fields,
    accounts: ReadonlySet<string>,
  ): Iterable<string> {
    if (integration !== null && !accounts.has(integration))
      yield `integration: no account "${integration}" yet`
    if (division !== undefined && divisions.size > 0 && !divisions.has(division))
      yield `division: "${division}" is not in the table of the city`
    for (const name of Object.keys(rated))
      if (ratedByType.get(type)?.has(name) !== true)
        yield `rated.${name}: type "${type}" does not read it`
  }

  const accountsNow = (): ReadonlySet<string> => new Set(reader.integrations().map(({ id }) => id))

  return {
    of: (device) => warningsOf([...textsOf(device, accountsNow())]),
    ofRows(devices) {
      const accounts = accountsNow()
      const rowsByText = new Map<string, number[]>()
      for (const [index, device] of devices.entries())
        for (const text of textsOf(device, accounts)) {
          const rows = rowsByText.get(text)
          if (rows === undefined) rowsByText.set(text, [index + 1])
          else rows.push(index + 1)
        }
      return warningsOf([...rowsByText].map(([text, rows]) => `${rowsText(rows)}: ${text}`))
    },
  }
}

function warningsOf(texts: readonly string[]): Warnings {
  if (texts.length === 0) return {}
  const left = texts.length - WARNINGS_MAX
  const listed = texts.slice(0, WARNINGS_MAX)
  return { warnings: left > 0 ? [...listed, `${left} more warnings`] : listed }
}

function rowsText(rows: readonly number[]): string {
  const named = rows.slice(0, ROWS_NAMED_MAX).join(', ')
  const left = rows.length - ROWS_NAMED_MAX
  return `${rows.length === 1 ? 'row' : 'rows'} ${named}${left > 0 ? ` and ${left} more` : ''}`
}
