// A4, manhole cover: a battery sensor that tells at once when the cover moves, and says once a day that it is alive.

import { commonRules, proposal } from '../common-rules.ts'
import { EMPTY_VOLTS, onLithiumCell } from '../lithium-cell.ts'
import { flag, quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'
import type { Condition } from '../../src/core/rule.ts'

/** By the switch or by the tilt: some sensors have one of them only. */
const open: Condition = {
  kind: 'any',
  of: [
    { kind: 'is', metric: 'cover_open', value: true },
    { kind: 'above', of: { metric: 'tilt' }, limit: 15 },
  ],
}

export const manholeCover: DeviceType = {
  id: 'manhole-cover',
  name: { zh: '窨井盖', en: 'Manhole cover' },
  component: '0102',
  department: '排水公司',
  reportSeconds: 86_400,
  metrics: [
    flag('cover_open', { zh: '井盖打开', en: 'Cover open' }, { onChange: true }),
    quantity('tilt', { zh: '井盖倾角', en: 'Cover tilt' }, 'deg', {
      unitLabel: '°',
      min: 0,
      max: 180,
      precision: 1,
      onChange: true,
    }),
    quantity('vibration', { zh: '振动', en: 'Vibration' }, '[g]', {
      unitLabel: 'g',
      min: 0,
      max: 16,
      precision: 2,
    }),
    quantity('water_level', { zh: '井内水位', en: 'Water level' }, 'm', {
      min: 0,
      max: 10,
      precision: 2,
    }),
    quantity('ch4', { zh: '甲烷', en: 'Methane' }, '%{LEL}', {
      unitLabel: '%LEL',
      min: 0,
      max: 100,
      precision: 1,
    }),
  ],
  rated: [
    rated(
      'full_level',
      {
        zh: '满井水位，即井深减 0.5 m（缺省 9.5 m）',
        en: 'Level of a full well, its depth less 0.5 m (9.5 m when absent)',
      },
      'm',
    ),
  ],
  rules: [
    {
      id: 'COVER_OPEN',
      name: { zh: '井盖打开', en: 'Cover open' },
      severity: 'P1',
      when: open,
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 1, samples: 1, seconds: 60 },
      ticket: true,
      text: {
        zh: '井盖被打开或移位，有坠落危险',
        en: 'the cover is open or off its seat: danger of falling in',
      },
      standard: proposal,
    },
    {
      id: 'COVER_MOVED',
      name: { zh: '井盖松动', en: 'Cover moved' },
      severity: 'P2',
      when: {
        kind: 'all',
        of: [
          { kind: 'above', of: { metric: 'tilt' }, limit: 5 },
          // 15 degrees exactly is still this rule's; beyond, COVER_OPEN takes over.
          { kind: 'below', of: { metric: 'tilt' }, limit: 15.01 },
        ],
      },
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear: { deadband: 1, samples: 1, seconds: 60 },
      ticket: true,
      text: {
        zh: '井盖倾斜 {value}{unit}，超过 {limit}{unit}',
        en: 'the cover is tilted by {value}{unit}, above {limit}{unit}',
      },
      standard: proposal,
    },
    {
      id: 'COVER_MISSING',
      name: { zh: '井盖缺失', en: 'Cover missing' },
      severity: 'P1',
      when: open,
      confirm: { samples: 1, of: 1, seconds: 1800 },
      clear: { deadband: 1, samples: 1, seconds: 60 },
      // The same episode as COVER_OPEN, which has filed the ticket half an hour before: this one reminds, and never files twice.
      ticket: false,
      text: {
        zh: '井盖已打开 {minutes} 分钟，疑似丢失',
        en: 'the cover has been open for {minutes} min: perhaps stolen',
      },
      standard: proposal,
    },
    {
      id: 'FULL_WELL',
      name: { zh: '井内满水', en: 'Well full' },
      severity: 'P2',
      // `full_level` is the well's depth less half a metre.
      when: {
        kind: 'above',
        of: { metric: 'water_level' },
        limit: { rated: 'full_level', factor: 1, fallback: 9.5 },
      },
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear: { deadband: 0.1, samples: 2, seconds: 0 },
      ticket: true,
      text: {
        zh: '井内水位 {value} {unit}，超过 {limit} {unit}，有冒溢危险',
        en: 'water level {value} {unit}, above {limit} {unit}: about to overflow',
      },
      standard: proposal,
    },
    ...onLithiumCell(commonRules, EMPTY_VOLTS),
  ],
}
