// Gathers values that come one by one, each with its own device and time, into readings: one for each device and moment, the devices
// in the order of the message, the times of each from old to new.

import type { Millis } from '../core/position.ts'
import type { Decoded, RawReading, Refusal, Reply } from '../core/messages/reading.ts'
import { METRICS_MAX, READINGS_MAX, isReach } from './json-payload.ts'
import { shown } from './json-values.ts'
import { refusal, refused } from './refusal.ts'

export interface Point {
  readonly device: string | null
  readonly ts: Millis | null
  readonly name: string
  readonly value: unknown
  /** The time says nothing about the device's clock. */
  readonly isBacklog?: boolean
}

export interface ReadingGroups {
  readonly isEmpty: boolean
  /** Of two values with one name, device and time the later counts, as in the stores. */
  add(point: Point): void
  refuse(refusal: Refusal, device?: string | null): void
  /** `device` speaks for the points without one; `isBacklog`: all of it was kept back and sent later. */
  decoded(of: {
    readonly device: string | null
    readonly deviceAlso?: readonly string[]
    readonly replies?: readonly Reply[]
    readonly isBacklog?: boolean
  }): Decoded
}

interface Group {
  readonly ts: Millis | null
  readonly metrics: Map<string, unknown>
  isBacklog: boolean
}

const NAME_MAX = 128

export function createReadingGroups(): ReadingGroups {
  const devices = new Map<string | null, Map<Millis | null, Group>>()
  const refusals: Refusal[] = []
  let count = 0

  function groupOf(device: string | null, ts: Millis | null): Group {
    const times = devices.get(device) ?? new Map<Millis | null, Group>()
    devices.set(device, times)
    const known = times.get(ts)
    if (known !== undefined) return known
    const group: Group = { ts, metrics: new Map(), isBacklog: false }
    times.set(ts, group)
    count++
    return group
  }

  return {
    get isEmpty() {
      return count === 0 && refusals.length === 0
    },

    add({ device, ts, name, value, isBacklog = false }) {
      if (name === '' || name.length > NAME_MAX || isReach(name)) {
        this.refuse(
          refusal('wrong_shape', `expected the name of a value, got ${shown(name)}`),
          device,
        )
        return
      }
      const group = groupOf(device, ts)
      group.metrics.set(name, value)
      group.isBacklog ||= isBacklog
    },

    refuse(what, device = null) {
      refusals.push(device === null ? what : { ...what, device })
    },

    decoded({ device, deviceAlso = [], replies = [], isBacklog = false }) {
      const total = count + refusals.length
      if (total > READINGS_MAX)
        return refused(
          'too_many_readings',
          `expected at most ${READINGS_MAX} readings, got ${total}`,
        )
      // One device throughout: the message speaks of it, and not each reading for itself.
      const [only] = devices.keys()
      const isOnly = device === null && devices.size === 1 && typeof only === 'string'
      const speaksOf = isOnly ? only : device
      const readings: RawReading[] = []
      const refusedToo: Refusal[] = []
      for (const [own, times] of devices) {
        const mark = own === null || own === speaksOf ? {} : { device: own }
        const isBatch = isBacklog || [...times.keys()].filter((ts) => ts !== null).length > 1
        for (const group of [...times.values()].sort(byTime))
          if (group.metrics.size > METRICS_MAX)
            refusedToo.push({
              ...refusal(
                'wrong_shape',
                `expected at most ${METRICS_MAX} metrics, got ${group.metrics.size}`,
              ),
              ...mark,
            })
          else
            readings.push({
              ts: group.ts,
              seq: null,
              metrics: Object.fromEntries(group.metrics),
              ...mark,
              ...(isBatch || group.isBacklog ? { isBacklog: true } : {}),
            })
      }
      return {
        kind: 'readings',
        device: speaksOf,
        ...(deviceAlso.length > 0 && speaksOf !== null ? { deviceAlso } : {}),
        readings,
        refused: [...refusals, ...refusedToo],
        ...(replies.length > 0 ? { replies } : {}),
      }
    },
  }
}

/** Without a time the receive time counts: the newest. */
function byTime(a: Group, b: Group): number {
  return (a.ts ?? Number.POSITIVE_INFINITY) - (b.ts ?? Number.POSITIVE_INFINITY) || 0
}
