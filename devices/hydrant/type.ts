// A23, fire hydrant: pressure twice a day, and word at once when somebody opens it.

import { commonRules, proposal, unverified } from '../common-rules.ts'
import { cellVoltage, onLithiumCell } from '../lithium-cell.ts'
import { flag, quantity } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'

export const hydrant: DeviceType = {
  id: 'hydrant',
  name: { zh: '消火栓', en: 'Fire hydrant' },
  component: '0113',
  department: '消防救援支队',
  reportSeconds: 43_200,
  metrics: [
    quantity('pressure', { zh: '压力', en: 'Pressure' }, 'MPa', { min: 0, max: 1.6, precision: 3 }),
    flag('cap_open', { zh: '闷盖打开', en: 'Cap open' }, { onChange: true }),
    // Told as it changes, like the cap: the order in which the two come does not matter.
    quantity('flow', { zh: '流量', en: 'Flow' }, 'm3/h', {
      unitLabel: 'm³/h',
      min: 0,
      max: 500,
      precision: 1,
      onChange: true,
    }),
    quantity('tilt', { zh: '倾角', en: 'Tilt' }, 'deg', {
      unitLabel: '°',
      min: 0,
      max: 180,
      precision: 0,
    }),
  ],
  rated: [cellVoltage],
  rules: [
    {
      id: 'PRESSURE_LOW',
      name: { zh: '消火栓水压不足', en: 'Hydrant pressure too low' },
      severity: 'P2',
      when: { kind: 'below', of: { metric: 'pressure' }, limit: 0.14 },
      confirm: { samples: 2, of: 2, seconds: 0 },
      clear: { deadband: 0.02, samples: 1, seconds: 0 },
      ticket: true,
      text: {
        zh: '水压 {value} {unit}，低于 {limit} {unit}，火场可能缺水',
        en: 'pressure {value} {unit}, below {limit} {unit}: not enough to fight a fire',
      },
      standard: unverified('GB 50974, 0.14 MPa'),
    },
    {
      id: 'THEFT',
      name: { zh: '疑似偷水', en: 'Water perhaps stolen' },
      severity: 'P2',
      when: {
        kind: 'all',
        of: [
          { kind: 'is', metric: 'cap_open', value: true },
          { kind: 'above', of: { metric: 'flow' }, limit: 0 },
        ],
      },
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 0, samples: 1, seconds: 60 },
      ticket: true,
      text: {
        zh: '闷盖打开，出水 {value} {unit}，无用水登记则为偷水',
        en: 'the cap is open and {value} {unit} flow out: theft, unless somebody was allowed to',
      },
      standard: proposal,
    },
    ...onLithiumCell(commonRules),
  ],
}
