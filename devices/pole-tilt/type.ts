// A3, tilt of a lamp post or sign pole: a battery sensor that tells when the pole leans or is knocked, and twice a day that it is
// alive.
//
// Rated values: `tilt_baseline`, the tilt in degrees when the sensor was fitted (poles are never quite upright); without it upright
// is 0. No standard gives angles; all of them are our own.

import { commonRules, proposal } from '../common-rules.ts'
import { quantity, rated } from '../metrics.ts'
import type { DeviceType, Metric, Text } from '../../src/core/device-type.ts'
import type { Condition } from '../../src/core/rule.ts'

function angle(id: string, name: Text): Metric {
  return quantity(id, name, 'deg', {
    unitLabel: '°',
    min: -90,
    max: 90,
    precision: 1,
    onChange: true,
  })
}

/** Sensors count up or down from the vertical, so both ways from the baseline are a lean. */
function leansBeyond(degrees: number): Condition {
  const of = { metric: 'tilt' } as const
  const from = { rated: 'tilt_baseline', factor: 1 } as const
  return {
    kind: 'any',
    of: [
      { kind: 'above', of, limit: { ...from, plus: degrees, fallback: degrees } },
      { kind: 'below', of, limit: { ...from, plus: -degrees, fallback: -degrees } },
    ],
  }
}

/** A knock and the lean after it may come in two reports, the second of which feels nothing any more. */
const SHOCK_SECONDS = 600

const leaning: Text = {
  zh: '杆体倾角 {value}{unit}，偏离安装基准超过界限 {limit}{unit}',
  en: 'the pole stands at {value}{unit}, off its baseline beyond {limit}{unit}',
}
// A pole does not straighten by itself: two reports say that a crew has been there.
const clear = { deadband: 1, samples: 2, seconds: 0 } as const

export const poleTilt: DeviceType = {
  id: 'pole-tilt',
  name: { zh: '灯杆倾斜监测', en: 'Pole tilt sensor' },
  component: '0117',
  department: '路灯管理所',
  reportSeconds: 43_200,
  metrics: [
    angle('tilt_x', { zh: 'X 轴倾角', en: 'Tilt, x axis' }),
    angle('tilt_y', { zh: 'Y 轴倾角', en: 'Tilt, y axis' }),
    angle('tilt', { zh: '杆体倾角', en: 'Tilt' }),
    quantity('vibration', { zh: '振动峰值', en: 'Peak vibration' }, '[g]', {
      unitLabel: 'g',
      min: 0,
      max: 16,
      precision: 2,
    }),
  ],
  rated: [
    rated(
      'tilt_baseline',
      { zh: '安装时的倾角（缺省 0）', en: 'Tilt when fitted (0 when absent)' },
      'deg',
    ),
  ],
  rules: [
    {
      id: 'TILT_WARN',
      name: { zh: '杆体轻微倾斜', en: 'Pole leaning' },
      severity: 'P3',
      when: leansBeyond(3),
      confirm: { samples: 3, of: 3, seconds: 0 },
      clear,
      ticket: false,
      text: leaning,
      standard: proposal,
    },
    {
      id: 'TILT_ALARM',
      name: { zh: '杆体倾斜', en: 'Pole leaning badly' },
      severity: 'P2',
      when: leansBeyond(5),
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear,
      ticket: true,
      text: leaning,
      standard: proposal,
    },
    {
      id: 'KNOCKED',
      name: { zh: '杆体被撞', en: 'Pole knocked' },
      severity: 'P1',
      when: {
        kind: 'any',
        of: [
          leansBeyond(15),
          {
            kind: 'all',
            of: [
              leansBeyond(5),
              {
                kind: 'above',
                of: { highest: 'vibration', seconds: SHOCK_SECONDS },
                limit: 2,
              },
            ],
          },
        ],
      },
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear,
      ticket: true,
      text: {
        zh: '杆体突然倾斜至 {value}{unit}，超过 {limit}{unit}，疑似被撞，有倒伏危险',
        en: 'the pole was knocked to {value}{unit}, beyond {limit}{unit}: it may fall',
      },
      standard: proposal,
    },
    ...commonRules,
  ],
}
