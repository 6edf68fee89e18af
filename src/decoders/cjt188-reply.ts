// What a meter of CJ/T 188 answers to "read": water and gas meters their totals, heat meters heat, power, flow and temperatures. Units
// that no source confirms are refused by name. The two status bytes are left alone: makers disagree about which bit is which.

import type { Refusal } from '../core/messages/reading.ts'
import { bcdDigitsLowFirst, decimal, hexOf } from './bcd.ts'
import { beijingTime } from './beijing-time.ts'
import type { FrameContent } from './frame-scan.ts'
import { heatLayoutOf } from './cjt188-heat.ts'
import type { MeterValue } from './cjt188-heat.ts'

export interface Cjt188Frame {
  /** Printed on the meter, high digits first. */
  readonly device: string
  readonly meterType: number
  readonly control: number
  /** Identifier of the data, serial number, data. */
  readonly content: Uint8Array
}

const ANSWER = 0x80
const FAILED = 0x40
const READ = 0x01
const CLOCK_BYTES = 7
const STATUS_BYTES = 2
const VOLUME_BYTES = 5
const CUBIC_METRES = 0x2c
const WATER_BYTES = 2 * VOLUME_BYTES + CLOCK_BYTES + STATUS_BYTES

export function readCjt188Reply({
  device,
  meterType,
  control,
  content,
}: Cjt188Frame): FrameContent {
  // A question of the reader, heard on the same line.
  if ((control & ANSWER) === 0) return { readings: [], refused: [] }
  if ((control & FAILED) !== 0)
    return refused('unsupported', `control: expected 81, got ${hex(control)}, the meter's refusal`)
  // Answers to other questions: an address, a setting made.
  if ((control & 0x3f) !== READ) return { readings: [], refused: [] }
  const identifier = hexOf(content.subarray(0, 2)).toUpperCase()
  // The two editions send the bytes of the identifier in opposite order.
  if (identifier !== '1F90' && identifier !== '901F')
    return refused('unsupported', `data: expected 1F90, got ${identifier}`)
  const data = content.subarray(3)

  const kind = meterType >> 4
  if (kind === 1 || kind === 3) {
    if (data.length !== WATER_BYTES)
      return refused('unsupported', `expected ${WATER_BYTES} bytes of data, got ${data.length}`)
    const at = (offset: number): MeterValue => ({
      digits: data.subarray(offset, offset + 4),
      unit: data[offset + 4] ?? 0,
      decimals: 2,
    })
    const values = { total: at(0), total_settled: at(VOLUME_BYTES) }
    return read(values, volumeOnly, data.subarray(2 * VOLUME_BYTES))
  }
  if (kind === 2) {
    const layout = heatLayoutOf(data)
    if (typeof layout === 'string') return refused('unsupported', layout)
    return read(layout.values, layout.units, layout.clock)
  }
  return refused('unsupported', `meter type: expected 10 to 3F, got ${hex(meterType)}`)

  function read(
    values: Readonly<Record<string, MeterValue>>,
    units: ReadonlyMap<number, number>,
    clock: Uint8Array,
  ): FrameContent {
    const metrics: Record<string, number> = {}
    for (const [name, { digits, unit, decimals }] of Object.entries(values)) {
      const power = unit === null ? 0 : units.get(unit)
      if (power === undefined)
        return refused(
          'unsupported',
          `${name}: expected a unit of ${[...units.keys()].map(hex).join(', ')}, got ${hex(unit ?? 0)}`,
        )
      const text = bcdDigitsLowFirst(digits)
      if (text === null)
        return refused('wrong_type', `${name}: expected digits, got ${hexOf(digits)}`)
      metrics[name] = decimal(text, decimals - power)
    }
    const ts = clockTime(clock.subarray(0, CLOCK_BYTES))
    if (Number.isNaN(ts))
      return refused(
        'bad_timestamp',
        `clock: expected ss mm HH dd MM yyyy, got ${hexOf(clock.subarray(0, CLOCK_BYTES))}`,
      )
    return { readings: [{ ts, seq: null, metrics, device }], refused: [] }
  }

  function refused(code: Refusal['code'], detail: string): FrameContent {
    return { readings: [], refused: [{ code, detail, device }] }
  }
}

const volumeOnly: ReadonlyMap<number, number> = new Map([[CUBIC_METRES, 0]])

/** Null where the meter has no clock: all zeros. */
function clockTime(bytes: Uint8Array): number | null {
  if (bytes.every((byte) => byte === 0)) return null
  const digits = bcdDigitsLowFirst(bytes)
  return digits === null ? Number.NaN : beijingTime(digits)
}

function hex(byte: number): string {
  return hexOf(Uint8Array.of(byte)).toUpperCase()
}
