// Registers that only grow (energy, water, bottles): what has gone through between two readings of one.

/** A register within this share of its end rolls over; beyond it stands near its beginning again. */
const NEAR = 0.1

/** Registers of fewer digits are not told apart from a reset. */
const REGISTER_MIN = 1_000

/**
 * What a counter has gained from `before` to the next reading `after`, never negative.
 *
 * A register that falls has rolled over when it stood in the last tenth of its digits and stands in the first tenth now: the gain goes
 * through its end (99,998 to 3 is 5). Any other fall is a meter that was replaced or reset: nobody knows what went through in
 * between, so nothing is counted, and counting goes on from `after`.
 */
export function counterStep(before: number, after: number): number {
  if (after >= before) return after - before
  // The values of readings are finite; a loop has an end whatever comes.
  if (!Number.isFinite(before)) return 0
  const register = registerOf(before)
  const isRollover =
    register >= REGISTER_MIN && before >= register * (1 - NEAR) && after <= register * NEAR
  return isRollover ? register - before + after : 0
}

/** The end of the smallest decimal register that can show the value. */
function registerOf(value: number): number {
  let register = 1
  while (register <= value) register *= 10
  return register
}
