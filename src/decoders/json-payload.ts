// JSON as payloads may hold it: UTF-8, bounded in size and depth, without keys that reach into an object's prototype. Knows nothing
// of any format.

import type { Refusal } from '../core/messages/reading.ts'
import { isFields, isObject, kindOf } from './json-values.ts'
import type { Fields } from './json-values.ts'
import { refusal } from './refusal.ts'

export const PAYLOAD_BYTES_MAX = 64 * 1024
export const READINGS_MAX = 500
export const METRICS_MAX = 200
const DEPTH_MAX = 8

const utf8 = new TextDecoder('utf-8', { fatal: true })

export function sizeProblem(payload: Uint8Array): Refusal | null {
  return payload.length > PAYLOAD_BYTES_MAX
    ? refusal('too_large', `expected at most ${PAYLOAD_BYTES_MAX} bytes, got ${payload.length}`)
    : null
}

/** A payload whose root is an object. */
export function parseFields(payload: Uint8Array): { readonly fields: Fields } | Refusal {
  const parsed = parseRoot(payload)
  if ('code' in parsed) return parsed
  if (isFields(parsed.root)) return checked(parsed.root)
  return refusal('wrong_shape', `expected an object, got ${kindOf(parsed.root)}`)
}

/** A payload whose root is a list. */
export function parseList(payload: Uint8Array): { readonly list: readonly unknown[] } | Refusal {
  const parsed = parseRoot(payload)
  if ('code' in parsed) return parsed
  const { root } = parsed
  if (!Array.isArray(root)) return refusal('wrong_shape', `expected a list, got ${kindOf(root)}`)
  const problem = structureProblem(root)
  return problem === null ? { list: root } : refusal('wrong_shape', problem)
}

/** JSON that stands as text within JSON: an object or a list of them. */
export function parseInner(text: string): { readonly root: Fields | readonly unknown[] } | Refusal {
  const parsed = parseText(text)
  if ('code' in parsed) return parsed
  const { root } = parsed
  if (!isFields(root) && !Array.isArray(root))
    return refusal('wrong_shape', `expected an object, got ${kindOf(root)}`)
  const problem = structureProblem(root)
  return problem === null ? { root } : refusal('wrong_shape', problem)
}

function parseRoot(payload: Uint8Array): { readonly root: unknown } | Refusal {
  const tooLarge = sizeProblem(payload)
  if (tooLarge !== null) return tooLarge
  let text: string
  try {
    text = utf8.decode(payload)
  } catch (error) {
    return notJson(error)
  }
  return parseText(text)
}

function parseText(text: string): { readonly root: unknown } | Refusal {
  try {
    return { root: JSON.parse(text) }
  } catch (error) {
    return notJson(error)
  }
}

function checked(fields: Fields): { readonly fields: Fields } | Refusal {
  const problem = structureProblem(fields)
  return problem === null ? { fields } : refusal('wrong_shape', problem)
}

/**
 * What no part of a payload may have: keys that reach into an object's prototype, and depth. The root is depth 1. Walks with a
 * list of its own, so that depth costs no stack.
 */
function structureProblem(root: object): string | null {
  const open: { value: object; depth: number }[] = [{ value: root, depth: 1 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next
    if (depth > DEPTH_MAX) return `expected at most ${DEPTH_MAX} levels`
    if (Array.isArray(value)) {
      for (const item of value) if (isObject(item)) open.push({ value: item, depth: depth + 1 })
      continue
    }
    for (const [key, item] of Object.entries(value)) {
      if (isReach(key)) return `expected no key "${key}"`
      if (isObject(item)) open.push({ value: item, depth: depth + 1 })
    }
  }
  return null
}

/** Reaches into an object's prototype when it is used as a key. */
export function isReach(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype'
}

function notJson(error: unknown): Refusal {
  return refusal('not_json', `expected JSON in UTF-8: ${messageOf(error)}`)
}

/** The parser's words without the payload's text, which may hold anything. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const [cause] = message.split(/, "|, \.\.\./)
  return (cause ?? '').replace(/[^\u0020-\u007e]/g, '?').slice(0, 120)
}
