// A case system's status event, checked field by field before it becomes an input. Whether its step is allowed is for the engine.

import type { CaseEvent } from '../core/input.ts'
import type { Millis } from '../core/position.ts'
import { caseNumber } from './case-text.ts'

export interface CaseEventError {
  readonly field: string
  readonly reason: string
}

export type ParsedCaseEvent =
  | { readonly ok: true; readonly event: CaseEvent }
  | { readonly ok: false; readonly errors: readonly CaseEventError[] }

const states: Readonly<Record<CaseEvent['state'], true>> = {
  accepted: true,
  filed: true,
  dispatched: true,
  in_progress: true,
  returned: true,
  suspended: true,
  fed_back: true,
  checking: true,
  rework: true,
  closed: true,
  not_filed: true,
}

const ID_MAX = 200
const BY_MAX = 100
const NOTE_MAX = 2_000
const CODE_MAX = 100

/** Unknown fields are ignored, so that a case system may say more than we read. */
export function parseCaseEvent(body: unknown): ParsedCaseEvent {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { ok: false, errors: [{ field: '', reason: `expected an object, got ${kindOf(body)}` }] }
  const fields = new Map<string, unknown>(Object.entries(body))
  const errors: CaseEventError[] = []
  const fail = (field: string, reason: string) => {
    errors.push({ field, reason })
    return null
  }

  function text(field: string, charactersMax: number): string | null {
    const value = fields.get(field) ?? null
    if (value === null) return null
    if (typeof value !== 'string') return fail(field, `expected text, got ${kindOf(value)}`)
    if (value.length > charactersMax)
      return fail(field, `expected at most ${charactersMax} characters, got ${value.length}`)
    return printable(value)
  }

  function key(field: string): string | null {
    const value = text(field, ID_MAX)
    return value === '' ? fail(field, 'expected text, got an empty one') : value
  }

  function caseNo(): string | null {
    const value = fields.get('caseNo') ?? null
    if (value === null) return null
    return (
      caseNumber(value) ??
      fail('caseNo', `expected 1 to 100 printable characters, got ${kindOf(value)}`)
    )
  }

  function state(): CaseEvent['state'] | null {
    const value = fields.get('state')
    return isState(value)
      ? value
      : fail('state', `expected one of ${Object.keys(states).join(', ')}, got ${kindOf(value)}`)
  }

  const id = key('id')
  if ((fields.get('id') ?? null) === null) fail('id', 'expected text, got nothing')
  const event = {
    ticket: key('ticket'),
    caseNo: caseNo(),
    state: state(),
    at: timeOf(fields.get('at')) ?? fail('at', AT_EXPECTED),
    by: text('by', BY_MAX),
    note: text('note', NOTE_MAX),
    code: text('code', CODE_MAX),
  }
  if ((fields.get('ticket') ?? fields.get('caseNo') ?? null) === null)
    fail('ticket', 'expected a ticket or a caseNo, got neither')
  if (errors.length > 0 || id === null || event.state === null || event.at === null)
    return { ok: false, errors }
  return { ok: true, event: { ...event, id, state: event.state, at: event.at } }
}

function isState(value: unknown): value is CaseEvent['state'] {
  return typeof value === 'string' && Object.hasOwn(states, value)
}

const AT_EXPECTED =
  'expected ISO 8601 with zone, or epoch milliseconds, between the years 2000 and 2100'
const EARLIEST: Millis = Date.UTC(2000, 0, 1)
const LATEST: Millis = Date.UTC(2100, 0, 1)
const ISO = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

function timeOf(value: unknown): Millis | null {
  const at = typeof value === 'string' ? isoTime(value) : value
  return typeof at === 'number' && Number.isInteger(at) && at >= EARLIEST && at < LATEST ? at : null
}

function isoTime(text: string): number {
  const day = ISO.exec(text)?.[1]
  // Date.parse takes 30 February for 2 March.
  if (day === undefined || Number.isNaN(Date.parse(day))) return Number.NaN
  if (new Date(Date.parse(day)).toISOString().slice(0, 10) !== day) return Number.NaN
  return Date.parse(text.replace(',', '.'))
}

// Line breaks may stay in a note; other control characters and overrides of the reading direction have no business there.
function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .trim()
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string')
    return value.length > 40 ? `text of ${value.length} characters` : JSON.stringify(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return 'an object'
}
