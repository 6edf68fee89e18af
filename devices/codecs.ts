// Short forms for codecs that several types share: codes of pollution monitors (HJ 212), and the names that sensors of radio networks
// have for the temperature.

import type { Codec, Scaled } from '../src/core/device-type.ts'

type Names = Codec['names']

/** What the decoder puts before the codes of each kind of report. */
const MINUTES = '2051:'
const HOURS = '2061:'
const DAYS = '2031:'

interface Monitor {
  /** By the standard's code. */
  readonly names: Names
  /** Codes that are known and not kept; `*` at the end stands for any rest. */
  readonly ignored?: readonly string[]
  /** Sums over the period (`Cou`) that are kept, by their code; those of a real-time frame say nothing of a period. */
  readonly sums?: Names
}

/** Real-time values and the means of minutes alike, for monitors that send one of them. Hours and days repeat what these have said. */
export function monitorCodec({ names, ignored = [], sums = {} }: Monitor, id = 'hj212'): Codec {
  const codes = sumCodes(sums)
  const unkept = [...sumCodes(names).filter((code) => !codes.includes(code)), ...ignored]
  return {
    id,
    names: { ...names, ...withPrefix(MINUTES, { ...names, ...named(sums) }) },
    ignored: [
      ...codes,
      ...unkept.flatMap((code) => [code, MINUTES + code]),
      `${HOURS}*`,
      `${DAYS}*`,
    ],
  }
}

/**
 * For a device to name (`codec`). `hj212-real-time`: its monitor sends real-time values and ten-minute means of the same moment, where
 * the mean would take the value's place. `hj212-hourly`: hourly means are all that is wanted of it.
 */
export function monitorChoices(monitor: Monitor): readonly Codec[] {
  const { names, ignored = [], sums = {} } = monitor
  const codes = sumCodes(sums)
  const unkept = [...sumCodes(names).filter((code) => !codes.includes(code)), ...ignored]
  return [
    {
      id: 'hj212-real-time',
      names,
      ignored: [...codes, ...unkept, `${MINUTES}*`, `${HOURS}*`, `${DAYS}*`],
    },
    {
      id: 'hj212-hourly',
      names: withPrefix(HOURS, { ...names, ...named(sums) }),
      ignored: [
        ...Object.keys(names),
        ...codes,
        ...unkept.flatMap((code) => [code, HOURS + code]),
        `${MINUTES}*`,
        `${DAYS}*`,
      ],
    },
  ]
}

function sumCodes(sums: Names): readonly string[] {
  return Object.keys(named(sums))
}

function named(sums: Names): Names {
  return Object.fromEntries(Object.entries(sums).map(([code, target]) => [`${code}-Cou`, target]))
}

function withPrefix(prefix: string, names: Names): Readonly<Record<string, string | Scaled>> {
  return Object.fromEntries(Object.entries(names).map(([code, target]) => [prefix + code, target]))
}

/** Sensors by Zigbee and LoRaWAN, which all say `temperature`: what it is called here. `ignored`: what else they say in this place. */
export function temperatureCodecs(
  metric: string,
  ignored: readonly string[] = [],
): readonly Codec[] {
  // Vendors' scripts say `battery` for percent; their volts have names of their own (`BatV`, `battery_voltage`).
  const names = { temperature: metric, battery: 'battery_pct' }
  return [
    // The cell's millivolts and the cuts of its power come along with some sensors.
    {
      id: 'zigbee2mqtt',
      names: { temperature: metric },
      ignored: ['voltage', 'power_outage_count', ...ignored],
    },
    { id: 'chirpstack', names, ignored: ['gpio', ...ignored] },
    { id: 'tts', names, ignored: ['gpio', ...ignored] },
  ]
}
