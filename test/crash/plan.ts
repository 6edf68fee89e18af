// What happens in a round, drawn from the seed and the round's number alone: so a round can be looked up and done again.

import { friendly, type BehaviourPatch } from '../../simulators/case-system/behaviour.ts'
import { draw, generator, shuffled } from './generator.ts'

export const faultKinds = [
  /** kill -9 at a random moment under load. */
  'kill',
  /** The same, and several times again while it recovers. */
  'recovery',
  /** The moment a new journal segment, or its temporary name, appears. */
  'rotation',
  /** The moment a snapshot, or its temporary name, appears. */
  'snapshot',
  /** The journal's disk is full, for a while or until the kill. */
  'full',
  /** Each write takes only some bytes. */
  'short',
  /** fdatasync fails. */
  'sync-error',
  /** A write or a sync takes long; killed meanwhile or afterwards. */
  'stall',
  /** Killed while records are not synced; the tail of the segment is torn. */
  'torn',
  /** The same with bits turned in what was not synced. */
  'flip',
  /** Power cut: whatever the journal had not synced is gone. */
  'power',
  /** A small file system of its own is really full; needs root and mount. */
  'disk',
] as const
export type FaultKind = (typeof faultKinds)[number]

export interface RoundPlan {
  readonly round: number
  readonly kind: FaultKind
  readonly disk: 'real' | 'faulty'
  /** Kills during the recovery that follows. */
  readonly recoveryKills: number
  /** Bytes of a record that was never finished are added behind the last segment after the kill. */
  readonly partialFrame: boolean
  readonly cases: BehaviourPatch
  readonly random: () => number
}

/** Every full filesystem costs some seconds, so only one deck in so many holds it after the first. */
const DISK_EVERY = 4

export function planOf(
  seed: number,
  round: number,
  kinds: readonly FaultKind[] = faultKinds,
): RoundPlan {
  // Dealt like cards: every so many rounds hold every kind once, in an order of their own.
  const deck = Math.floor((round - 1) / kinds.length)
  const dealt = shuffled(kinds, generator(Math.floor(draw(seed, deck, 11) * 2 ** 32)))
  const card = dealt[(round - 1) % kinds.length] ?? 'kill'
  const kind = card === 'disk' && deck % DISK_EVERY !== 0 ? 'kill' : card
  const random = generator(Math.floor(draw(seed, round, 12) * 2 ** 32))
  const recoveryKills = kind === 'recovery' ? 2 + Math.floor(random() * 3) : random() < 0.15 ? 1 : 0
  return {
    round,
    kind,
    disk: usesFaultyDisk(kind) ? 'faulty' : 'real',
    recoveryKills,
    partialFrame: random() < 0.2,
    cases: behaviourOf(random),
    random,
  }
}

function usesFaultyDisk(kind: FaultKind): boolean {
  switch (kind) {
    case 'full':
    case 'short':
    case 'sync-error':
    case 'stall':
    case 'torn':
    case 'flip':
    case 'power':
      return true
    case 'kill':
    case 'recovery':
    case 'rotation':
    case 'snapshot':
    case 'disk':
      return false
  }
}

/** Case system down, slow, failing, silent after acceptance, answering twice, or well. */
function behaviourOf(random: () => number): BehaviourPatch {
  const dice = random()
  if (dice < 0.15) return { ...friendly, down: true }
  if (dice < 0.35) return { ...friendly, delayMs: 50 + Math.floor(random() * 1_500) }
  if (dice < 0.5) return { ...friendly, dropShare: 0.7 }
  if (dice < 0.65) return { ...friendly, duplicateAnswerShare: 1, duplicateEventShare: 1 }
  if (dice < 0.8) return { ...friendly, failShare: 0.5 }
  return friendly
}
