// The rules that every type carries and the short forms for the rest, played on a type made of nothing else.

import { describe, expect, it } from 'vitest'
import {
  commonRules,
  commonRulesWith,
  digitalSafety,
  stuck,
  unverified,
} from '../../../devices/common-rules.ts'
import type { Rule } from '../../../src/core/rule.ts'
import { createRig } from './harness.ts'
import type { Rig } from './harness.ts'
import { START, changes, play, tank, typeWith } from './tank.ts'

function rigWith(rules: readonly Rule[]): Rig {
  return createRig({ types: [{ ...typeWith({}), rules }], devices: [tank], start: START })
}

const flooded = digitalSafety({
  id: 'FLOOD',
  name: { zh: '进水', en: 'Flood' },
  metric: 'pump',
  severity: 'P1',
  text: { zh: '进水', en: 'water inside' },
})

describe('common rules', () => {
  it('are the four of every type, all of them work items', () => {
    expect(commonRules.map((rule) => rule.id)).toEqual([
      'LOW_BATT',
      'OFFLINE',
      'CLOCK_SKEW',
      'BAD_RANGE',
    ])
    expect(commonRules.every((rule) => rule.severity === 'P3' && !rule.ticket)).toBe(true)
  })

  it('file a ticket for silence where that is a danger', () => {
    const rig = rigWith(commonRulesWith({ offline: 'P2' }))
    rig.to(START + 15 * 60_000)
    expect(rig.alerts()).toMatchObject([{ rule: 'OFFLINE', severity: 'P2' }])
    expect(rig.alerts()[0]?.ticket).not.toBeNull()
  })

  it('find a value that is stuck, not one that moves', () => {
    const hourly = (values: readonly number[]): Rig => {
      const rig = rigWith([{ ...stuck('level', 6), gapSeconds: 7200 }])
      play(values.join(' '), 'level', rig, 3600)
      return rig
    }
    expect(changes(hourly([3, 3, 3, 3, 3, 3, 3, 3]))).toBe('+21600')
    expect(changes(hourly([3, 3, 3, 3, 3, 3]))).toBe('')
    expect(changes(hourly([3, 3, 3, 3, 3.1, 3.1, 3, 3]))).toBe('')
    expect(hourly([3, 3, 3, 3, 3, 3, 3]).alerts()[0]).toMatchObject({
      rule: 'STUCK',
      severity: 'P3',
      ticket: null,
      value: 21_600,
    })
  })

  it('raise a contact of safety at once, over a minute after it is gone', () => {
    const rig = rigWith([flooded])
    expect(play('T F . .', 'pump', rig)).toBe('+0 -120')
    expect(rig.alerts()[0]).toMatchObject({ severity: 'P1' })
    expect(rig.alerts()[0]?.ticket).not.toBeNull()
  })

  it('take a contact that is open in danger, a season, a road and a standard', () => {
    const power = digitalSafety({
      id: 'POWER_LOSS',
      name: { zh: '停电', en: 'Power lost' },
      metric: 'pump',
      value: false,
      severity: 'P3',
      severityWhere: { roadClass: ['主干道'], severity: 'P2' },
      during: { kind: 'season', from: '10-15', to: '04-15' },
      text: { zh: '停电', en: 'no power' },
      standard: unverified('GB 1'),
    })
    expect(power).toMatchObject({
      when: { kind: 'is', metric: 'pump', value: false },
      ticket: false,
      standard: { ref: 'GB 1', status: 'unverified' },
    })
    expect(play('F F', 'pump', rigWith([power]))).toBe('')
  })
})
