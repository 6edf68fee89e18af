// A15, dust and noise monitor of a construction site: one-minute values, judged as 20-minute sound levels and hourly dust means.
//
// Rated values a monitor may carry:
// - `noise_background`  dB(A), what the place sounds like at night without work; without it no pattern of work is looked for

import { commonRules, proposal, stuck, unverified } from '../common-rules.ts'
import { flag, quantity, rated } from '../metrics.ts'
import type { DeviceType, Metric } from '../../src/core/device-type.ts'
import { siteDustNoiseCodecs } from './codecs.ts'
import type { Rule } from '../../src/core/rule.ts'

const HOUR_SECONDS = 3600
/** Monitors may send hourly means instead of minutes: three of them missing is a gap. */
const DUST_GAP_SECONDS = 3 * HOUR_SECONDS

function dust(id: string, zh: string, max: number): Metric {
  return {
    id,
    name: { zh, en: zh },
    unit: 'ug/m3',
    unitLabel: 'µg/m³',
    kind: 'number',
    min: 0,
    max,
    precision: 0,
  }
}

function sound(id: string, zh: string, en: string): Metric {
  return {
    id,
    name: { zh, en },
    unit: 'dB[SPL]{A}',
    unitLabel: 'dB(A)',
    kind: 'number',
    min: 30,
    max: 130,
    precision: 1,
  }
}

const pm10Hourly = { mean: 'pm10', seconds: HOUR_SECONDS } as const
const leq20 = { mean: 'noise_leq', seconds: 1200 } as const

const dustRule = {
  confirm: { samples: 1, of: 1, seconds: 0 },
  // One more mean below the limit: an hour after the first for minute data, the next value for hourly data.
  clear: { deadband: 15, samples: 2, seconds: HOUR_SECONDS },
  gapSeconds: DUST_GAP_SECONDS,
  text: {
    zh: 'PM10 小时均值 {value} {unit}，超过 {limit} {unit}',
    en: 'hourly mean of PM10 {value} {unit}, above {limit} {unit}',
  },
  standard: { ref: 'practice of other cities', status: 'proposal' },
} as const satisfies Partial<Rule>

const noiseRule = {
  confirm: { samples: 1, of: 1, seconds: 0 },
  // One whole window below.
  clear: { deadband: 2, samples: 2, seconds: 1200 },
  text: {
    zh: '20 分钟等效声级 {value} {unit}，超过 {limit} {unit}',
    en: 'equivalent level over 20 min {value} {unit}, above {limit} {unit}',
  },
  standard: unverified('GB 12523-2011'),
  // The limits have stayed; how results are evaluated has changed, and that text has not been seen.
  editions: [{ from: '2026-01-01', standard: unverified('GB 12523-2025') }],
} as const satisfies Partial<Rule>

export const siteDustNoise: DeviceType = {
  id: 'site-dust-noise',
  name: { zh: '工地扬尘噪声监测', en: 'Construction site dust and noise' },
  component: '0602',
  department: '住房和城乡建设局',
  reportSeconds: 60,
  metrics: [
    dust('pm10', 'PM10', 5000),
    dust('pm2_5', 'PM2.5', 2000),
    { ...dust('tsp', 'TSP', 20_000), name: { zh: '总悬浮颗粒物', en: 'TSP' } },
    sound('noise_leq', '等效声级', 'Equivalent sound level'),
    sound('noise_max', '最大声级', 'Maximum sound level'),
    quantity('wind_speed', { zh: '风速', en: 'Wind speed' }, 'm/s', {
      min: 0,
      max: 60,
      precision: 1,
    }),
    quantity('wind_dir', { zh: '风向', en: 'Wind direction' }, 'deg', {
      unitLabel: '°',
      min: 0,
      max: 360,
      precision: 0,
    }),
    quantity('temp', { zh: '气温', en: 'Air temperature' }, 'Cel', {
      unitLabel: '°C',
      min: -40,
      max: 60,
      precision: 1,
    }),
    quantity('humidity', { zh: '相对湿度', en: 'Relative humidity' }, '%', {
      min: 0,
      max: 100,
      precision: 0,
    }),
    quantity('pressure', { zh: '气压', en: 'Air pressure' }, 'hPa', {
      min: 500,
      max: 1100,
      precision: 1,
    }),
    flag('spray_on', { zh: '喷淋开启', en: 'Spray on' }, { onChange: true }),
  ],
  rated: [
    rated(
      'noise_background',
      {
        zh: '夜间无施工时的本底声级（缺省不判）',
        en: 'Background at night without work (not judged when absent)',
      },
      'dB[SPL]{A}',
    ),
  ],
  rules: [
    {
      id: 'NOISE_DAY',
      name: { zh: '昼间噪声超标', en: 'Noise by day' },
      severity: 'P3',
      when: { kind: 'above', of: leq20, limit: 70 },
      during: { kind: 'hours', from: '06:00', to: '22:00' },
      ticket: false,
      ...noiseRule,
    },
    {
      id: 'NOISE_NIGHT',
      name: { zh: '夜间噪声超标', en: 'Noise at night' },
      severity: 'P2',
      when: { kind: 'above', of: leq20, limit: 55 },
      during: { kind: 'hours', from: '22:00', to: '06:00' },
      ticket: true,
      ...noiseRule,
    },
    {
      id: 'NOISE_NIGHT_MAX',
      name: { zh: '夜间突发噪声', en: 'Peak noise at night' },
      severity: 'P2',
      // 55 + 15.
      when: { kind: 'above', of: { metric: 'noise_max' }, limit: 70 },
      during: { kind: 'hours', from: '22:00', to: '06:00' },
      ticket: true,
      ...noiseRule,
      text: {
        zh: '夜间最大声级 {value} {unit}，超过 {limit} {unit}',
        en: 'maximum level at night {value} {unit}, above {limit} {unit}',
      },
    },
    {
      // For information: work at night that keeps below the limit. A work item, never annunciated.
      id: 'NOISE_WORK_PATTERN',
      name: { zh: '夜间疑似施工', en: 'Perhaps work at night' },
      severity: 'P3',
      when: {
        kind: 'above',
        of: { mean: 'noise_leq', seconds: 1800 },
        limit: { rated: 'noise_background', factor: 1, plus: 10, fallback: null },
      },
      during: { kind: 'hours', from: '22:00', to: '06:00' },
      confirm: { samples: 1, of: 1, seconds: 0 },
      clear: { deadband: 2, samples: 2, seconds: 1800 },
      ticket: false,
      text: {
        zh: '夜间 30 分钟等效声级 {value} {unit}，高于本底加 10 dB（{limit} {unit}），疑似施工',
        en: 'equivalent level over 30 min at night {value} {unit}, above the background by 10 dB ({limit} {unit}): perhaps work',
      },
      standard: proposal,
    },
    {
      id: 'DUST_WARN',
      name: { zh: '扬尘预警', en: 'Dust warning' },
      severity: 'P3',
      when: { kind: 'above', of: pm10Hourly, limit: 150 },
      ticket: false,
      ...dustRule,
    },
    {
      id: 'DUST_ALARM',
      name: { zh: '扬尘超标', en: 'Dust alarm' },
      severity: 'P2',
      when: { kind: 'above', of: pm10Hourly, limit: 200 },
      ticket: true,
      ...dustRule,
    },
    {
      id: 'SPRAY_NOT_ON',
      name: { zh: '喷淋未开启', en: 'Spray not on' },
      severity: 'P3',
      when: {
        kind: 'all',
        of: [
          { kind: 'above', of: pm10Hourly, limit: 150 },
          { kind: 'is', metric: 'spray_on', value: false },
        ],
      },
      ticket: false,
      ...dustRule,
      confirm: { samples: 1, of: 1, seconds: 900 },
      text: {
        zh: 'PM10 小时均值 {value} {unit}，喷淋 {minutes} 分钟未开启',
        en: 'hourly mean of PM10 {value} {unit} and no spray for {minutes} min',
      },
    },
    { ...stuck('pm10'), gapSeconds: DUST_GAP_SECONDS },
    ...commonRules,
  ],
  codecs: siteDustNoiseCodecs,
}
