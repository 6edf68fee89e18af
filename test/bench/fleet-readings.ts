// Readings of a fleet of streetlights for the benchmarks of telemetry: four metrics each, the same numbers in every run.

import { streetlight } from '../../devices/streetlight/type.ts'
import { metricsOf } from '../../src/core/device-type.ts'
import type { Reading } from '../../src/core/messages/reading.ts'
import { positionAt, type Position } from '../../src/core/position.ts'

const names = metricsOf(streetlight).map((metric) => metric.id)
const places = ['power', 'voltage', 'current', 'leakage_current'].map((id) => names.indexOf(id))

export const deviceId = (device: number): string => `LH-L-${String(device).padStart(5, '0')}`

export interface FleetBatch {
  readonly readings: readonly Reading[]
  readonly through: Position
  readonly at: number
}

export interface FleetOptions {
  readonly devices: number
  readonly readings: number
  /** Of each device. */
  readonly everyMs: number
  readonly start: number
  readonly batch?: number
}

/** In the order of time: the devices of one interval one after the other, spread evenly over it. */
export function* fleetBatches(options: FleetOptions): Generator<FleetBatch> {
  const { devices, everyMs, start } = options
  const size = options.batch ?? 4_096
  const ids = Array.from({ length: devices }, (_, device) => deviceId(device))
  let batch: Reading[] = []
  for (let index = 0; index < options.readings; index++) {
    const device = index % devices
    const ts =
      start + Math.floor(index / devices) * everyMs + Math.floor((device * everyMs) / devices)
    batch.push(lampReading(ids[device] ?? '', ts, index))
    if (batch.length < size && index < options.readings - 1) continue
    yield { readings: batch, through: positionAt(index + 1), at: ts + 200 }
    batch = []
  }
}

function lampReading(device: string, ts: number, index: number): Reading {
  const values = Array<number>(names.length).fill(Number.NaN)
  const noise = Math.imul(index + 1, 0x9e3779b1) >>> 16
  const numbers = [
    80 + (noise % 400) / 10,
    218 + (noise % 97) / 10,
    (noise % 53) / 100,
    (noise % 31) / 10,
  ]
  for (const [at, place] of places.entries()) values[place] = numbers[at] ?? 0
  return {
    device,
    type: streetlight.id,
    division: '150802',
    ts,
    receivedAt: ts + 150,
    seq: null,
    values,
    simulated: true,
    redriven: false,
    position: positionAt(index + 1),
  }
}
