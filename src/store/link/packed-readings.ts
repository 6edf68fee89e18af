// Readings on their way from one thread to another: numbers in one buffer that is handed over, names once. Copying an object for each
// reading would cost more than storing it.

import { isPosition } from '../../core/position.ts'
import type { Reading } from '../../core/messages/reading.ts'

/** Who measured: sent when first met, and when its division has changed. */
export interface Origin {
  readonly device: string
  readonly type: string
  readonly division: string
}

export interface PackedReadings {
  /** Begin new ones after forgetting all before. */
  readonly forget: boolean
  /** Numbered on from those sent before. */
  readonly origins: readonly Origin[]
  readonly count: number
  readonly numbers: Float64Array<ArrayBuffer>
}

/** Origin, time measured, time received, sequence number, marks, position, number of values; then the values. */
const HEAD = 7
const SIMULATED = 1
const REDRIVEN = 2

export type Pack = (readings: readonly Reading[]) => PackedReadings
export type Unpack = (packed: PackedReadings) => Reading[]

/** Each packer has one unpacker, which must see everything that it packs, in order. */
export function createPacker(options: { readonly originsMax?: number } = {}): Pack {
  const originsMax = options.originsMax ?? 1_000_000
  const known = new Map<string, Origin & { readonly number: number }>()
  let next = 0

  return (readings) => {
    const forget = next + readings.length > originsMax
    if (forget) {
      known.clear()
      next = 0
    }
    let length = 0
    for (const reading of readings) length += HEAD + reading.values.length
    const numbers = new Float64Array(length)
    const origins: Origin[] = []
    let at = 0
    for (const reading of readings) {
      const { device, type, division, values } = reading
      let origin = known.get(device)
      if (origin === undefined || origin.type !== type || origin.division !== division) {
        origin = { device, type, division, number: next++ }
        known.set(device, origin)
        origins.push({ device, type, division })
      }
      numbers[at++] = origin.number
      numbers[at++] = reading.ts
      numbers[at++] = reading.receivedAt
      numbers[at++] = reading.seq ?? Number.NaN
      numbers[at++] = (reading.simulated ? SIMULATED : 0) + (reading.redriven ? REDRIVEN : 0)
      numbers[at++] = reading.position
      numbers[at++] = values.length
      for (const value of values) numbers[at++] = value
    }
    return { forget, origins, count: readings.length, numbers }
  }
}

export function createUnpacker(): Unpack {
  let known: Origin[] = []

  return ({ forget, origins, count, numbers }) => {
    if (forget) known = []
    known.push(...origins)
    const readings: Reading[] = []
    let at = 0
    for (let index = 0; index < count; index++) {
      const number = numbers[at] ?? -1
      const seq = numbers[at + 3] ?? Number.NaN
      const marks = numbers[at + 4] ?? 0
      const position = numbers[at + 5] ?? -1
      const size = numbers[at + 6] ?? 0
      const origin = known[number]
      if (origin === undefined || !isPosition(position))
        throw new RangeError(
          `Cannot unpack reading ${index} of ${count}: expected an origin below ${known.length} and a position, got ${number} and ${position}`,
        )
      const values: number[] = []
      for (let value = 0; value < size; value++)
        values.push(numbers[at + HEAD + value] ?? Number.NaN)
      readings.push({
        device: origin.device,
        type: origin.type,
        division: origin.division,
        ts: numbers[at + 1] ?? Number.NaN,
        receivedAt: numbers[at + 2] ?? Number.NaN,
        seq: Number.isNaN(seq) ? null : seq,
        values,
        simulated: (marks & SIMULATED) !== 0,
        redriven: (marks & REDRIVEN) !== 0,
        position,
      })
      at += HEAD + size
    }
    return readings
  }
}
