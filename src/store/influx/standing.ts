// How writing to the server stands: the state that the pipeline page shows, and since when.

import type { Millis } from '../../core/position.ts'
import type { Clock, StoreState } from '../../ports.ts'
import { messageOf, troubleOf } from './errors.ts'

const DISTANT: ReadonlySet<StoreState['state']> = new Set([
  'starting',
  'unreachable',
  'unauthorized',
  'missing',
])

export interface Standing {
  state(server: string | null): StoreState
  /** Nothing has been heard of a server that would take us, so hearing it again is good news; any other trouble only a write can end. */
  readonly isDistant: boolean
  ready(): void
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

  return {
    state: (server) => ({ kind: 'influx', state, since, detail, server }),
    get isDistant() {
      return DISTANT.has(state)
    },
    ready: () => become('ready', null),
    trouble: (error) => become(troubleOf(error), messageOf(error)),
  }
}
