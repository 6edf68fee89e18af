// A10, sewage plant: what comes in, what goes out, and the tanks between. Fed by the plant's own environmental monitor (HJ 212),
// whose values with a data flag other than N never get here.
//
// Rated values: `cod_limit`, `tn_limit`, `tp_limit`, `ss_limit`, `nh3n_limit` and `nh3n_limit_cold` (water of 12 degrees or colder), all
// in mg/L, where the plant's permit differs from class 1A (see outlet-rules.ts).

import { commonRules, stuck } from '../common-rules.ts'
import { quantity, rated } from '../metrics.ts'
import type { DeviceType, Metric, Text } from '../../src/core/device-type.ts'
import { monitorCodecs } from './monitor-codecs.ts'
import { outletRules } from './outlet-rules.ts'

function flow(id: string, name: Text): Metric {
  return quantity(id, name, 'm3/h', { unitLabel: 'm³/h', min: 0, max: 50_000, precision: 1 })
}

function load(id: string, name: Text, max: number, precision = 2): Metric {
  return quantity(id, name, 'mg/L', { min: 0, max, precision })
}

function acidity(id: string, name: Text): Metric {
  return quantity(id, name, '[pH]', { unitLabel: 'pH', min: 0, max: 14, precision: 2 })
}

/** Plain names are the outlet's, which the law is about; the inlet's begin with `in_`. */
const metrics: readonly Metric[] = [
  flow('flow', { zh: '出水流量', en: 'Outflow' }),
  // Of ten minutes, or of the hour where a monitor tells hours.
  quantity('volume', { zh: '时段水量', en: 'Volume of the period' }, 'm3', {
    unitLabel: 'm³',
    min: 0,
    max: 1_000_000,
    precision: 1,
  }),
  load('cod', { zh: '出水 COD', en: 'COD, outlet' }, 5000, 1),
  load('nh3n', { zh: '出水氨氮', en: 'Ammonia nitrogen, outlet' }, 500),
  load('tp', { zh: '出水总磷', en: 'Total phosphorus, outlet' }, 100, 3),
  load('tn', { zh: '出水总氮', en: 'Total nitrogen, outlet' }, 500),
  acidity('ph', { zh: '出水 pH 值', en: 'pH, outlet' }),
  load('ss', { zh: '出水悬浮物', en: 'Suspended solids, outlet' }, 5000, 1),
  quantity('water_temp', { zh: '出水水温', en: 'Water temperature, outlet' }, 'Cel', {
    unitLabel: '°C',
    min: -2,
    max: 60,
    precision: 1,
    // Changes slowly and holds: the limit of ammonia follows it, whichever report it comes in.
    onChange: true,
  }),
  flow('in_flow', { zh: '进水流量', en: 'Inflow' }),
  load('in_cod', { zh: '进水 COD', en: 'COD, inlet' }, 20_000, 0),
  load('in_nh3n', { zh: '进水氨氮', en: 'Ammonia nitrogen, inlet' }, 1000),
  load('in_tp', { zh: '进水总磷', en: 'Total phosphorus, inlet' }, 200),
  load('in_tn', { zh: '进水总氮', en: 'Total nitrogen, inlet' }, 1000),
  acidity('in_ph', { zh: '进水 pH 值', en: 'pH, inlet' }),
  load('in_ss', { zh: '进水悬浮物', en: 'Suspended solids, inlet' }, 20_000, 0),
  load('do', { zh: '生化池溶解氧', en: 'Dissolved oxygen in the tank' }, 20),
  load('mlss', { zh: '污泥浓度', en: 'Mixed liquor solids' }, 30_000, 0),
]

export const sewagePlant: DeviceType = {
  id: 'sewage-plant',
  name: { zh: '污水处理厂', en: 'Sewage plant' },
  component: '0310',
  department: '排水公司',
  // Minutes or ten-minute means always come; a monitor that sends hourly means only gets an interval of its own.
  reportSeconds: 600,
  metrics,
  rated: [
    rated(
      'cod_limit',
      {
        zh: '出水 COD 限值（缺省 50 mg/L）',
        en: 'Limit of COD at the outlet (50 mg/L when absent)',
      },
      'mg/L',
    ),
    rated(
      'tn_limit',
      {
        zh: '出水总氮限值（缺省 15 mg/L）',
        en: 'Limit of total nitrogen at the outlet (15 mg/L when absent)',
      },
      'mg/L',
    ),
    rated(
      'tp_limit',
      {
        zh: '出水总磷限值（缺省 0.5 mg/L）',
        en: 'Limit of total phosphorus at the outlet (0.5 mg/L when absent)',
      },
      'mg/L',
    ),
    rated(
      'ss_limit',
      {
        zh: '出水悬浮物限值（缺省 10 mg/L）',
        en: 'Limit of suspended solids at the outlet (10 mg/L when absent)',
      },
      'mg/L',
    ),
    rated(
      'nh3n_limit',
      {
        zh: '出水氨氮限值（缺省 5 mg/L）',
        en: 'Limit of ammonia nitrogen at the outlet (5 mg/L when absent)',
      },
      'mg/L',
    ),
    rated(
      'nh3n_limit_cold',
      {
        zh: '水温 12 °C 及以下的出水氨氮限值（缺省 8 mg/L）',
        en: 'Limit of ammonia nitrogen in water of 12 °C or colder (8 mg/L when absent)',
      },
      'mg/L',
    ),
  ],
  rules: [...outletRules, stuck('cod'), ...commonRules],
  codecs: monitorCodecs,
}
