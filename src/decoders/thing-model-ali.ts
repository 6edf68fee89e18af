// Alibaba Cloud's dialect: `/sys/{product}/{device}/thing/...`. A gateway may report for its sub-devices in one pack. Raw reports are
// the vendor's bytes; everything else about the device holds no readings.

import type { Decode } from '../core/messages/reading.ts'
import { parseFields } from './json-payload.ts'
import { fieldsOf, isFields, shown } from './json-values.ts'
import { nameOf } from './network-name.ts'
import { decodeRawReport } from './raw-report.ts'
import { createReadingGroups } from './reading-groups.ts'
import type { ReadingGroups } from './reading-groups.ts'
import { refused, refusedOf, understood } from './refusal.ts'
import { addBlock, addEvent, addProperties, notFields } from './thing-properties.ts'
import { replyTo } from './thing-reply.ts'

const TOPIC = /^\/sys\/[^/]+\/([^/]+)\/thing\/(.+)$/
const REPORT = /^event\/(.+)\/post$/

export const decodeAliThing: Decode = (payload, { topic }) => {
  const [, deviceName, about] = TOPIC.exec(topic) ?? []
  const device = nameOf(deviceName)
  if (device === null || about === undefined)
    return refused('wrong_topic', `expected /sys/{product}/{device}/thing/..., got ${shown(topic)}`)
  if (about === 'model/up_raw') return decodeRawReport(device, payload)
  const report = REPORT.exec(about)?.[1]
  if (report === undefined) return understood(device)

  const parsed = parseFields(payload)
  if ('code' in parsed) return { kind: 'readings', device, readings: [], refused: [parsed] }
  const { fields } = parsed
  const groups = createReadingGroups()
  addReport(groups, device, report, fields['params'])
  if (groups.isEmpty) return refusedOf(device, 'empty', 'params: expected values, got none')
  const isAnswerWanted = fieldsOf(fields['sys'])['ack'] !== 0
  return groups.decoded({
    device,
    isBacklog: report === 'property/history',
    replies: isAnswerWanted
      ? replyTo(`${topic}_reply`, fields['id'], (id) => ({
          code: 200,
          data: {},
          id,
          message: 'success',
          method: `thing.event.${report.replaceAll('/', '.')}.post`,
          version: '1.0',
        }))
      : [],
  })
}

function addReport(groups: ReadingGroups, device: string, report: string, params: unknown): void {
  switch (report) {
    case 'property':
      addProperties(groups, device, params)
      return
    case 'property/pack':
    case 'property/batch':
    case 'property/history':
      for (const block of Array.isArray(params) ? params : [params])
        addBlocks(groups, device, block)
      return
    default:
      if (isFields(params))
        addEvent(groups, device, report, 'value' in params ? params : { value: params })
      else groups.refuse(notFields('params', params), device)
  }
}

/** A block of the gateway's own and those of its sub-devices, which must say whose they are. */
function addBlocks(groups: ReadingGroups, device: string, block: unknown): void {
  // Some gateways write history as {"time": ..., "value": {...}}.
  if (isFields(block) && isFields(block['value'])) addEvent(groups, device, '', block)
  else addBlock(groups, device, block)
  const subDevices = fieldsOf(block)['subDevices']
  if (Array.isArray(subDevices))
    for (const subDevice of subDevices) addBlock(groups, null, subDevice)
}
