// Spares a case system that is down: after some failures in a row only one delivery at a time asks whether it is back.

import type { Millis } from '../core/position.ts'

export interface Circuit {
  readonly state: 'closed' | 'open'
  /** When the next probe may start; null while closed. */
  readonly probeAt: Millis | null
  /** How many deliveries may run at `now`. */
  width(now: Millis, inFlight: number): number
  succeeded(): void
  /** `waitMs` gives the pause for a step (0, 1, ...); `probe`: the attempt began while the circuit was open. */
  failed(now: Millis, probe: boolean, waitMs: (step: number) => number): void
}

export function createCircuit(options: {
  readonly widthMax: number
  readonly failuresMax: number
}): Circuit {
  let failures = 0
  let step = 0
  let probeAt: Millis | null = null

  return {
    get state() {
      return probeAt === null ? 'closed' : 'open'
    },
    get probeAt() {
      return probeAt
    },
    width(now, inFlight) {
      if (probeAt === null) return options.widthMax
      return now >= probeAt && inFlight === 0 ? 1 : inFlight
    },
    succeeded() {
      failures = 0
      step = 0
      probeAt = null
    },
    failed(now, probe, waitMs) {
      failures += 1
      if (probeAt === null) {
        if (failures >= options.failuresMax) probeAt = now + waitMs(step)
      } else if (probe) {
        step += 1
        probeAt = now + waitMs(step)
      }
    },
  }
}
