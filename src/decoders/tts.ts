// Messages of The Things Stack v3. Uplinks are readings; joins, downlink events, service data and locations hold none.
//
// The Things Stack leaves out fields of its own that are "", 0 or false: no `f_port` is port 0, no `snr` is 0 dB. Inside
// `decoded_payload` it keeps them. What is absent is reported as absent here: of a boolean that a device's decoder leaves out while it
// is false, nobody behind the network can know more than that it was not said.

import type { Decode } from '../core/messages/reading.ts'
import { isoTime } from './device-time.ts'
import { parseFields } from './json-payload.ts'
import { fieldsOf, isFields, kindOf, shown } from './json-values.ts'
import type { Fields } from './json-values.ts'
import { readUplink } from './lorawan-uplink.ts'
import { euiOf, nameOf } from './network-name.ts'
import { refused, refusedOf, understood } from './refusal.ts'

const TOPIC = /(?:^|\/)v3\/[^/]+\/devices\/([^/]+)\/(.+)$/
/** Of messages that come without their topic: one of these stands in it. */
const withoutReadings = [
  'join_accept',
  'uplink_normalized',
  'downlink_ack',
  'downlink_nack',
  'downlink_sent',
  'downlink_failed',
  'downlink_queued',
  'downlink_queue_invalidated',
  'location_solved',
  'service_data',
]

export const decodeTts: Decode = (payload, { topic }) => {
  const [, topicDevice, kind] = TOPIC.exec(topic) ?? []
  const parsed = parseFields(payload)
  if ('code' in parsed) return { kind: 'refused', refusal: parsed }
  const { fields } = parsed
  const ids = fieldsOf(fields['end_device_ids'])
  // The device id is unique within its application only: the DevEUI is asked for first.
  const device = euiOf(ids['dev_eui']) ?? nameOf(ids['device_id']) ?? nameOf(topicDevice)
  if (device === null)
    return refused(
      'wrong_shape',
      `end_device_ids: expected "dev_eui" or "device_id", got ${kindOf(fields['end_device_ids'])}`,
    )
  if (kind === undefined ? withoutReadings.some((field) => field in fields) : kind !== 'up')
    return understood(device)
  const uplink = fields['uplink_message']
  if (!isFields(uplink))
    return refusedOf(
      device,
      'wrong_shape',
      `uplink_message: expected an object, got ${shown(uplink)}`,
    )
  if (fields['simulated'] === true)
    return refusedOf(device, 'unsupported', 'expected an uplink of the device, got a simulated one')
  const battery = batteryOf(uplink)
  return readUplink({
    device,
    ...(battery === null ? {} : { battery }),
    ts: isoTime('received_at', uplink['received_at'] ?? fields['received_at']),
    frameCount: uplink['f_cnt'],
    data: ['frm_payload', uplink['frm_payload']],
    names: ['decoded_payload', uplink['decoded_payload']],
    gateways: uplink['rx_metadata'],
  })
}

/** The last state the device reported, repeated with every uplink: it counts with the frame it came in only. */
function batteryOf(uplink: Fields): number | null {
  const { f_cnt: frame, value } = fieldsOf(uplink['last_battery_percentage'])
  return frame === uplink['f_cnt'] && typeof value === 'number' ? value : null
}
