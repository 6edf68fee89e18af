// What CTWing (China Telecom's AEP) pushes to the HTTP door. Data and events are readings; command answers and presence hold none. Its
// fields are loosely typed (`serviceId` is text or number, `IMSI` may say "undefined"): what is not needed is not looked at.

import type { Decode, RawReading, Refusal } from '../core/messages/reading.ts'
import { bytesOfBase64 } from './base64.ts'
import { epochTime } from './device-time.ts'
import { METRICS_MAX, parseFields } from './json-payload.ts'
import { isFields, isObject, kindOf, shown } from './json-values.ts'
import type { Fields } from './json-values.ts'
import { imeiOf, nameOf } from './network-name.ts'
import { refusal, refused, understood } from './refusal.ts'

const WITHOUT_READINGS = new Set([
  'commandresponse',
  'deviceonlineofflinereport',
  // Says again, in one message, what several data reports have said.
  'datareporttupunion',
])
/** Where a kind of message keeps what the device said. */
const contents = new Map([
  ['datareport', 'payload'],
  ['eventreport', 'eventContent'],
])

export const decodeCtwing: Decode = (payload) => {
  const parsed = parseFields(payload)
  if ('code' in parsed) return { kind: 'refused', refusal: parsed }
  const { fields } = parsed
  const imei = imeiOf(fields['IMEI'] ?? fields['imei'])
  const device = nameOf(fields['deviceId']) ?? imei
  if (device === null)
    return refused(
      'wrong_shape',
      `deviceId: expected a device id, got ${shown(fields['deviceId'])}`,
    )
  const { messageType } = fields
  const type = typeof messageType === 'string' ? messageType.toLowerCase() : ''
  if (WITHOUT_READINGS.has(type)) return understood(device)
  const field = contents.get(type)
  const reading =
    field === undefined
      ? refusal(
          'unsupported',
          `messageType: expected dataReport or eventReport, got ${shown(messageType)}`,
        )
      : readingOf(fields['timestamp'], field, fields[field])
  return {
    kind: 'readings',
    device,
    ...(imei === null || imei === device ? {} : { deviceAlso: [imei] }),
    readings: 'code' in reading ? [] : [reading],
    refused: 'code' in reading ? [reading] : [],
  }
}

function readingOf(timestamp: unknown, field: string, content: unknown): RawReading | Refusal {
  const ts = epochTime('timestamp', timestamp)
  if (isObject(ts)) return ts
  if (!isFields(content))
    return refusal('wrong_shape', `${field}: expected an object, got ${kindOf(content)}`)
  const { bytes, metrics } = partsOf(content)
  const count = Object.keys(metrics).length
  if (count > METRICS_MAX)
    return refusal('wrong_shape', `${field}: expected at most ${METRICS_MAX} metrics, got ${count}`)
  if (bytes === 'damaged')
    return refusal(
      'wrong_shape',
      `${field}.APPdata: expected Base64, got ${kindOf(content['APPdata'])}`,
    )
  if (bytes === null && count === 0)
    return refusal('empty', `${field}: expected values or "APPdata", got none`)
  return { ts, seq: null, metrics, ...(bytes === null ? {} : { bytes }) }
}

/**
 * Devices without a profile on the platform send bytes of their own; those with one the values of its properties, at once or within
 * the service that they belong to.
 */
function partsOf(content: Fields): {
  readonly bytes: Uint8Array | 'damaged' | null
  readonly metrics: Fields
} {
  const { APPdata: data, serviceData, ...rest } = content
  const metrics = isFields(serviceData) ? serviceData : rest
  if (data === undefined || data === '') return { bytes: null, metrics }
  return { bytes: (typeof data === 'string' ? bytesOfBase64(data) : null) ?? 'damaged', metrics }
}
