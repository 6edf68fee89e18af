// How writing to the server stands: the state that the pipeline page shows, and since when.

import type { Millis } from '../../core/position.ts'
import type { Clock, StoreState } from '../../ports.ts'
import { troubleOf } from './errors.ts'
import { messageOf } from '../telemetry/error-message.ts'

const DISTANT: ReadonlySet<StoreState['state']> = new Set([
  'starting',
  'unreachable',
  'unauthorized',
  'missing',
])

/** Writes that take longer twice in a row are late ones, until one takes less than the other bound. */
const LATE_MS = 3_000
const PROMPT_MS = 1_500

export interface Standing {
  /** `note`: what is to be said while writes succeed. */
  state(server: string | null, note: string | null): StoreState
  /** Nothing has been heard of a server that would take us, so hearing it again is good news; any other trouble only a write can end. */
  readonly isDistant: boolean
  /** The server takes us. */
  ready(): void
  /** It has taken a write, in so much time. */
  wrote(tookMs: number): void
  trouble(error: unknown): void
}

export function createStanding(clock: Clock): Standing {
  let state: StoreState['state'] = 'starting'
  let since: Millis = clock.now()
  let detail: string | null = null

  function become(next: StoreState['state'], why: string | null): void {
    if (next !== state) since = clock.now()
    state = next
    detail = why
  }

  /** The last writes in a row that were late. */
  let late = 0

  return {
    state: (server, note) => ({ kind: 'influx', state, since, detail: detail ?? note, server }),
    get isDistant() {
      return DISTANT.has(state)
    },
    ready: () => become('ready', null),
    wrote(tookMs) {
      late = tookMs >= LATE_MS ? late + 1 : 0
      const isSlow = late > 1 || (state === 'slow' && tookMs >= PROMPT_MS)
      if (isSlow) become('slow', `The database took ${(tookMs / 1_000).toFixed(1)} s for a write`)
      else become('ready', null)
    },
    trouble: (error) => become(troubleOf(error), messageOf(error)),
  }
}
