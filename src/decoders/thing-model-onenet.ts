// OneNET's dialect: `$sys/{product}/{device}/thing/...`. Reports of properties and events are readings, single, in packs for several
// devices or as history; everything else about the device (answers, desired values, services) holds none.

import type { Decode } from '../core/messages/reading.ts'
import { parseFields } from './json-payload.ts'
import { shown } from './json-values.ts'
import { nameOf } from './network-name.ts'
import { createReadingGroups } from './reading-groups.ts'
import { refused, refusedOf, understood } from './refusal.ts'
import { addBlock, addEvents, addProperties } from './thing-properties.ts'
import { replyTo } from './thing-reply.ts'

const TOPIC = /^\$sys\/[^/]+\/([^/]+)\/(?:thing\/)?(.+)$/
const REPORT = /^\$sys\/[^/]+\/[^/]+\/thing\/(property|event|pack|history)\/post$/

export const decodeOnenetThing: Decode = (payload, { topic }) => {
  const [, deviceName, about] = TOPIC.exec(topic) ?? []
  const device = nameOf(deviceName)
  if (device === null)
    return refused('wrong_topic', `expected $sys/{product}/{device}/thing/..., got ${shown(topic)}`)
  const report = REPORT.exec(topic)?.[1]
  if (report === undefined)
    return about?.startsWith('dp/post') === true
      ? refusedOf(device, 'unsupported', `expected thing/property/post, got ${shown(about)}`)
      : understood(device)

  const parsed = parseFields(payload)
  if ('code' in parsed) return { kind: 'readings', device, readings: [], refused: [parsed] }
  const { id, params } = parsed.fields
  const groups = createReadingGroups()
  if (report === 'property') addProperties(groups, device, params)
  else if (report === 'event') addEvents(groups, device, params)
  else
    for (const block of Array.isArray(params) ? params : [params]) addBlock(groups, device, block)
  if (groups.isEmpty) return refusedOf(device, 'empty', 'params: expected values, got none')
  return groups.decoded({
    device,
    isBacklog: report === 'history',
    replies: replyTo(`${topic}/reply`, id, (known) => ({ id: known, code: 200, msg: 'success' })),
  })
}
