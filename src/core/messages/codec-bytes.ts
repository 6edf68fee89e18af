// Reads a vendor's own bytes by the layout of a codec: a chain of channels that say what follows, or fields at fixed places. Every place is
// checked against the length before it is read.

import type { BytesField, BytesLayout } from '../device-type.ts'
import { scaled } from './scaled.ts'

/** Foreign names and their values, or what is wrong. */
export type BytesReader = (
  bytes: Uint8Array,
) => readonly (readonly [name: string, value: number | boolean])[] | string

const CHANNEL_BYTES = 2

export function createBytesReader(layout: BytesLayout): BytesReader {
  if (layout.kind === 'fixed') return (bytes) => readFixed(bytes, layout.fields)
  const channels = new Map(
    Object.entries(layout.channels).map(([channel, field]) => [channel.toLowerCase(), field]),
  )
  return (bytes) => readChannels(bytes, channels)
}

function readChannels(bytes: Uint8Array, channels: ReadonlyMap<string, BytesField>) {
  const values: [string, number | boolean][] = []
  let at = 0
  while (at < bytes.length) {
    const channel = hexOf(bytes.subarray(at, at + CHANNEL_BYTES))
    const field = channels.get(channel)
    if (field === undefined)
      return `bytes: expected a channel of the codec at byte ${at}, got ${channel}`
    at += CHANNEL_BYTES
    if (at + field.bytes > bytes.length)
      return `bytes: expected ${field.bytes} bytes of ${field.name} at byte ${at}, got ${bytes.length - at}`
    values.push([field.name, fieldAt(bytes, at, field)])
    at += field.bytes
  }
  return values
}

function readFixed(bytes: Uint8Array, fields: readonly (BytesField & { readonly at: number })[]) {
  const values: [string, number | boolean][] = []
  for (const field of fields) {
    if (field.at < 0 || field.at + field.bytes > bytes.length)
      return `bytes: expected ${field.bytes} bytes of ${field.name} at byte ${field.at}, got ${bytes.length} in all`
    values.push([field.name, fieldAt(bytes, field.at, field)])
  }
  return values
}

function fieldAt(bytes: Uint8Array, at: number, field: BytesField): number | boolean {
  let value = 0
  for (let n = 0; n < field.bytes; n++)
    value = value * 256 + (bytes[at + (field.bigEndian === true ? n : field.bytes - 1 - n)] ?? 0)
  // No shift: it would cut four bytes to a signed number.
  if (field.bit !== undefined) return Math.floor(value / 2 ** field.bit) % 2 === 1
  const span = 256 ** field.bytes
  if (field.signed === true && value >= span / 2) value -= span
  return scaled(value, field.factor ?? 1)
}

function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}
