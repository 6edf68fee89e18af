// What an asset type is: its metrics, its reporting rhythm and its rules, as data. Types live in `devices/<type>/`.

import type { Rule } from './rule.ts'

export interface Text {
  readonly zh: string
  readonly en: string
}

export interface Metric {
  /** Name in payloads, charts and columns: `^[a-z][A-Za-z0-9_]{0,40}$`, unlike the type's others also without regard to case. */
  readonly id: string
  readonly name: Text
  /** UCUM code; `1` for a pure number and for booleans. */
  readonly unit: string
  /** How people read the unit (`dB(A)`, `°C`), where the code is not readable. */
  readonly unitLabel?: string
  /** `boolean` is stored and charted as 0 and 1; `counter` only grows. */
  readonly kind: 'number' | 'integer' | 'counter' | 'boolean'
  /** Physically possible range, inclusive, in `unit`. Outside it the sensor is wrong: refused, never alerted. */
  readonly min: number
  readonly max: number
  /** Digits after the point that mean something. */
  readonly precision: number
  /** Reported when it changes, so the last value holds until the next one; else each value counts for its moment only. */
  readonly onChange?: boolean
}

/**
 * How a vendor or a network names and scales the metrics of a type. A codec whose id is a payload format serves every device of the
 * type that comes in that format; any other is named by the device (`codec`).
 */
export interface Codec {
  readonly id: string
  /** The foreign name -> the metric's id, or the metric with what turns the foreign value into its unit: value x factor + offset. */
  readonly names: Readonly<Record<string, string | Scaled>>
  /** Foreign names that are known and not kept; `*` at the end stands for any rest. */
  readonly ignored?: readonly string[]
  /** Reads the vendor's own bytes, where the network delivers no names. */
  readonly bytes?: BytesLayout
}

export interface Scaled {
  readonly metric: string
  /** Default 1. */
  readonly factor?: number
  /** Default 0. */
  readonly offset?: number
  /** Texts or numbers that stand for values: `{ "ON": true }`. */
  readonly values?: Readonly<Record<string, number | boolean>>
}

/** `channels`: two bytes, channel and type, as four hex digits, say what follows. `fixed`: everything in its place. */
export type BytesLayout =
  | { readonly kind: 'channels'; readonly channels: Readonly<Record<string, BytesField>> }
  | { readonly kind: 'fixed'; readonly fields: readonly (BytesField & { readonly at: number })[] }

export interface BytesField {
  /** A foreign name of the codec. */
  readonly name: string
  readonly bytes: 1 | 2 | 3 | 4
  readonly signed?: true
  readonly bigEndian?: true
  /** Only this bit counts, 0 the lowest: true or false. */
  readonly bit?: number
  /** Default 1. */
  readonly factor?: number
}

/** A value of the device's `rated` that rules of its type read. */
export interface RatedValue {
  /** `^[a-z][a-z0-9_]{0,40}$`. */
  readonly id: string
  readonly name: Text
  /** UCUM code; `1` for a pure number and for what is marked with 1. */
  readonly unit: string
}

export interface DeviceType {
  readonly id: string
  readonly name: Text
  /** Component class of GB/T 30428.2 (CJ/T 214), four digits, or a local extension. */
  readonly component: string
  readonly department: string
  /** Longest time between two reports of a healthy device. After three of them in silence it counts as lost. */
  readonly reportSeconds: number
  readonly metrics: readonly Metric[]
  readonly rules: readonly Rule[]
  readonly codecs?: readonly Codec[]
  /** Rated values that the rules read, and no others. */
  readonly rated?: readonly RatedValue[]
}

/** Metrics every device may report; `bat` and `rssi` of the canonical payload land here. */
export const commonMetrics: readonly Metric[] = [
  {
    id: 'battery_pct',
    name: { zh: '电池电量', en: 'Battery' },
    unit: '%',
    kind: 'number',
    min: 0,
    max: 100,
    precision: 0,
  },
  {
    id: 'battery_v',
    name: { zh: '电池电压', en: 'Battery voltage' },
    unit: 'V',
    kind: 'number',
    min: 0,
    max: 60,
    precision: 2,
  },
  {
    id: 'rssi',
    name: { zh: '信号强度', en: 'Signal strength' },
    unit: '{dBm}',
    unitLabel: 'dBm',
    kind: 'number',
    min: -200,
    max: 20,
    precision: 0,
  },
  {
    id: 'snr',
    name: { zh: '信噪比', en: 'Signal-to-noise ratio' },
    unit: 'dB',
    kind: 'number',
    min: -50,
    max: 50,
    precision: 1,
  },
  {
    id: 'device_temp',
    name: { zh: '设备温度', en: 'Device temperature' },
    unit: 'Cel',
    unitLabel: '°C',
    kind: 'number',
    min: -60,
    max: 120,
    precision: 1,
  },
]

/** The metrics of a reading's `values`, in order: the type's own, then the common ones it does not define itself. */
export function metricsOf(type: DeviceType): readonly Metric[] {
  const own = new Set(type.metrics.map((metric) => metric.id))
  return [...type.metrics, ...commonMetrics.filter((metric) => !own.has(metric.id))]
}
