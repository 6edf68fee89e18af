// What OneNET (China Mobile) pushes to the HTTP door: an envelope with a message, which is JSON text from the present platform and an
// object, or a list of them, from the former one. The signature in the envelope is checked at the door, or not at all.

import type { Decode, Refusal } from '../core/messages/reading.ts'
import { epochTime } from './device-time.ts'
import { parseFields, parseInner } from './json-payload.ts'
import { fieldsOf, isFields, isObject, kindOf, shown } from './json-values.ts'
import type { Fields } from './json-values.ts'
import { imeiOf, nameOf } from './network-name.ts'
import { createReadingGroups } from './reading-groups.ts'
import type { ReadingGroups } from './reading-groups.ts'
import { refusal } from './refusal.ts'
import { addEvents, addProperties } from './thing-properties.ts'

/** Presence, answers to commands, scenes, positions by cell. */
const WITHOUT_READINGS = new Set<unknown>(['lifeCycle', 'reply', 'sceneLog', 'lbsAndWifi'])
/** The former platform's kinds of message. */
const DATA_POINT = 1
const PRESENCE = 2
const COMMAND_ANSWER = 7

export const decodeOnenet: Decode = (payload) => {
  const parsed = parseFields(payload)
  if ('code' in parsed) return { kind: 'refused', refusal: parsed }
  const messages = messagesOf(parsed.fields)
  if ('code' in messages) return { kind: 'refused', refusal: messages }

  const groups = createReadingGroups()
  const devices = new Map<string, string | null>()
  for (const message of messages) {
    if (!isFields(message)) {
      groups.refuse(refusal('wrong_shape', `msg: expected an object, got ${kindOf(message)}`))
      continue
    }
    const imei = imeiOf(message['imei'])
    const { device, also } = namesOf(message, imei)
    if (device !== null) devices.set(device, also)
    const problem =
      'messageType' in message
        ? addNotice(groups, device, message)
        : addDataPoint(groups, device, message)
    if (problem !== null) groups.refuse(problem, device)
  }
  const [only] = devices
  const isOne = devices.size === 1 && only !== undefined
  return groups.decoded({
    device: isOne ? only[0] : null,
    deviceAlso: isOne && only[1] !== null ? [only[1]] : [],
  })
}

function messagesOf(envelope: Fields): readonly unknown[] | Refusal {
  const { msg } = envelope
  if ('enc_msg' in envelope) return encrypted()
  if (typeof msg !== 'string') {
    if (isFields(msg)) return [msg]
    return Array.isArray(msg)
      ? msg
      : refusal('wrong_shape', `msg: expected a message, got ${kindOf(msg)}`)
  }
  if (!/^\s*[[{]/.test(msg)) return encrypted()
  const inner = parseInner(msg)
  if ('code' in inner) return refusal(inner.code, `msg: ${inner.detail}`)
  return isFields(inner.root) ? [inner.root] : [...inner.root]
}

function encrypted(): Refusal {
  return refusal('unsupported', 'msg: expected plain JSON, got an encrypted message')
}

/** The former platform numbers its devices; the IMEI is what stands on them. */
function namesOf(
  message: Fields,
  imei: string | null,
): { device: string | null; also: string | null } {
  const name = nameOf(message['deviceName'])
  if (name !== null) return { device: name, also: imei === name ? null : imei }
  const { dev_id: number } = message
  const id = typeof number === 'number' ? String(number) : nameOf(number)
  return imei === null ? { device: id, also: null } : { device: imei, also: id }
}

function addNotice(groups: ReadingGroups, device: string | null, message: Fields): Refusal | null {
  const { messageType, notifyType } = message
  if (WITHOUT_READINGS.has(messageType)) return null
  if (messageType !== 'notify')
    return refusal('unsupported', `messageType: expected notify, got ${shown(messageType)}`)
  if (notifyType !== 'property' && notifyType !== 'event')
    return refusal(
      'unsupported',
      `notifyType: expected property or event, got ${shown(notifyType)}`,
    )
  if (device === null) return nameless('deviceName', message['deviceName'])
  const { params } = fieldsOf(message['data'])
  if (isFields(params) && Object.keys(params).length === 0)
    return refusal('empty', 'params: expected values, got none')
  if (notifyType === 'property') addProperties(groups, device, params)
  else addEvents(groups, device, params)
  return null
}

function addDataPoint(
  groups: ReadingGroups,
  device: string | null,
  message: Fields,
): Refusal | null {
  const { type, ds_id: name } = message
  if (type === PRESENCE || type === COMMAND_ANSWER) return null
  if (type !== DATA_POINT)
    return refusal('unsupported', `type: expected a data point (1), got ${shown(type)}`)
  if (device === null) return nameless('dev_id', message['dev_id'])
  const ts = epochTime('at', message['at'])
  if (isObject(ts)) return ts
  if (typeof name !== 'string')
    return refusal('wrong_shape', `ds_id: expected a name, got ${kindOf(name)}`)
  groups.add({ device, ts, name, value: message['value'] ?? null })
  return null
}

function nameless(field: string, value: unknown): Refusal {
  return refusal('wrong_shape', `${field}: expected a device, got ${shown(value)}`)
}
