// Huawei Cloud's dialect: `$oc/devices/{device}/sys/...`. Property reports are readings, the gateway's for its sub-devices too. What
// devices send as free messages has no form to rely on; answers, events of the platform and shadows hold no readings.

import type { Millis } from '../core/position.ts'
import type { Decode } from '../core/messages/reading.ts'
import { parseFields } from './json-payload.ts'
import { isFields, kindOf, shown } from './json-values.ts'
import { nameOf } from './network-name.ts'
import { createReadingGroups } from './reading-groups.ts'
import type { ReadingGroups } from './reading-groups.ts'
import { refusal, refused, refusedOf, understood } from './refusal.ts'
import { notFields } from './thing-properties.ts'
import { parseTimestamp } from './timestamp.ts'

const TOPIC = /^\$oc\/devices\/([^/]+)\/((?:sys|user)\/[^?]+)/
const COMPACT = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/

export const decodeHuaweiThing: Decode = (payload, { topic }) => {
  const [, deviceId, about] = TOPIC.exec(topic) ?? []
  const device = nameOf(deviceId)
  if (device === null || about === undefined)
    return refused('wrong_topic', `expected $oc/devices/{device}/sys/..., got ${shown(topic)}`)
  const isGateway = about === 'sys/gateway/sub_devices/properties/report'
  if (!isGateway && about !== 'sys/properties/report')
    return about.startsWith('user/') || about.startsWith('sys/messages/')
      ? refusedOf(device, 'unsupported', `expected sys/properties/report, got ${shown(about)}`)
      : understood(device)

  const parsed = parseFields(payload)
  if ('code' in parsed) return { kind: 'readings', device, readings: [], refused: [parsed] }
  const { services, devices } = parsed.fields
  const groups = createReadingGroups()
  if (!isGateway) addServices(groups, device, services)
  else if (!Array.isArray(devices))
    return refusedOf(device, 'wrong_shape', `devices: expected a list, got ${kindOf(devices)}`)
  else for (const block of devices) addSubDevice(groups, block)
  if (groups.isEmpty) return refusedOf(device, 'empty', 'services: expected values, got none')
  return groups.decoded({ device })
}

function addSubDevice(groups: ReadingGroups, block: unknown): void {
  const device = isFields(block) ? nameOf(block['device_id']) : null
  if (!isFields(block) || device === null)
    groups.refuse(refusal('wrong_shape', 'devices: expected objects with "device_id"'))
  else addServices(groups, device, block['services'])
}

/** Properties go by their own names; of one that stands in two services it would not be known whose it is. */
function addServices(groups: ReadingGroups, device: string, services: unknown): void {
  if (!Array.isArray(services)) {
    groups.refuse(
      refusal('wrong_shape', `services: expected a list, got ${kindOf(services)}`),
      device,
    )
    return
  }
  const owners = new Map<string, unknown>()
  for (const service of services) {
    if (!isFields(service) || !isFields(service['properties'])) {
      groups.refuse(
        notFields('properties', isFields(service) ? service['properties'] : service),
        device,
      )
      continue
    }
    const { service_id: owner, properties } = service
    const ts = eventTime(service['event_time'])
    for (const [name, value] of Object.entries(properties)) {
      const known = owners.get(name)
      if (known !== undefined && known !== (owner ?? ''))
        groups.refuse(
          refusal(
            'wrong_shape',
            `${name}: expected it in one service, got ${shown(known)} and ${shown(owner)}`,
          ),
          device,
        )
      else {
        owners.set(name, owner ?? '')
        groups.add({ device, ts, name, value })
      }
    }
  }
}

/** `20261101T143000Z` or ISO 8601. As on Huawei's platform the receive time stands in for one that cannot be read. */
function eventTime(value: unknown): Millis | null {
  if (typeof value !== 'string') return null
  const ts = parseTimestamp(value.replace(COMPACT, '$1-$2-$3T$4:$5:$6Z'))
  return typeof ts === 'number' ? ts : null
}
