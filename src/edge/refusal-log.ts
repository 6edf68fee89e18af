// Log lines about what the door turns away, such that nobody can flood the log: the first refusal of its kind is written at once,
// those like it within the minute are counted, and the count follows at the end of the minute.

import type { Clock } from '../ports.ts'
import { createBrakedLog } from './log.ts'
import type { Log } from './log.ts'

export interface RefusalLog {
  /** Alike is what has the same message, reason, client, address and topic. */
  write(
    message: string,
    fields: {
      readonly reason: string
      readonly client: string | null
      readonly address: string | null
      readonly topic: string | null
      readonly detail: string
    },
  ): void
  /** Writes the counts of the minute that has begun. */
  close(): void
}

const WINDOW_MS = 60_000
/** More kinds than these in one minute share one count. */
const KINDS_MAX = 1_000
const SUMMARIES_MAX = 20

export function createRefusalLog(options: {
  readonly log: Log
  readonly clock: Clock
}): RefusalLog {
  const { log, clock } = options
  /** Braked for each reason apart: a flood of one must not hide the others. */
  const brakes = new Map<string, ReturnType<typeof createBrakedLog>>()
  let kinds = new Map<string, { message: string; fields: object; repeated: number }>()
  let others = 0
  let cancel: (() => void) | null = null

  function brakeFor(reason: string): ReturnType<typeof createBrakedLog> {
    const known = brakes.get(reason)
    if (known !== undefined) return known
    const made = createBrakedLog(log, clock)
    brakes.set(reason, made)
    return made
  }

  function flush(): void {
    cancel?.()
    cancel = null
    const repeated = [...kinds.values()]
      .filter((kind) => kind.repeated > 0)
      .sort((a, b) => b.repeated - a.repeated)
    const rest = repeated.slice(SUMMARIES_MAX)
    const alsoRefused = others + rest.reduce((sum, kind) => sum + kind.repeated, 0)
    kinds = new Map()
    others = 0
    const write = createBrakedLog(log, clock, SUMMARIES_MAX + 1)
    for (const { message, fields, repeated: count } of repeated.slice(0, SUMMARIES_MAX))
      write('warn', { ...fields, repeated: count, withinMs: WINDOW_MS }, message)
    if (alsoRefused > 0)
      write('warn', { repeated: alsoRefused, withinMs: WINDOW_MS }, 'more at the MQTT door')
  }

  return {
    write(message, fields) {
      const { reason, client, address, topic } = fields
      const kind = JSON.stringify([message, reason, client, address, topic])
      const known = kinds.get(kind)
      if (known !== undefined) {
        known.repeated++
        return
      }
      cancel ??= clock.after(WINDOW_MS, flush)
      if (kinds.size >= KINDS_MAX) {
        others++
        return
      }
      kinds.set(kind, { message, fields, repeated: 0 })
      brakeFor(reason)('warn', fields, message)
    },
    close: flush,
  }
}
