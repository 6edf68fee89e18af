// A type with a rule for every operand, limit, window and edition there is, so that the laws of the engine hold for each of them.

import type { DeviceType } from '../../../src/core/device-type.ts'
import type { Condition, Limit, Operand, Rule } from '../../../src/core/rule.ts'
import { commonRules } from '../../../devices/common-rules.ts'
import { base, typeWith } from './tank.ts'

const tank = typeWith({})

function rule(id: string, when: Condition, over: Partial<Rule> = {}): Rule {
  return { ...base, id, when, ...over }
}

function above(of: Operand, limit: Limit): Condition {
  return { kind: 'above', of, limit }
}

export const everyOperand: DeviceType = {
  ...tank,
  id: 'every-operand',
  rules: [
    rule('CHANGE', above({ change: 'level', seconds: 600 }, 4)),
    rule('CHANGE_HELD', above({ change: 'tilt', seconds: 600 }, 4)),
    rule('GROWTH', above({ change: 'total', seconds: 3600 }, 2)),
    rule('STEP', { kind: 'below', of: { step: 'total' }, limit: 0 }),
    rule('DAY', above({ since: 'day', counter: 'total' }, 8)),
    rule('YEAR', above({ since: 'year', counter: 'total' }, 8), {
      during: { kind: 'hours', from: '18:00', to: '03:00' },
    }),
    rule('STARTS', above({ starts: 'pump', seconds: 1800 }, 0)),
    rule('STARTS_SAMPLED', above({ starts: 'fan', seconds: 1800 }, 0)),
    rule('HIGHEST', above({ highest: 'level', seconds: 600 }, 4)),
    rule('HIGHEST_HELD', above({ highest: 'tilt', seconds: 600 }, 4)),
    rule('UNCHANGED', above({ unchanged: 'level' }, 120)),
    rule('UNCHANGED_HELD', above({ unchanged: 'pump' }, 300), { gapSeconds: 3600 }),
    rule('MEAN', above({ mean: 'level', seconds: 600 }, 5), { during: { kind: 'lighting' } }),
    rule('DIFFERENCE', above({ difference: ['level', 'inflow'] }, 3)),
    rule('SHARE', { kind: 'below', of: { lowestShare: ['current_a', 'current_b'] }, limit: 0.2 }),
    rule('DISTANCE', above({ distance: { lat: 'lat', lon: 'lon', to: 'home' } }, 500)),
    rule(
      'CURVE',
      above(
        { metric: 'level' },
        {
          over: 'inflow',
          points: [
            [0, 2],
            [9, 7],
          ],
        },
      ),
    ),
    rule(
      'QUOTA',
      above({ metric: 'tilt' }, { rated: 'tilt', factor: 1, plus: 1, fallback: null }),
      {
        confirm: { samples: 1, of: 1, seconds: 300 },
        ticket: true,
      },
    ),
    rule(
      'EDITION',
      { kind: 'above', of: { metric: 'level' }, limit: 9, orEqual: true },
      {
        editions: [
          {
            from: '2026-11-02',
            standard: { ref: 'GB 1', status: 'unverified' },
            when: above({ change: 'inflow', seconds: 600 }, 3),
          },
        ],
      },
    ),
    rule('SEASON', above({ metric: 'level' }, 4), {
      during: { kind: 'season', from: '11-01', to: '11-01' },
    }),
    ...commonRules,
  ],
}
