// The items between `&&` and `&&` of an HJ 212 frame: `code-Rtd=..,code-Flag=N;...`. A value counts when it is a number and its flag says
// that it is good; every other one is refused with what the device says of it.

import { shortened } from '../core/messages/detail.ts'
import { printable } from './refusal.ts'
import type { Refusal } from '../core/messages/reading.ts'

interface Hj212Items {
  /** `DataTime` as it stands; null when there is none. */
  readonly time: string | null
  readonly metrics: Readonly<Record<string, number>>
  readonly refused: readonly Refusal[]
}

/** HJ 212-2017, table of data flags. */
const flagMeanings: Readonly<Record<string, string>> = {
  F: 'stopped',
  M: 'maintenance',
  S: 'set by hand',
  D: 'fault',
  C: 'calibration',
  T: 'over range',
  B: 'communication fault',
}
const CODE = /^[A-Za-z0-9]{1,20}$/
const NUMBER = /^[+-]?(?:\d{1,20}(?:\.\d{0,15})?|\.\d{1,15})$/
/** Of what a code is reported, the first that is there is its value. */
const realTime = ['Rtd', 'Avg', 'Data', '']
const period = ['Avg', 'Rtd', 'Data', '']
/** Of the flow of water and gas: sums over the period, in a unit of their own. */
const SUM = 'Cou'
/** No values of their own: extremes, values under standard conditions, marks. */
const aside = /^(?:Min|Max|Zs\w*|Flag|EFlag|SampleTime|Cou)$/

export function readHj212Items(items: string, command: string, prefix: string): Hj212Items {
  let time: string | null = null
  const metrics = new Map<string, number>()
  const bad: string[] = []
  const badNames: string[] = []
  const wrong: string[] = []
  const wrongNames: string[] = []
  let isMalformed = false

  for (const item of items.split(';')) {
    const byCode = new Map<string, Map<string, string>>()
    for (const field of item.split(',')) {
      const equals = field.indexOf('=')
      if (equals < 0) {
        if (field.trim() === '') continue
        isMalformed = true
        wrong.push(`expected code-Rtd=number, got ${shown(field)}`)
        continue
      }
      const key = field.slice(0, equals).trim()
      const value = field.slice(equals + 1).trim()
      if (key === 'DataTime') {
        time = value
        continue
      }
      const hyphen = key.indexOf('-')
      const code = hyphen < 0 ? key : key.slice(0, hyphen)
      if (!CODE.test(code)) {
        isMalformed = true
        wrong.push(`expected a code of letters and digits, got ${shown(code)}`)
        continue
      }
      const fields = byCode.get(code) ?? new Map<string, string>()
      fields.set(hyphen < 0 ? '' : key.slice(hyphen + 1), value)
      byCode.set(code, fields)
    }
    for (const [code, fields] of byCode) {
      const values = valuesOf(code, fields, command === '2011' ? realTime : period)
      const flag = (fields.get('Flag') ?? 'N').toUpperCase()
      if (flag !== 'N') {
        badNames.push(prefix + code)
        bad.push(`${printable(code)}: flag ${shown(flag)}${meaningOf(flag)}`)
        continue
      }
      for (const [name, text] of values) {
        if (NUMBER.test(text)) metrics.set(prefix + name, Number(text))
        else {
          wrongNames.push(prefix + name)
          wrong.push(`${printable(name)}: expected a number, got ${shown(text)}`)
        }
      }
    }
  }

  return {
    time,
    metrics: Object.fromEntries(metrics),
    refused: [
      ...(bad.length === 0
        ? []
        : [{ code: 'bad_quality', detail: shortened(bad.join('; ')), names: badNames } as const]),
      ...(wrong.length === 0
        ? []
        : [
            {
              code: 'wrong_type',
              detail: shortened(wrong.join('; ')),
              ...(isMalformed ? {} : { names: wrongNames }),
            } as const,
          ]),
    ],
  }
}

function valuesOf(
  code: string,
  fields: ReadonlyMap<string, string>,
  order: readonly string[],
): readonly (readonly [name: string, text: string])[] {
  const values: [string, string][] = []
  const kind = order.find((one) => fields.has(one)) ?? onlyOther(fields)
  const value = kind === undefined ? undefined : fields.get(kind)
  if (value !== undefined) values.push([code, value])
  const sum = fields.get(SUM)
  if (sum !== undefined) values.push([`${code}-${SUM}`, sum])
  return values
}

/** A kind that only this vendor knows, where it is the only one. */
function onlyOther(fields: ReadonlyMap<string, string>): string | undefined {
  const others = [...fields.keys()].filter((kind) => !aside.test(kind))
  return others.length === 1 ? others[0] : undefined
}

function meaningOf(flag: string): string {
  const meaning = Object.hasOwn(flagMeanings, flag) ? flagMeanings[flag] : undefined
  return meaning === undefined ? ', expected N' : ` (${meaning}), expected N`
}

function shown(text: string): string {
  return `"${printable(text.slice(0, 20))}"`
}
