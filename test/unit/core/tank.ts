// A type made for detectors, and time lines to play on it: one device, one rule, seconds at which its alert changed.

import type { DeviceType } from '../../../src/core/device-type.ts'
import type { Condition, Rule } from '../../../src/core/rule.ts'
import { createRig, deviceOf } from './harness.ts'
import type { DeviceFields, Rig } from './harness.ts'

export const base: Rule = {
  id: 'RULE',
  name: { zh: '规则', en: 'Rule' },
  severity: 'P2',
  when: { kind: 'above', of: { metric: 'level' }, limit: 10 },
  confirm: { samples: 1, of: 1, seconds: 0 },
  clear: { deadband: 0, samples: 1, seconds: 0 },
  ticket: false,
  text: { zh: '{value}{unit}', en: '{value} {unit}' },
  standard: { ref: 'test', status: 'proposal' },
}

export function typeWith(over: Partial<Rule>): DeviceType {
  const number = { unit: 'm', kind: 'number', min: -1000, max: 1000, precision: 1 } as const
  const flag = { unit: '1', kind: 'boolean', min: 0, max: 1, precision: 0 } as const
  const current = { ...number, unit: 'A', min: 0, max: 200 }
  return {
    id: 'tank',
    name: { zh: '水箱', en: 'Tank' },
    component: '2199',
    department: 'test',
    reportSeconds: 60,
    metrics: [
      { ...number, id: 'level', name: { zh: '水位', en: 'Level' } },
      { ...number, id: 'inflow', name: { zh: '进水', en: 'Inflow' } },
      { ...number, id: 'outflow', name: { zh: '出水', en: 'Outflow' } },
      { ...number, id: 'noise', unit: 'dB[SPL]{A}', name: { zh: '噪声', en: 'Noise' } },
      {
        ...number,
        id: 'total',
        unit: 'm3',
        kind: 'counter',
        min: 0,
        max: 1e7,
        name: { zh: '累计', en: 'Total' },
      },
      { ...number, id: 'tilt', unit: 'deg', name: { zh: '倾角', en: 'Tilt' }, onChange: true },
      { ...current, id: 'current_a', name: { zh: 'A 相', en: 'Phase A' } },
      { ...current, id: 'current_b', name: { zh: 'B 相', en: 'Phase B' } },
      { ...current, id: 'current_c', name: { zh: 'C 相', en: 'Phase C' } },
      { ...number, id: 'lat', unit: 'deg', precision: 6, name: { zh: '纬度', en: 'Latitude' } },
      { ...number, id: 'lon', unit: 'deg', precision: 6, name: { zh: '经度', en: 'Longitude' } },
      { ...flag, id: 'fan', name: { zh: '风机', en: 'Fan' } },
      { ...flag, id: 'pump', name: { zh: '水泵', en: 'Pump' }, onChange: true },
      { ...flag, id: 'hatch', name: { zh: '舱口', en: 'Hatch' }, onChange: true },
    ],
    rules: [{ ...base, ...over }],
  }
}

export const START = Date.parse('2026-06-15T12:00:00+08:00')
export const tank = deviceOf({ id: 'T-1', type: 'tank', rated: { level: 50 } })

export function rigFor(over: Partial<Rule>, start = START, device: DeviceFields = tank): Rig {
  return createRig({ types: [typeWith(over)], devices: [device], start })
}

/** Seconds at which the alert changed, `+` raised, `-` returned, in event time. */
export function changes(rig: Rig, start = START): string {
  return rig.effects
    .flatMap((effect) => {
      if (effect.kind !== 'alert') return []
      const { alert, entry } = effect
      if (entry.what === 'returned') return [`-${((alert.returnedAt ?? 0) - start) / 1000}`]
      if (!entry.what.startsWith('raised')) return []
      return [`+${(alert.raisedAt - start) / 1000}`]
    })
    .join(' ')
}

/** `12 9 .` is one sample per minute, `.` a minute without one, `T`/`F` a boolean. */
export function play(line: string, metric: string, rig: Rig, everyS = 60): string {
  const start = rig.now
  line.split(' ').forEach((word, index) => {
    rig.now = start + index * everyS * 1000
    if (word === '.') rig.to(rig.now)
    else
      rig.send('T-1', {
        m: { [metric]: word === 'T' ? true : word === 'F' ? false : Number(word) },
      })
  })
  return changes(rig, start)
}

export const above = (limit: number): Condition => ({
  kind: 'above',
  of: { metric: 'level' },
  limit,
})
export const below = (limit: number): Condition => ({
  kind: 'below',
  of: { metric: 'level' },
  limit,
})
