// SenML packs in JSON (RFC 8428). The base name is the device, the name the metric; where one text holds both, its last part is the
// metric; where none names a device, the topic does. Units are the device type's affair.

import type { Millis } from '../core/position.ts'
import type { Decode, Refusal } from '../core/messages/reading.ts'
import { parseList } from './json-payload.ts'
import { shown } from './json-values.ts'
import { nameOf } from './network-name.ts'
import { createReadingGroups } from './reading-groups.ts'
import { refusal, refused } from './refusal.ts'
import { createSenmlResolver } from './senml-record.ts'
import type { SenmlRecord } from './senml-record.ts'
import { parseTimestamp } from './timestamp.ts'

/** RFC 8428 section 4.5.3: times below it are relative to now. */
const RELATIVE_SECONDS = 2 ** 28

export const decodeSenml: Decode = (payload, { topic, receivedAt }) => {
  const parsed = parseList(payload)
  if ('code' in parsed) return { kind: 'refused', refusal: parsed }
  const resolve = createSenmlResolver()
  const groups = createReadingGroups()
  const topicDevice = deviceOfTopic(topic)
  const bases = new Set<string>()
  for (const [index, item] of parsed.list.entries()) {
    const resolved = resolve(item)
    if (resolved.kind === 'base') continue
    if (resolved.kind === 'pack_refused')
      return refused(resolved.refusal.code, `[${index}]: ${resolved.refusal.detail}`)
    if (resolved.kind === 'record_refused') {
      groups.refuse(at(index, resolved.refusal))
      continue
    }
    const { record } = resolved
    const { device, metric } = namesOf(record, topicDevice)
    const time = timeOf(record.time, receivedAt)
    if ('code' in time) groups.refuse(at(index, time), device)
    else if (device === null)
      groups.refuse(
        at(
          index,
          refusal(
            'wrong_shape',
            `expected a base name that is a device, got ${shown(record.baseName)}`,
          ),
        ),
      )
    else {
      bases.add(device)
      const point = { device, ...time }
      if (record.value !== null) groups.add({ ...point, name: metric, value: record.value })
      if (record.sum !== null) groups.add({ ...point, name: `${metric}_sum`, value: record.sum })
    }
  }
  if (groups.isEmpty) return refused('empty', 'expected records with values, got none')
  const [only] = bases
  return groups.decoded({
    device: null,
    deviceAlso: bases.size === 1 && only !== undefined ? lastPartOfUrn(only) : [],
  })
}

/** `isBacklog`: a relative time is reckoned from our clock and says nothing about the device's. */
function timeOf(
  seconds: number,
  receivedAt: Millis,
): { readonly ts: Millis | null; readonly isBacklog?: boolean } | Refusal {
  const ms = Math.round(seconds * 1000)
  if (ms === 0) return { ts: null }
  if (Math.abs(seconds) < RELATIVE_SECONDS) return { ts: receivedAt + ms, isBacklog: true }
  return typeof parseTimestamp(ms) === 'number'
    ? { ts: ms }
    : refusal('bad_timestamp', `t: expected seconds of a year from 2000 to 2100, got ${seconds}`)
}

function namesOf(
  { baseName, name }: SenmlRecord,
  topicDevice: string | null,
): { readonly device: string | null; readonly metric: string } {
  if (baseName !== '' && name !== '')
    return { device: nameOf(baseName.replace(/[:/._-]$/, '')), metric: name }
  const full = baseName + name
  const cut = Math.max(full.lastIndexOf(':'), full.lastIndexOf('/'))
  return cut < 0
    ? { device: topicDevice, metric: full }
    : { device: nameOf(full.slice(0, cut)), metric: full.slice(cut + 1) }
}

/** `senml/{device}` or `senml/{device}/up`. */
function deviceOfTopic(topic: string): string | null {
  const levels = topic.split('/')
  if (levels.at(-1) === 'up') levels.pop()
  return levels.length > 1 ? nameOf(levels.at(-1)) : null
}

/** A device URN (RFC 9039) ends in what is printed on the device: a MAC, a serial number, an IMEI. */
function lastPartOfUrn(device: string): readonly string[] {
  const last = /^urn:.*[:/]([^:/]+)$/i.exec(device)?.[1]
  return last === undefined ? [] : [last]
}

function at(index: number, what: Refusal): Refusal {
  return refusal(what.code, `[${index}]: ${what.detail}`)
}
