// The simulated year 2028, as a function of the device: which readings its 200 meters make (a third of them
// each hour, the others each third hour) and when they arrive. The process that is
// killed and the test that compares work out the same readings from it.

import type { DeviceType } from '../../src/core/device-type.ts'
import { metricsOf } from '../../src/core/device-type.ts'
import type { Reading } from '../../src/core/messages/reading.ts'
import { positionAt, type Position } from '../../src/core/position.ts'
import { typeWith } from '../contracts/telemetry-readings.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** Readings that arrive in these hours are written together. */
export const BATCH_HOURS = 6
const LATE_HOURS_MAX = 6 * 24
const FULL_REGISTER = 100_000
/** This one's meter is replaced on the first of July. */
export const REPLACED = 17
const REPLACED_AT = Date.UTC(2028, 6, 1, 3)

export const meter: DeviceType = {
  ...typeWith('well-meter', ['volume_total', 'pressure']),
  reportSeconds: 3_600,
}

export interface Year {
  readonly timeZone: string
  readonly devices: number
  /** Inclusive, exclusive; local midnights. */
  readonly from: number
  readonly to: number
  /** Days on which every tenth device reports each minute, as their first moments. */
  readonly busyDays: readonly number[]
}

export const years = {
  shanghai: {
    timeZone: 'Asia/Shanghai',
    devices: 200,
    from: Date.parse('2027-12-31T16:00:00Z'),
    to: Date.parse('2028-12-31T16:00:00Z'),
    busyDays: ['2028-02-28', '2028-02-29', '2028-05-31', '2028-12-31'].map(
      (day) => Date.parse(`${day}T00:00:00Z`) - 8 * HOUR,
    ),
  },
  berlin: {
    timeZone: 'Europe/Berlin',
    devices: 10,
    from: Date.parse('2027-12-31T23:00:00Z'),
    to: Date.parse('2028-12-31T23:00:00Z'),
    busyDays: ['2028-02-28T23:00Z', '2028-03-25T23:00Z', '2028-10-28T22:00Z'].map((day) =>
      Date.parse(day),
    ),
  },
} satisfies Record<string, Year>
export type YearName = keyof typeof years

export const deviceName = (device: number): string => `W-${String(device).padStart(4, '0')}`
const deviceNames = Array.from({ length: 200 }, (_, device) => deviceName(device))
const metricCount = metricsOf(meter).length

export interface Sample {
  readonly ts: number
  readonly arrivesAt: number
  readonly volume: number
  /** NaN: this reading has none. */
  readonly pressure: number
}

/** A device's readings in the order of their times; one that is repeated with another pressure stands twice. */
export function* samplesOf(year: Year, device: number): Generator<Sample> {
  const offset = ((device * 37) % 60) * MINUTE + device * 13
  const isBusy = device % 10 === 0
  for (let hour = year.from; hour < year.to; hour += HOUR) {
    if (isBusy && year.busyDays.some((day) => hour >= day && hour < day + DAY)) {
      for (let ts = hour + (device % 60) * 1_000; ts < hour + HOUR; ts += MINUTE)
        yield sampleAt(device, ts, ts)
      continue
    }
    if (device % 3 !== 0 && (hour / HOUR) % 3 !== device % 3) continue
    const ts = hour + offset
    const draw = chance(device, ts)
    // A device in five hundred hours says nothing, one in a hundred comes late, one in two hundred is corrected.
    if (draw % 500 === 1) continue
    const lateMs = draw % 100 === 7 ? (1 + (draw % LATE_HOURS_MAX)) * HOUR : 0
    yield sampleAt(device, ts, ts + lateMs)
    if (draw % 200 === 11) {
      const corrected = sampleAt(device, ts, ts + (1 + (draw % 30)) * HOUR)
      yield { ...corrected, pressure: 9 }
    }
  }
}

function sampleAt(device: number, ts: number, arrivesAt: number): Sample {
  const started = ts >= REPLACED_AT && device === REPLACED ? REPLACED_AT : Date.UTC(2027, 11, 1)
  const used = Math.floor(((ts - started) / HOUR) * (3 + (device % 7)) * 4) / 4
  const before = started === REPLACED_AT ? 0 : 70_000 + device * 140
  return {
    ts,
    arrivesAt,
    volume: (before + used) % FULL_REGISTER,
    pressure: chance(device, ts) % 13 === 0 ? Number.NaN : (chance(device, ts) % 64) / 16,
  }
}

/** The same number for the same device and time, spread over [0, 2^31). */
function chance(device: number, ts: number): number {
  let mixed = Math.imul(Math.floor(ts / 1_000) ^ Math.imul(device + 1, 0x9e3779b1), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 1
}

export interface YearBatch {
  /** Batches are numbered from 0. */
  readonly number: number
  readonly readings: readonly Reading[]
  readonly through: Position
  /** When all of it has arrived. */
  readonly at: number
}

/** Everything that arrives from batch `first` on; the last ones bring what comes late into the next year. */
export function* batchesOf(year: Year, first: number): Generator<YearBatch> {
  const waiting = new Map<number, { device: number; sample: Sample }[]>()
  const devices = Array.from({ length: year.devices }, (_, device) => samplesOf(year, device))
  const nexts = devices.map((samples) => samples.next())
  const count = batchCount(year)
  for (let number = 0; number < count; number++) {
    const at = year.from + (number + 1) * BATCH_HOURS * HOUR
    for (const [device, samples] of devices.entries())
      for (let next = nexts[device]; next !== undefined && next.done !== true;) {
        if (next.value.ts >= at) break
        const sample = next.value
        const place = Math.max(number, batchAt(year, sample.arrivesAt))
        const others = waiting.get(place)
        if (others === undefined) waiting.set(place, [{ device, sample }])
        else others.push({ device, sample })
        next = nexts[device] = samples.next()
      }
    const arrived = waiting.get(number) ?? []
    waiting.delete(number)
    if (number < first) continue
    // A corrected value comes after the value that it corrects, whatever else is late.
    arrived.sort((a, b) => a.sample.arrivesAt - b.sample.arrivesAt)
    const through = positionAt(number + 1)
    yield {
      number,
      readings: arrived.map(({ device, sample }) => readingOf(device, sample, through)),
      through,
      at,
    }
  }
}

export function batchCount(year: Year): number {
  return batchAt(year, year.to + LATE_HOURS_MAX * HOUR) + 2
}

function batchAt(year: Year, at: number): number {
  return Math.floor((at - year.from) / (BATCH_HOURS * HOUR))
}

function readingOf(device: number, sample: Sample, position: Position): Reading {
  const values = Array<number>(metricCount).fill(Number.NaN)
  values[0] = sample.volume
  values[1] = sample.pressure
  return {
    device: deviceNames[device] ?? '',
    type: meter.id,
    division: '150802',
    ts: sample.ts,
    receivedAt: sample.arrivesAt,
    seq: null,
    values,
    simulated: false,
    redriven: false,
    position,
  }
}

/** What is stored in the end of a device: each metric's values by time. */
export function tableOf(
  year: Year,
  device: number,
): { readonly volume: Map<number, number>; readonly pressure: Map<number, number> } {
  const volume = new Map<number, number>()
  const pressure = new Map<number, number>()
  for (const sample of samplesOf(year, device)) {
    volume.set(sample.ts, sample.volume)
    if (!Number.isNaN(sample.pressure)) pressure.set(sample.ts, sample.pressure)
  }
  return { volume, pressure }
}
