// Events of ChirpStack v4 in JSON. Uplinks are readings; joins, states, acknowledgements, logs and locations are understood and hold
// none. The topic says the kind of event; without one (an own topic template) the fields do.

import type { Decode } from '../core/messages/reading.ts'
import { isoTime } from './device-time.ts'
import { parseFields } from './json-payload.ts'
import { fieldsOf, shown } from './json-values.ts'
import type { Fields } from './json-values.ts'
import { readUplink } from './lorawan-uplink.ts'
import { euiOf } from './network-name.ts'
import { refused, refusedOf, understood } from './refusal.ts'

const TOPIC = /(?:^|\/)device\/([0-9a-fA-F]{16})\/event\/([a-z]+)$/
const WITHOUT_READINGS = new Set([
  'join',
  'status',
  'ack',
  'txack',
  'log',
  'location',
  'integration',
])

export const decodeChirpstack: Decode = (payload, { topic }) => {
  const [, topicEui, topicEvent] = TOPIC.exec(topic) ?? []
  const parsed = parseFields(payload)
  if ('code' in parsed) return { kind: 'refused', refusal: parsed }
  const { fields } = parsed
  const deviceInfo = fieldsOf(fields['deviceInfo'])
  if (fields['deviceInfo'] === undefined && ('devEUI' in fields || 'applicationID' in fields))
    return refused(
      'unsupported',
      'expected an event of ChirpStack 4 with "deviceInfo", got one of 3',
    )
  const device = euiOf(deviceInfo['devEui'] ?? topicEui)
  if (device === null)
    return refused(
      'wrong_shape',
      `deviceInfo.devEui: expected 16 hex digits, got ${shown(deviceInfo['devEui'])}`,
    )
  const event = topicEvent ?? eventOf(fields)
  if (event !== null && WITHOUT_READINGS.has(event)) return understood(device)
  if (event !== 'up')
    return refusedOf(device, 'unsupported', `expected an event such as up, got ${shown(event)}`)
  return readUplink({
    device,
    ts: isoTime('time', fields['time']),
    frameCount: fields['fCnt'],
    data: ['data', fields['data']],
    names: ['object', fields['object']],
    gateways: fields['rxInfo'],
  })
}

/** Fields that only one kind of event has. */
const tellTale: readonly (readonly [string, string])[] = [
  ['level', 'log'],
  ['description', 'log'],
  ['queueItemId', 'ack'],
  ['margin', 'status'],
  ['location', 'location'],
  ['integrationName', 'integration'],
  ['rxInfo', 'up'],
  ['data', 'up'],
  ['object', 'up'],
  ['devAddr', 'join'],
]

function eventOf(fields: Fields): string | null {
  return tellTale.find(([field]) => field in fields)?.[1] ?? null
}
