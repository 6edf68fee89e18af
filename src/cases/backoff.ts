// How long to wait before the next try: doubling, capped, and spread out so that waiting tickets do not come back all at once.

const FIRST_MS = 1_000
const CAP_MS = 300_000
const JITTER = 0.2

/** The wait after `tries` earlier waits, in whole milliseconds; `draw` is in [0, 1). At most 20 % above or below the step. */
export function backoffMs(tries: number, draw: number, capMs = CAP_MS): number {
  const stepMs = Math.min(capMs, FIRST_MS * 2 ** Math.min(tries, 30))
  return Math.round(stepMs * (1 - JITTER + 2 * JITTER * draw))
}
