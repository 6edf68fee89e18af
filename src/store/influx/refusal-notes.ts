// What people are told of windows that the database refuses: writes go on meanwhile, so it is no state of the store, but it is there to
// be read for as long as it lasts.

import type { Millis } from '../../core/position.ts'
import type { Clock } from '../../ports.ts'

export interface RefusalNotes {
  /** `starts`: of the windows. True: nobody was told of it yet. */
  refused(measurement: string, start: Millis, reason: string): boolean
  /** The database has taken windows with these starts. */
  taken(measurement: string, starts: ReadonlySet<Millis>): void
  /** Null: there is nothing to say. */
  readonly text: string | null
}

/** What is refused is tried again each hour; what is not heard of again has been settled otherwise. */
const NEWS_MS = 3 * 3_600_000

export function createRefusalNotes(clock: Pick<Clock, 'now'>): RefusalNotes {
  const notes = new Map<string, { start: Millis; at: Millis; reason: string }>()

  function prune(): void {
    const since = clock.now() - NEWS_MS
    for (const [measurement, { at }] of notes) if (at < since) notes.delete(measurement)
  }

  return {
    refused(measurement, start, reason) {
      prune()
      const before = notes.get(measurement)
      notes.set(measurement, { start: before?.start ?? start, at: clock.now(), reason })
      return before === undefined
    },
    taken(measurement, starts) {
      const note = notes.get(measurement)
      if (note !== undefined && starts.has(note.start)) notes.delete(measurement)
    },
    get text() {
      prune()
      const [first] = notes.values()
      if (first === undefined) return null
      const measurements = [...notes.keys()]
      const named = measurements.slice(0, 3).join(', ')
      const more = measurements.length > 3 ? ` and ${measurements.length - 3} more` : ''
      return `The database refuses windows of ${named}${more}; charts are made from the readings there: ${first.reason}`
    },
  }
}
