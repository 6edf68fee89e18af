// How far rollups are, for whoever reads their windows: what is not told here as missing or stale says what the raw readings say.

import type { Millis } from '../../core/position.ts'
import type { RollupLevel } from '../../ports.ts'
import type { Span } from './local-windows.ts'

export interface RollupProgress {
  /** Every window of the level that ends up to here is kept. Later windows may be kept or not. */
  through(level: RollupLevel): Millis
  /**
   * Spans in which the level's kept windows of these devices (null: of any of the type) lack readings that came late; cut to
   * [from, to), in order, apart from each other. What lies beyond `through` is not told.
   */
  stale(
    level: RollupLevel,
    type: string,
    devices: readonly string[] | null,
    from: Millis,
    to: Millis,
  ): readonly Span[]
}
