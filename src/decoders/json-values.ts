// What JSON values are, and how a refusal speaks of them.

export type Fields = Readonly<Record<string, unknown>>

const SHOWN_MAX = 60

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

export function isFields(value: unknown): value is Fields {
  return isObject(value) && !Array.isArray(value)
}

/** The value as an object with fields; empty when it is anything else. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'none'
  return Array.isArray(value) ? 'a list' : typeof value
}

/** Short, in quotes when it is text. */
export function shown(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > SHOWN_MAX ? `${value.slice(0, SHOWN_MAX)}…` : value)
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value)
}
