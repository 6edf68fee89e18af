// Turns another network's names and values into metrics of a type, by the table of a codec. Which codec: the one that the device names,
// else the type's one for the format, else none, and names have to be the metrics' own.

import { createBytesReader } from './codec-bytes.ts'
import type { BytesReader } from './codec-bytes.ts'
import type { CompiledType } from '../compiled-type.ts'
import type { Codec, Scaled } from '../device-type.ts'
import { shortened } from './detail.ts'
import type { RawReading, Refusal } from './reading.ts'
import type { PayloadFormat } from './record.ts'
import { scaled } from './scaled.ts'

/** A null reading: all that was said is known and not kept. */
export type Translated = { readonly reading: RawReading | null } | { readonly refusal: Refusal }

/**
 * Values that vendor bytes hold win over those the network made of the same bytes; of the network's names the rest stays only where the
 * table or the type knows it. Without vendor bytes every name stays, so that validation names the unknown ones.
 */
export function translate(
  raw: RawReading,
  type: CompiledType,
  deviceCodec: string | null,
  format: PayloadFormat,
): Translated {
  if (format === 'canonical') return { reading: raw }
  const codecs = codecsOf(type)
  const codec = codecs.get(deviceCodec ?? format)
  if (codec === undefined && deviceCodec !== null)
    return refused(
      'no_codec',
      `codec: expected ${[...codecs.keys()].join(', ') || 'none'} for type "${type.type.id}", got "${deviceCodec}"`,
    )
  if (raw.bytes !== undefined && codec?.readBytes !== undefined) {
    const read = codec.readBytes(raw.bytes)
    if (typeof read === 'string') return refused('wrong_shape', read)
    const known = Object.entries(raw.metrics).filter(
      ([name]) => codec.targets.has(name) || type.indexOf.has(name),
    )
    return { reading: readingOf(raw, type, codec, [...known, ...read]) }
  }
  const named = Object.entries(raw.metrics)
  if (raw.bytes !== undefined && named.every(([name]) => OF_THE_RADIO.has(name)))
    return refused(
      'no_codec',
      `expected a codec that reads ${raw.bytes.length} bytes of a vendor, got ${codec === undefined ? 'none' : `"${codec.id}", which reads names`}`,
    )
  return { reading: readingOf(raw, type, codec, named) }
}

/** Whether the codec that `translate` would take knows the name and keeps nothing of it. */
export function leavesOut(
  type: CompiledType,
  deviceCodec: string | null,
  format: PayloadFormat,
  name: string,
): boolean {
  const codec = codecsOf(type).get(deviceCodec ?? format)
  return codec !== undefined && !codec.targets.has(name) && isIgnored(codec, name)
}

/** What the network adds to every message says nothing about what the vendor's bytes hold. */
const OF_THE_RADIO: ReadonlySet<string> = new Set(['rssi', 'snr', 'battery_pct'])

interface CompiledCodec {
  readonly id: string
  readonly targets: ReadonlyMap<string, Scaled>
  readonly ignored: ReadonlySet<string>
  readonly ignoredPrefixes: readonly string[]
  readonly readBytes: BytesReader | undefined
}

/** Tables made ready, for as long as their type lives. */
const compiled = new WeakMap<CompiledType, ReadonlyMap<string, CompiledCodec>>()

function codecsOf(type: CompiledType): ReadonlyMap<string, CompiledCodec> {
  let codecs = compiled.get(type)
  if (codecs === undefined) {
    codecs = new Map((type.type.codecs ?? []).map((codec) => [codec.id, compileCodec(codec)]))
    compiled.set(type, codecs)
  }
  return codecs
}

function compileCodec({ id, names, ignored = [], bytes }: Codec): CompiledCodec {
  return {
    id,
    targets: new Map(
      Object.entries(names).map(([name, target]) => [
        name,
        typeof target === 'string' ? { metric: target } : target,
      ]),
    ),
    ignored: new Set(ignored.filter((pattern) => !pattern.endsWith('*'))),
    ignoredPrefixes: ignored
      .filter((pattern) => pattern.endsWith('*'))
      .map((pattern) => pattern.slice(0, -1)),
    readBytes: bytes === undefined ? undefined : createBytesReader(bytes),
  }
}

function readingOf(
  raw: RawReading,
  type: CompiledType,
  codec: CompiledCodec | undefined,
  values: readonly (readonly [name: string, value: unknown])[],
): RawReading | null {
  const metrics = new Map<string, unknown>()
  for (const [name, value] of values) {
    const target = codec?.targets.get(name)
    if (target === undefined && codec !== undefined && isIgnored(codec, name)) continue
    const metric = target?.metric ?? name
    const translated = target === undefined ? value : valueOf(target, value)
    metrics.set(metric, isBoolean(type, metric) ? asBoolean(translated) : translated)
  }
  if (metrics.size === 0 && values.length > 0) return null
  const { bytes: _read, ...rest } = raw
  return { ...rest, metrics: Object.fromEntries(metrics) }
}

function isIgnored({ ignored, ignoredPrefixes }: CompiledCodec, name: string): boolean {
  return ignored.has(name) || ignoredPrefixes.some((prefix) => name.startsWith(prefix))
}

/** What the table cannot turn into a value stays as it came, for validation to name. */
function valueOf({ factor = 1, offset = 0, values }: Scaled, value: unknown): unknown {
  if (values !== undefined && (typeof value !== 'object' || value === null)) {
    const key = String(value)
    if (Object.hasOwn(values, key)) return values[key]
  }
  return typeof value === 'number' ? scaled(value, factor, offset) : value
}

function isBoolean(type: CompiledType, metric: string): boolean {
  const index = type.indexOf.get(metric)
  return index !== undefined && type.metrics[index]?.kind === 'boolean'
}

/** Other networks write 0 and 1 for what is no and yes here. */
function asBoolean(value: unknown): unknown {
  return value === 0 ? false : value === 1 ? true : value
}

function refused(code: Refusal['code'], detail: string): Translated {
  return { refusal: { code, detail: shortened(detail) } }
}
