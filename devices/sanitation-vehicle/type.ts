// A18, sweeper, refuse truck or muck truck: where it is, how fast, and what its superstructure does.
//
// Rated values a vehicle may carry:
// - `fence_lat`, `fence_lon`  degrees, centre of the area it works in
// - `fence_radius`            m, radius of that area; without the three no fence is judged
// - `speed_max`               km/h (80)

import { commonRules, proposal } from '../common-rules.ts'
import { flag, quantity, rated } from '../metrics.ts'
import type { DeviceType } from '../../src/core/device-type.ts'

/** On the road it reports every 10 to 30 seconds; four missing reports are a hole. */
const ROAD_GAP_SECONDS = 120

export const sanitationVehicle: DeviceType = {
  id: 'sanitation-vehicle',
  name: { zh: '环卫车、渣土车', en: 'Sanitation or muck truck' },
  // Local extension: a vehicle is no public facility.
  component: '2183',
  department: '环境卫生管理处',
  // Parked, with the engine off, it says once an hour that it is there.
  reportSeconds: 3600,
  metrics: [
    quantity('lat', { zh: '纬度', en: 'Latitude' }, 'deg', {
      unitLabel: '°',
      min: -90,
      max: 90,
      precision: 6,
    }),
    quantity('lon', { zh: '经度', en: 'Longitude' }, 'deg', {
      unitLabel: '°',
      min: -180,
      max: 180,
      precision: 6,
    }),
    quantity('speed', { zh: '车速', en: 'Speed' }, 'km/h', { min: 0, max: 150, precision: 1 }),
    quantity('heading', { zh: '方向角', en: 'Heading' }, 'deg', {
      unitLabel: '°',
      min: 0,
      max: 360,
      precision: 0,
    }),
    flag('brush_on', { zh: '扫刷工作', en: 'Brush on' }, { onChange: true }),
    flag('spray_on', { zh: '喷水工作', en: 'Spray on' }, { onChange: true }),
    flag('lid_closed', { zh: '顶盖关闭', en: 'Lid closed' }, { onChange: true }),
    quantity('weight', { zh: '载重', en: 'Load' }, 'kg', { min: 0, max: 60_000, precision: 0 }),
    quantity('fuel', { zh: '油量', en: 'Fuel' }, '%', { min: 0, max: 100, precision: 0 }),
  ],
  rated: [
    rated('fence_lat', { zh: '作业区中心纬度', en: 'Centre of the working area, latitude' }, 'deg'),
    rated(
      'fence_lon',
      { zh: '作业区中心经度', en: 'Centre of the working area, longitude' },
      'deg',
    ),
    rated(
      'fence_radius',
      {
        zh: '作业区半径（三项齐全才判越界）',
        en: 'Radius of the working area (no fence is judged without the three)',
      },
      'm',
    ),
    rated(
      'speed_max',
      { zh: '限速（缺省 80 km/h）', en: 'Speed limit (80 km/h when absent)' },
      'km/h',
    ),
  ],
  rules: [
    {
      id: 'OUT_OF_FENCE',
      name: { zh: '驶出作业区域', en: 'Out of its area' },
      severity: 'P2',
      when: {
        kind: 'above',
        of: { distance: { lat: 'lat', lon: 'lon', to: 'fence' } },
        limit: { rated: 'fence_radius', factor: 1, fallback: null },
      },
      confirm: { samples: 2, of: 2, seconds: 0 },
      // Satellite fixes wander.
      clear: { deadband: 50, samples: 2, seconds: 60 },
      ticket: true,
      text: {
        zh: '距作业区域中心 {value} {unit}，超过 {limit} {unit}',
        en: '{value} {unit} from the centre of its area, limit {limit} {unit}',
      },
      standard: proposal,
    },
    {
      id: 'LID_OPEN',
      name: { zh: '未密闭行驶', en: 'Driving with the lid open' },
      severity: 'P2',
      when: {
        kind: 'all',
        of: [
          { kind: 'is', metric: 'lid_closed', value: false },
          { kind: 'above', of: { metric: 'speed' }, limit: 10 },
        ],
      },
      confirm: { samples: 2, of: 2, seconds: 60 },
      // A red light is no end of it.
      clear: { deadband: 2, samples: 2, seconds: 300 },
      gapSeconds: ROAD_GAP_SECONDS,
      ticket: true,
      text: {
        zh: '顶盖未关闭，以 {value} {unit} 行驶，有遗撒危险',
        en: 'driving at {value} {unit} with the lid open: the load may fall out',
      },
      standard: proposal,
    },
    {
      id: 'SPEED',
      name: { zh: '超速', en: 'Too fast' },
      severity: 'P3',
      when: {
        kind: 'above',
        of: { metric: 'speed' },
        limit: { rated: 'speed_max', factor: 1, fallback: 80 },
      },
      confirm: { samples: 2, of: 2, seconds: 30 },
      clear: { deadband: 5, samples: 2, seconds: 60 },
      gapSeconds: ROAD_GAP_SECONDS,
      ticket: false,
      text: {
        zh: '车速 {value} {unit}，超过 {limit} {unit}',
        en: '{value} {unit}, above {limit} {unit}',
      },
      standard: proposal,
    },
    ...commonRules,
  ],
}
