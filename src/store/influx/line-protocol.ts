// Line protocol, the only place that writes it: what a name or a value must look like so that every generation of InfluxDB reads back
// exactly what was meant, and what it cannot say at all.

import type { Reading } from '../../core/messages/reading.ts'

/** Marks what was simulated. No metric of a type has this name. */
export const SIMULATED_FIELD = 'simulated'

/** Beyond this many devices the prefixes are made anew: far more than one city has. */
const PREFIXES_MAX = 200_000

/** An id without anything that has to be escaped, as nearly all are. */
const PLAIN = /^[\w.-]+$/

/**
 * A tag's key or value or a field's key. Null when line protocol cannot say it: it is empty, holds the end of a line or a zero, is not
 * whole Unicode, or ends with a backslash, which would take the meaning from whatever follows.
 */
export function escapeTag(text: string): string | null {
  if (PLAIN.test(text)) return text
  if (text === '' || text.endsWith('\\') || !text.isWellFormed() || /[\n\r\0]/.test(text))
    return null
  return text.replaceAll(/[ ,=]/g, '\\$&')
}

/** A measurement's name, where an equals sign stands for itself. Null as for tags. */
export function escapeMeasurement(text: string): string | null {
  if (text.startsWith('#')) return null
  return escapeTag(text)?.replaceAll('\\=', '=') ?? null
}

/** A number, always a float to the server: an integer would need an `i`. Null for what is no number. */
export function floatText(value: number): string | null {
  if (!Number.isFinite(value)) return null
  return Object.is(value, -0) ? '-0' : String(value)
}

/** `measurement,device=...,division=... ` with the space before the fields; without a division when that is empty. */
export function seriesPrefix(measurement: string, device: string, division: string): string | null {
  const name = escapeMeasurement(measurement)
  const deviceTag = escapeTag(device)
  const divisionTag = division === '' ? '' : escapeTag(division)
  if (name === null || deviceTag === null || divisionTag === null) return null
  return `${name},device=${deviceTag}${divisionTag === '' ? '' : `,division=${divisionTag}`} `
}

export interface ReadingLines {
  /** The reading under this division; null when line protocol cannot say its device or division. */
  lineOf(reading: Reading, division: string): string | null
}

/** Remembers each device's beginning of a line: putting it together costs more than the rest of it. */
export function createReadingLines(
  metricsOfType: ReadonlyMap<string, readonly string[]>,
): ReadingLines {
  const prefixes = new Map<string, string | null>()

  function prefixOf(type: string, device: string, division: string): string | null {
    const key = `${type}\n${division}\n${device}`
    const known = prefixes.get(key)
    if (known !== undefined) return known
    if (prefixes.size >= PREFIXES_MAX) prefixes.clear()
    const prefix = seriesPrefix(type, device, division)
    prefixes.set(key, prefix)
    return prefix
  }

  return {
    lineOf(reading, division) {
      const prefix = prefixOf(reading.type, reading.device, division)
      if (prefix === null) return null
      return `${prefix}${fieldsOf(reading, metricsOfType.get(reading.type) ?? [])} ${Math.floor(reading.ts)}`
    },
  }
}

/** A line must have a field: a reading that says nothing says that it was not simulated. */
function fieldsOf(reading: Reading, metrics: readonly string[]): string {
  let fields = reading.simulated ? `${SIMULATED_FIELD}=1` : ''
  for (const [index, metric] of metrics.entries()) {
    const text = floatText(reading.values[index] ?? Number.NaN)
    if (text !== null) fields += `${fields === '' ? '' : ','}${metric}=${text}`
  }
  return fields === '' ? `${SIMULATED_FIELD}=0` : fields
}
