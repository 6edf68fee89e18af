// A19, parking bay: taken or free, told as it changes and again every hour.
//
// Rated values a bay may carry:
// - `parking_limit`  s, longest time a car may stand; without it nobody overstays

import { commonRules, proposal } from '../common-rules.ts'
import { cellVoltage, onLithiumCell } from '../lithium-cell.ts'
import { flag, quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'

const GRACE_SECONDS = 900
const TWO_DAYS_SECONDS = 172_800

export const parkingBay: DeviceType = {
  id: 'parking-bay',
  name: { zh: '停车泊位', en: 'Parking bay' },
  component: '0201',
  department: '城市管理综合执法局',
  reportSeconds: 3600,
  metrics: [
    flag('occupied', { zh: '有车', en: 'Occupied' }, { onChange: true }),
    quantity('since', { zh: '状态持续时间', en: 'Time in this state' }, 's', {
      min: 0,
      max: 31_536_000,
      precision: 0,
    }),
    quantity('magnetic_uT', { zh: '磁场强度', en: 'Magnetic field' }, 'uT', {
      unitLabel: 'µT',
      min: -2000,
      max: 2000,
      precision: 1,
    }),
  ],
  rated: [
    rated(
      'parking_limit',
      {
        zh: '限时停放时长（缺省不判超时）',
        en: 'Longest parking time (overstay is not judged when absent)',
      },
      's',
    ),
    cellVoltage,
  ],
  rules: [
    {
      // For information: a work item, never annunciated.
      id: 'OVERSTAY',
      name: { zh: '超时停放', en: 'Overstay' },
      severity: 'P3',
      when: {
        kind: 'all',
        of: [
          {
            kind: 'above',
            of: { unchanged: 'occupied' },
            limit: { rated: 'parking_limit', factor: 1, plus: GRACE_SECONDS, fallback: null },
          },
          { kind: 'is', metric: 'occupied', value: true },
        ],
      },
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 0, samples: 1, seconds: 0 },
      ticket: false,
      text: {
        zh: '已停放 {value} {unit}，限时连同 15 分钟宽限共 {limit} {unit}',
        en: 'parked for {value} {unit}, allowed with 15 min of grace {limit} {unit}',
      },
      standard: proposal,
    },
    {
      id: 'DETECTOR_STUCK',
      name: { zh: '车位检测器疑似卡滞', en: 'Detector perhaps stuck' },
      severity: 'P3',
      when: {
        kind: 'above',
        of: { unchanged: 'occupied' },
        limit: TWO_DAYS_SECONDS,
        orEqual: true,
      },
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 0, samples: 1, seconds: 0 },
      ticket: false,
      text: {
        zh: '车位状态 {value} {unit} 未变化，疑似检测器故障',
        en: 'the same state for {value} {unit}: perhaps the detector is broken',
      },
      standard: proposal,
    },
    ...onLithiumCell(commonRules),
  ],
}
