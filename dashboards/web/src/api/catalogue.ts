// The device types as the API tells them: names, units and precision of metrics, names of rules. Unknown ones show as their id.

import { readText } from './alert.ts'
import type { Text } from './alert.ts'
import { isRecord, list, numberOr, record, textOr, textOrNull } from './json.ts'

export interface MetricInfo {
  readonly id: string
  readonly name: Text
  readonly unit: string
  readonly precision: number
  readonly isBoolean: boolean
  /** Reported only when it changes, so a value holds until the next one. */
  readonly onChange: boolean
}

export interface RuleInfo {
  readonly id: string
  readonly name: Text
  readonly confirm: { readonly samples: number; readonly of: number; readonly seconds: number }
  readonly standard: string | null
}

export interface TypeInfo {
  readonly id: string
  readonly name: Text
  readonly reportSeconds: number
  readonly metrics: readonly MetricInfo[]
  readonly rules: readonly RuleInfo[]
}

export type Catalogue = ReadonlyMap<string, TypeInfo>

/** Units whose UCUM code people would not recognise. */
const READABLE: Readonly<Record<string, string>> = {
  '1': '',
  Cel: '°C',
  deg: '°',
  'm3/h': 'm³/h',
  m3: 'm³',
  'ug/m3': 'μg/m³',
  'mg/m3': 'mg/m³',
  Ohm: 'Ω',
  kOhm: 'kΩ',
  MOhm: 'MΩ',
}

/** How people write the unit: `unitLabel` where the type gives one, else a readable form of the UCUM code. */
export function unitText(unit: string | null, label: string | null = null): string {
  if (label !== null) return label
  if (unit === null) return ''
  return READABLE[unit] ?? unit.replace(/^\{(.*)\}$/, '$1').replace(/\[|\]/g, '')
}

export function readCatalogue(value: unknown): Catalogue {
  const items = Array.isArray(value) ? value : list(record(value)['items'])
  const types = new Map<string, TypeInfo>()
  for (const item of items) {
    if (!isRecord(item)) continue
    const id = textOrNull(item['id'])
    if (id === null) continue
    types.set(id, {
      id,
      name: readText(item['name'], id),
      reportSeconds: numberOr(item['reportSeconds'], 60),
      metrics: list(item['metrics']).map(readMetric),
      rules: list(item['rules']).map(readRule),
    })
  }
  return types
}

function readMetric(value: unknown): MetricInfo {
  const fields = record(value)
  const id = textOr(fields['id'], '?')
  return {
    id,
    name: readText(fields['name'], id),
    unit: unitText(textOrNull(fields['unit']), textOrNull(fields['unitLabel'])),
    precision: Math.min(6, Math.max(0, Math.trunc(numberOr(fields['precision'], 1)))),
    isBoolean: fields['kind'] === 'boolean',
    onChange: fields['onChange'] === true,
  }
}

function readRule(value: unknown): RuleInfo {
  const fields = record(value)
  const id = textOr(fields['id'], '?')
  const confirm = record(fields['confirm'])
  const standard = record(fields['standard'])
  return {
    id,
    name: readText(fields['name'], id),
    confirm: {
      samples: numberOr(confirm['samples'], 1),
      of: numberOr(confirm['of'], 1),
      seconds: numberOr(confirm['seconds'], 0),
    },
    // Only a checked reference may be quoted as one.
    standard: standard['status'] === 'verified' ? textOrNull(standard['ref']) : null,
  }
}

export function metricOf(
  catalogue: Catalogue,
  type: string,
  metric: string | null,
): MetricInfo | null {
  if (metric === null) return null
  return catalogue.get(type)?.metrics.find((candidate) => candidate.id === metric) ?? null
}

export function ruleOf(catalogue: Catalogue, type: string, rule: string): RuleInfo | null {
  return catalogue.get(type)?.rules.find((candidate) => candidate.id === rule) ?? null
}
