// Tells folds what each device's counters stood at before the span, so that their first windows count from there.

import type { Millis } from '../../core/position.ts'
import type { WindowFolds } from './fold-windows.ts'
import type { LevelReads, Pass } from './level-reads.ts'
import { lookBack } from './look-back.ts'

export interface FillBefore {
  readonly reads: LevelReads
  readonly pass: Pass
  readonly from: Millis
  readonly metrics: readonly string[]
  /** Whether each metric, by place, is a counter; the others need nothing. */
  readonly counters: readonly boolean[]
  readonly folds: WindowFolds
  /** Each device's place among the folds. */
  readonly places: ReadonlyMap<string, number>
}

export async function fillBefore(options: FillBefore): Promise<void> {
  const { reads, pass, from, metrics, counters, folds, places } = options
  const at = metrics.flatMap((_, index) => (counters[index] === true ? [index] : []))
  await lookBack({
    reads,
    pass,
    from,
    metrics: at.map((index) => metrics[index] ?? ''),
    onLast(device, metric, value) {
      const fold = folds.fold(places.get(device) ?? 0).metrics[at[metric] ?? 0]
      if (fold !== undefined) fold.before = value
    },
  })
}
