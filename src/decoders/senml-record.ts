// Resolves SenML records (RFC 8428 section 4.6): base fields stay in force for the records that follow, names, times and values are
// completed with them.

import type { Refusal } from '../core/messages/reading.ts'
import { isFields, kindOf, shown } from './json-values.ts'
import type { Fields } from './json-values.ts'
import { refusal } from './refusal.ts'

export interface SenmlRecord {
  readonly baseName: string
  readonly name: string
  /** Seconds: of the epoch, or from now on when they are fewer than 2^28. */
  readonly time: number
  readonly value: number | string | boolean | null
  readonly sum: number | null
}

/** A refusal that ends the pack, or one of this record only. */
export type Resolved =
  | { readonly kind: 'record'; readonly record: SenmlRecord }
  /** It only sets base fields. */
  | { readonly kind: 'base' }
  | { readonly kind: 'pack_refused'; readonly refusal: Refusal }
  | { readonly kind: 'record_refused'; readonly refusal: Refusal }

const VERSION_MAX = 10
/** Base fields, which hold for the records that follow too. */
const baseKinds = new Map([
  ['bn', 'string'],
  ['bt', 'number'],
  ['bu', 'string'],
  ['bv', 'number'],
  ['bs', 'number'],
  ['bver', 'number'],
])
const valueLabels = ['v', 'vs', 'vb', 'vd']
const kinds = new Map([
  ...baseKinds,
  ['n', 'string'],
  ['t', 'number'],
  ['u', 'string'],
  ['s', 'number'],
  ['ut', 'number'],
  ['v', 'number'],
  ['vs', 'string'],
  ['vb', 'boolean'],
  ['vd', 'string'],
])

/** Keeps the base fields from one record to the next. */
export function createSenmlResolver(): (item: unknown) => Resolved {
  let baseName = ''
  let baseTime = 0
  let baseValue = 0
  let baseSum = 0

  return (item) => {
    if (!isFields(item)) return packRefused('wrong_shape', `expected a record, got ${kindOf(item)}`)
    let wrong: string | null = null
    for (const [label, value] of Object.entries(item)) {
      const kind = kinds.get(label)
      if (kind === undefined) {
        // RFC 8428 section 4.4: what ends in "_" must be understood.
        if (label.endsWith('_'))
          return packRefused(
            'unsupported',
            `expected no field ${shown(label)} that must be understood`,
          )
      } else if (typeof value !== kind) {
        wrong = `${label}: expected a ${kind}, got ${kindOf(value)}`
        if (baseKinds.has(label)) return packRefused('wrong_shape', wrong)
      }
    }
    const version = numberIn(item, 'bver') ?? VERSION_MAX
    if (version > VERSION_MAX)
      return packRefused('unsupported', `bver: expected at most ${VERSION_MAX}, got ${version}`)
    baseName = textIn(item, 'bn') ?? baseName
    baseTime = numberIn(item, 'bt') ?? baseTime
    baseValue = numberIn(item, 'bv') ?? baseValue
    baseSum = numberIn(item, 'bs') ?? baseSum
    // Its base fields hold for the records that follow all the same.
    if (wrong !== null) return recordRefused('wrong_shape', wrong)

    const labels = valueLabels.filter((label) => label in item)
    const hasSum = 's' in item
    if (labels.length === 0 && !hasSum)
      return 'n' in item
        ? recordRefused(
            'wrong_shape',
            `expected a value in ${shown(baseName + (textIn(item, 'n') ?? ''))}, got none`,
          )
        : { kind: 'base' }
    if (labels.length > 1)
      return recordRefused('wrong_shape', `expected one value, got ${labels.join(' and ')}`)
    if (labels[0] === 'vd')
      return recordRefused('unsupported', 'vd: expected a number, text or boolean, got bytes')
    return {
      kind: 'record',
      record: {
        baseName,
        name: textIn(item, 'n') ?? '',
        time: baseTime + (numberIn(item, 't') ?? 0),
        value: valueOf(item, baseValue),
        sum: hasSum ? plus(baseSum, numberIn(item, 's') ?? 0) : null,
      },
    }
  }
}

function valueOf(item: Fields, baseValue: number): number | string | boolean | null {
  const { v, vs, vb } = item
  if (typeof v === 'number') return plus(baseValue, v)
  if (typeof vs === 'string') return vs
  return typeof vb === 'boolean' ? vb : null
}

/** Without the dust of binary fractions: 20.1 + 0.2 is 20.3. */
function plus(base: number, value: number): number {
  return base === 0 ? value : Number((base + value).toPrecision(15))
}

function textIn(item: Fields, label: string): string | null {
  const value = item[label]
  return typeof value === 'string' ? value : null
}

function numberIn(item: Fields, label: string): number | null {
  const value = item[label]
  return typeof value === 'number' ? value : null
}

function packRefused(code: 'wrong_shape' | 'unsupported', detail: string): Resolved {
  return { kind: 'pack_refused', refusal: refusal(code, detail) }
}

function recordRefused(code: 'wrong_shape' | 'unsupported', detail: string): Resolved {
  return { kind: 'record_refused', refusal: refusal(code, detail) }
}
