// The names that networks give to devices, checked before they are looked up in the registry.

/** As long as an alias may be. */
const NAME_MAX = 128
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/
const EUI = /^[0-9a-f]{16}$/i
const IMEI = /^(?!0+$)\d{15,16}$/

/** Null when it is no usable name. */
export function nameOf(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const name = value.trim()
  return name.length > 0 && name.length <= NAME_MAX && !CONTROL.test(name) ? name : null
}

/** A LoRaWAN DevEUI in lower case. */
export function euiOf(value: unknown): string | null {
  return typeof value === 'string' && EUI.test(value) ? value.toLowerCase() : null
}

/** An IMEI, or null for what stands there instead: `undefined` as text, zeros, nothing. */
export function imeiOf(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && IMEI.test(text.trim()) ? text.trim() : null
}
