// Where a scenario is played: the product on one thread, or a running one over the network.

import type { Millis } from '../src/core/position.ts'
import type { Message } from './device-model.ts'
import type { Seen } from './matching.ts'

export interface Target {
  /** Registers the fleet and makes ready to publish. Rejects with a reason for people. */
  open(): Promise<void>
  /** Lets story time come to `at`; never goes back. */
  reach(at: Millis): Promise<void>
  publish(message: Message): void
  /** What the product made of it, once the story has come to its end. */
  outcome(): Promise<TargetOutcome>
  close(): Promise<void>
}

interface TargetOutcome {
  readonly seen: Seen
  /** Of what the product decided; over the network, of what was sent. */
  readonly hash: string
  readonly readings: number
}
