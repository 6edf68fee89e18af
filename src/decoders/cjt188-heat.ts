// The data of a heat meter of CJ/T 188: five values with their units, two temperatures, hours of work, clock, status. Most makers put the
// unit behind its value, some before it; the units themselves tell which, and where they do not, nothing is read.

export interface MeterValue {
  /** Low byte first. */
  readonly digits: Uint8Array
  /** Null where the standard fixes it. */
  readonly unit: number | null
  readonly decimals: number
}

interface HeatLayout {
  readonly values: Readonly<Record<string, MeterValue>>
  /** Unit code -> the power of ten that turns its values into kWh, kW, m3/h or m3. */
  readonly units: ReadonlyMap<number, number>
  readonly clock: Uint8Array
}

const DATA_BYTES = 43
const VALUE_BYTES = 5
const TEMPERATURES_AT = 25
const CLOCK_AT = 34
const ENERGY = 1
const POWER = 2
const FLOW = 3
const TOTAL = 4

const heat = [0x05, 0x08]
/** The units of the five places: heat of the settled month and now in kWh or MWh, power kW, flow m3/h, volume m3. */
const unitsByPlace: readonly (readonly number[])[] = [heat, heat, [0x17], [0x35], [0x2c]]
const units: ReadonlyMap<number, number> = new Map([
  [0x05, 0],
  [0x08, 3],
  [0x17, 0],
  [0x35, 0],
  [0x2c, 0],
])

/** Or why it cannot be read. */
export function heatLayoutOf(data: Uint8Array): HeatLayout | string {
  if (data.length !== DATA_BYTES)
    return `expected ${DATA_BYTES} bytes of data of a heat meter, got ${data.length}`
  const isBehind = fits(data, VALUE_BYTES - 1)
  const isBefore = fits(data, 0)
  if (isBehind === isBefore)
    return `units: expected 05 or 08, 17, 35 and 2C behind the values or before them, got ${isBehind ? 'both' : 'neither'}`
  const unitAt = isBehind ? VALUE_BYTES - 1 : 0
  const digitsAt = isBehind ? 0 : 1
  const place = (index: number, decimals: number): MeterValue => {
    const from = index * VALUE_BYTES
    const digits = data.subarray(from + digitsAt, from + digitsAt + VALUE_BYTES - 1)
    return { digits, unit: data[from + unitAt] ?? 0, decimals }
  }
  const temperature = (index: number): MeterValue => {
    const from = TEMPERATURES_AT + index * 3
    return { digits: data.subarray(from, from + 3), unit: null, decimals: 2 }
  }
  return {
    values: {
      energy: place(ENERGY, 2),
      power: place(POWER, 2),
      flow: place(FLOW, 4),
      total: place(TOTAL, 2),
      supply: temperature(0),
      return: temperature(1),
    },
    units,
    clock: data.subarray(CLOCK_AT),
  }
}

function fits(data: Uint8Array, unitAt: number): boolean {
  return unitsByPlace.every((known, place) =>
    known.includes(data[place * VALUE_BYTES + unitAt] ?? -1),
  )
}
