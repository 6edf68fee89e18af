// Tencent Cloud's dialect: `$thing/up/{property|event}/{product}/{device}`. Reports and events are readings, raw reports the vendor's
// bytes; requests and answers hold none.

import type { Decode } from '../core/messages/reading.ts'
import { epochTime } from './device-time.ts'
import { parseFields } from './json-payload.ts'
import { isFields, isObject, shown } from './json-values.ts'
import type { Fields } from './json-values.ts'
import { nameOf } from './network-name.ts'
import { decodeRawReport } from './raw-report.ts'
import { createReadingGroups } from './reading-groups.ts'
import type { ReadingGroups } from './reading-groups.ts'
import { refused, refusedOf, understood } from './refusal.ts'
import { notFields } from './thing-properties.ts'
import { replyTo } from './thing-reply.ts'

const TOPIC = /^\$thing\/(up|down)\/([a-z]+)\/[^/]+\/([^/]+)$/

export const decodeTencentThing: Decode = (payload, { topic }) => {
  const [, direction, about, deviceName] = TOPIC.exec(topic) ?? []
  const device = nameOf(deviceName)
  if (device === null)
    return refused(
      'wrong_topic',
      `expected $thing/up/property/{product}/{device}, got ${shown(topic)}`,
    )
  if (direction === 'down') return understood(device)
  if (about === 'raw') return decodeRawReport(device, payload)
  if (about !== 'property' && about !== 'event') return understood(device)

  const parsed = parseFields(payload)
  if ('code' in parsed) return { kind: 'readings', device, readings: [], refused: [parsed] }
  const { fields } = parsed
  const method = fields['method'] ?? (about === 'property' ? 'report' : 'event_post')
  const reports = reportsOf(method, fields)
  if (reports === null) return understood(device)
  const groups = createReadingGroups()
  for (const report of reports) addReport(groups, device, report)
  if (groups.isEmpty) return refusedOf(device, 'empty', 'params: expected values, got none')
  return groups.decoded({
    device,
    replies: replyTo(topic.replace('/up/', '/down/'), fields['clientToken'], (clientToken) => ({
      method:
        method === 'report'
          ? 'report_reply'
          : method === 'events_post'
            ? 'events_reply'
            : 'event_reply',
      clientToken,
      code: 0,
      status: 'success',
    })),
  })
}

/** Each with its own time; null when the method reports nothing. */
function reportsOf(method: unknown, fields: Fields): readonly unknown[] | null {
  if (method === 'report' || method === 'event_post') return [fields]
  if (method !== 'events_post') return null
  const { events } = fields
  return Array.isArray(events) ? events : [events]
}

function addReport(groups: ReadingGroups, device: string, report: unknown): void {
  const params = isFields(report) ? (report['params'] ?? report['values']) : report
  if (!isFields(report) || !isFields(params)) {
    groups.refuse(notFields('params', params), device)
    return
  }
  // Seconds in the documentation, milliseconds in some of the vendor's SDKs.
  const ts = epochTime('timestamp', report['timestamp'])
  if (isObject(ts)) groups.refuse(ts, device)
  else for (const [name, value] of Object.entries(params)) groups.add({ device, ts, name, value })
}
