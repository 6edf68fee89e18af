// Zigbee2MQTT: the state of a device as JSON on `zigbee2mqtt/{friendly name}`, whose name may have levels of its own. The bridge's
// own topics, availability and requests are understood and hold no readings.

import type { Decode } from '../core/messages/reading.ts'
import { isoTime } from './device-time.ts'
import { parseFields } from './json-payload.ts'
import { fieldsOf, isObject, shown } from './json-values.ts'
import { nameOf } from './network-name.ts'
import { createReadingGroups } from './reading-groups.ts'
import { refused, understood } from './refusal.ts'

const BASE = 'zigbee2mqtt'
/** What the bridge adds about itself, and not what the device measures. A link quality of 0 to 255 is no dBm. */
const HOUSEKEEPING = new Set([
  'device',
  'elapsed',
  'last_seen',
  'linkquality',
  'update',
  'update_available',
])

export const decodeZigbee2mqtt: Decode = (payload, { topic }) => {
  const levels = levelsBehindBase(topic)
  if (levels[0] === 'bridge') return understood(null)
  const request = levels.findIndex((level, n) => n > 0 && (level === 'set' || level === 'get'))
  const isAbout = levels.length > 1 && levels.at(-1) === 'availability'
  const device = nameOf(levels.slice(0, request > 0 ? request : isAbout ? -1 : undefined).join('/'))
  if (device === null)
    return refused('wrong_topic', `expected ${BASE}/{friendly name}, got ${shown(topic)}`)
  // An empty retained message takes a removed device's state away.
  if (isAbout || request > 0 || payload.length === 0) return understood(device)

  const parsed = parseFields(payload)
  if ('code' in parsed) return { kind: 'readings', device, readings: [], refused: [parsed] }
  const { fields } = parsed
  // When the bridge heard the device: at its start it repeats states of yesterday.
  const lastSeen = isoTime('last_seen', fields['last_seen'])
  const ts = isObject(lastSeen) ? null : lastSeen
  const groups = createReadingGroups()
  for (const [name, value] of Object.entries(fields)) {
    // Null is what the bridge has not heard yet.
    if (value === null || HOUSEKEEPING.has(name)) continue
    groups.add({ device, ts, name: name === 'battery' ? 'battery_pct' : name, value })
  }
  if (groups.isEmpty) return understood(device)
  const address = nameOf(fieldsOf(fields['device'])['ieeeAddr'])
  return groups.decoded({ device, deviceAlso: address === null ? [] : [address] })
}

/** The base topic can be set; one that is not called by its usual name has one level. */
function levelsBehindBase(topic: string): readonly string[] {
  const levels = topic.split('/')
  return levels.slice(levels.indexOf(BASE) + 1 || 1)
}
