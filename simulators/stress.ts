// What is wrong with a device at one moment: the sum of the faults that act on it, as its physics and its radio feel them.

import type { Millis } from '../src/core/position.ts'

export interface Stress {
  /** The feeder's outgoing cable carries nothing. */
  readonly isCut: boolean
  readonly isLampBroken: boolean
  readonly leakageMa: number
  readonly isCoverOff: boolean
  readonly isDoorOpen: boolean
  readonly isFlooded: boolean
  readonly noiseDb: number
  readonly dustUgM3: number
  /** Sends nothing at all. */
  readonly isSilent: boolean
  /** Measures what it measured then. */
  readonly stuckSince: Millis | null
  /** Added to the device's own time stamps. */
  readonly clockSkewMs: number
  /** Every message is sent twice. */
  readonly isDoubled: boolean
  /** Payloads arrive damaged. */
  readonly isGarbled: boolean
}

export const noStress: Stress = {
  isCut: false,
  isLampBroken: false,
  leakageMa: 0,
  isCoverOff: false,
  isDoorOpen: false,
  isFlooded: false,
  noiseDb: 0,
  dustUgM3: 0,
  isSilent: false,
  stuckSince: null,
  clockSkewMs: 0,
  isDoubled: false,
  isGarbled: false,
}
