// The demo city: an invented street grid laid over Linhe district, with its lamps, cabinets, covers and building sites. The
// division and its coordinates are real, everything on the ground is made up and says so.

import type { Device } from '../src/core/registry/device.ts'
import { stream } from './random.ts'

export type NewDevice = Omit<Device, 'createdAt'>

export interface CitySize {
  readonly feeders: number
  readonly lampsPerFeeder: number
  readonly covers: number
  readonly sites: number
}

export const demoCitySize: CitySize = { feeders: 12, lampsPerFeeder: 18, covers: 64, sites: 8 }

const DIVISION = '150802'
const CENTRE = { lat: 40.75, lon: 107.39 }
const LAT_DEGREES_PER_METRE = 1 / 111_320
const LON_DEGREES_PER_METRE = 1 / (111_320 * Math.cos((CENTRE.lat * Math.PI) / 180))
const BLOCK_METRES = 320
const LAMP_SPACING_METRES = 35
const ROAD_CLASSES = ['主干道', '次干道', '支路'] as const
const ROAD_NAMES = [
  '沙枣',
  '河柳',
  '向阳',
  '麦浪',
  '葵园',
  '渡口',
  '杏林',
  '驼铃',
  '雁滩',
  '新渠',
  '芦苇',
  '云川',
]
const COVER_KINDS = [
  { name: '雨水井盖', component: '0103', department: '排水公司' },
  { name: '污水井盖', component: '0102', department: '排水公司' },
  { name: '热力井盖', component: '0110', department: '供热公司' },
  { name: '电力井盖', component: '0105', department: '供电公司' },
] as const

/** The devices of a city, parents before children. The same seed and index give the same device in a city of any size. */
export function createCity(size: CitySize, seed: string): readonly NewDevice[] {
  const devices: NewDevice[] = []
  for (let feeder = 0; feeder < size.feeders; feeder++) {
    const lamps = range(size.lampsPerFeeder).map((lamp) => createLamp(seed, feeder, lamp))
    devices.push(createFeeder(feeder, lamps), ...lamps)
  }
  for (const cover of range(size.covers)) devices.push(createCover(seed, cover))
  for (const site of range(size.sites)) devices.push(createSite(seed, site))
  return devices
}

function createFeeder(index: number, lamps: readonly NewDevice[]): NewDevice {
  const id = feederId(index)
  const amperes = [0, 0, 0]
  let watts = 0
  for (const [order, lamp] of lamps.entries()) {
    amperes[order % 3] = (amperes[order % 3] ?? 0) + (lamp.rated['current'] ?? 0)
    watts += lamp.rated['power'] ?? 0
  }
  return {
    ...placed(index, 0, -12),
    id,
    type: 'lighting-feeder',
    name: `${roadOf(index).street} ${index + 1} 号路灯配电箱`,
    parent: null,
    department: '路灯管理所',
    componentCode: componentCode('2104', index),
    rated: {
      current: round(
        amperes.reduce((sum, value) => sum + value, 0),
        2,
      ),
      power: round(watts / 1000, 3),
    },
  }
}

function createLamp(seed: string, feeder: number, index: number): NewDevice {
  const serial = feeder * 1000 + index + 1
  const id = `LH-L-${String(serial).padStart(5, '0')}`
  const watts = stream(seed, id, 'rated').pick([120, 150, 180])
  return {
    ...placed(feeder, index * LAMP_SPACING_METRES, index % 2 === 0 ? 9 : -9),
    id,
    type: 'streetlight',
    name: `${roadOf(feeder).street} ${index + 1} 号灯`,
    parent: feederId(feeder),
    department: '路灯管理所',
    componentCode: componentCode('0118', serial),
    rated: { power: watts, current: round(watts / (220 * 0.95), 3) },
  }
}

function createCover(seed: string, index: number): NewDevice {
  const id = `LH-M-${String(index + 1).padStart(4, '0')}`
  const random = stream(seed, id, 'place')
  const kind = random.pick(COVER_KINDS)
  const road = index % ROAD_NAMES.length
  return {
    ...placed(road, random.between(0, 650), random.between(-5, 5)),
    id,
    type: 'manhole-cover',
    name: `${roadOf(road).street} ${index + 1} 号${kind.name}`,
    parent: null,
    department: kind.department,
    componentCode: componentCode(kind.component, index),
    rated: {},
  }
}

function createSite(seed: string, index: number): NewDevice {
  const id = `LH-D-${String(index + 1).padStart(3, '0')}`
  const random = stream(seed, id, 'place')
  const road = (index * 5 + 2) % ROAD_NAMES.length
  return {
    ...placed(road, random.between(60, 600), random.between(60, 200)),
    id,
    type: 'site-dust-noise',
    name: `${roadOf(road).street} ${index + 1} 号工地`,
    parent: null,
    department: '住建局',
    componentCode: componentCode('0602', index),
    rated: {},
  }
}

/** What all devices of a road share, and the point `alongMetres` down the road and `asideMetres` beside it. */
function placed(roadIndex: number, alongMetres: number, asideMetres: number) {
  const { street, lane, eastWest, roadClass } = roadOf(roadIndex)
  const acrossMetres = lane * BLOCK_METRES + asideMetres
  const [eastMetres, northMetres] = eastWest
    ? [alongMetres - 300, acrossMetres]
    : [acrossMetres, alongMetres - 300]
  const community = 1 + Math.floor(Math.max(0, alongMetres) / 400)
  return {
    division: DIVISION,
    grid: `${DIVISION}${String((roadIndex % 9) + 1).padStart(3, '0')}${String(community).padStart(3, '0')}${String((roadIndex % 4) + 1).padStart(2, '0')}`,
    street,
    lat: round(CENTRE.lat + northMetres * LAT_DEGREES_PER_METRE, 6),
    lon: round(CENTRE.lon + eastMetres * LON_DEGREES_PER_METRE, 6),
    roadClass,
    weakArea: roadIndex % 4 === 3,
    maintainer: '城市照明养护队（虚拟）',
    simulated: true,
  } as const
}

function roadOf(index: number) {
  const round = Math.floor(index / ROAD_NAMES.length)
  const name = ROAD_NAMES[index % ROAD_NAMES.length] ?? '沙枣'
  return {
    street: `${name}路${round === 0 ? '' : `${round + 1} 段`}（虚拟）`,
    lane: Math.floor(index / 2) - 3,
    eastWest: index % 2 === 0,
    roadClass: ROAD_CLASSES[index % ROAD_CLASSES.length] ?? '支路',
  }
}

function feederId(index: number): string {
  return `LH-F-${String(index + 1).padStart(3, '0')}`
}

/** National layout: division, class of the component, serial number. */
function componentCode(component: string, serial: number): string {
  return `${DIVISION}${component}${String(serial).padStart(6, '0')}`
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
