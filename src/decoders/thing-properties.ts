// Properties and events of thing models as OneNET and Alibaba Cloud write them: a plain value, a value with its time, or a list of
// such values; alone or in blocks for several devices.

import type { Refusal } from '../core/messages/reading.ts'
import { epochTime } from './device-time.ts'
import { isFields, isObject, kindOf } from './json-values.ts'
import { nameOf } from './network-name.ts'
import type { ReadingGroups } from './reading-groups.ts'
import { refusal } from './refusal.ts'

/** `{"level": {"value": 0.32, "time": 1793577600000}}` or `{"level": 0.32}`. */
export function addProperties(groups: ReadingGroups, device: string, properties: unknown): void {
  if (!isFields(properties)) groups.refuse(notFields('properties', properties), device)
  else
    for (const [name, item] of Object.entries(properties)) addProperty(groups, device, name, item)
}

/** The same, with a list of values and times for each name, or a list of such objects. */
export function addPropertySeries(
  groups: ReadingGroups,
  device: string,
  properties: unknown,
): void {
  for (const part of Array.isArray(properties) ? properties : [properties]) {
    if (!isFields(part)) groups.refuse(notFields('properties', part), device)
    else
      for (const [name, item] of Object.entries(part))
        for (const one of Array.isArray(item) ? item : [item])
          addProperty(groups, device, name, one)
  }
}

/** `{"coverOpened": {"value": {"tilt": 31}, "time": 1793577600000}}`: what an event brings with it are values like any others. */
export function addEvents(groups: ReadingGroups, device: string, events: unknown): void {
  for (const part of Array.isArray(events) ? events : [events]) {
    if (!isFields(part)) groups.refuse(notFields('events', part), device)
    else
      for (const [name, item] of Object.entries(part))
        for (const one of Array.isArray(item) ? item : [item]) addEvent(groups, device, name, one)
  }
}

export function addEvent(
  groups: ReadingGroups,
  device: string,
  event: string,
  item: unknown,
): void {
  if (!isFields(item) || !isFields(item['value'])) {
    addProperty(groups, device, event, item)
    return
  }
  for (const [name, value] of Object.entries(item['value']))
    addProperty(groups, device, name, { value, time: item['time'] })
}

/**
 * `{"properties": ..., "events": ...}` of the device in `identity`, or of `own` where none is named. A block that names a device in a
 * way that cannot be read is refused: it must not count as the gateway's.
 */
export function addBlock(groups: ReadingGroups, own: string | null, block: unknown): void {
  if (!isFields(block)) {
    groups.refuse(notFields('params', block))
    return
  }
  const { identity, properties, events } = block
  const device =
    identity === undefined ? own : nameOf(isFields(identity) ? identity['deviceName'] : null)
  if (device === null) {
    groups.refuse(
      refusal(
        'wrong_shape',
        `identity.deviceName: expected a device name, got ${kindOf(identity)}`,
      ),
    )
    return
  }
  if (properties !== undefined) addPropertySeries(groups, device, properties)
  if (events !== undefined) addEvents(groups, device, events)
}

function addProperty(groups: ReadingGroups, device: string, name: string, item: unknown): void {
  const isWrapped = isFields(item) && 'value' in item
  const ts = isWrapped ? epochTime(`${name}.time`, item['time']) : null
  if (isObject(ts)) groups.refuse(ts, device)
  else groups.add({ device, ts, name, value: isWrapped ? item['value'] : item })
}

export function notFields(name: string, value: unknown): Refusal {
  return refusal('wrong_shape', `${name}: expected an object, got ${kindOf(value)}`)
}
