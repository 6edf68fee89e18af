// What the books say after a part, or its beginning, has been sent. A refused reading was counted as if it would be stored: that is
// taken back, and where it would have made a row, the next reading of that row has made it instead.

import type { Position } from '../../core/position.ts'
import type { CountedAs, Settled } from './ledger.ts'
import type { Planned } from './part-plan.ts'

/** `items` are all of the part up to `through`; `isOrphaned` says of earlier ones what this has said in `orphaned`. */
export function settlementOf(
  items: readonly Planned[],
  isRefused: (index: number) => boolean,
  through: Position,
  isOrphaned: (key: string) => boolean,
): Settled {
  const corrected = { stored: 0, duplicate: 0, revised: 0, refused: 0 }
  const orphaned = new Set<string>()
  const adopted = new Set<string>()

  function takeBack(as: CountedAs): void {
    if (as === 'stored') corrected.stored--
    else corrected.duplicate--
    if (as === 'revised') corrected.revised--
  }

  function adopt(key: string): boolean {
    if (orphaned.delete(key)) return true
    if (adopted.has(key) || !isOrphaned(key)) return false
    adopted.add(key)
    return true
  }

  for (const [index, { key, as }] of items.entries())
    if (isRefused(index)) {
      takeBack(as)
      corrected.refused++
      if (as === 'stored') orphaned.add(key)
    } else if (as !== 'stored' && adopt(key)) {
      takeBack(as)
      corrected.stored++
    }
  return { through, corrected, orphaned: [...orphaned], adopted: [...adopted] }
}
