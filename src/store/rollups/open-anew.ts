// Rollups are made from the readings, so a ledger that cannot be read keeps nobody from starting: it is put aside, and the windows are
// made again from what is kept.

import { existsSync } from 'node:fs'
import { isDamage, putAside } from '../sqlite/damage.ts'
import { openRollups, type Rollups, type RollupsOptions } from './rollups.ts'

/** Opens the rollups; over a damaged ledger anew, and tells. Rejects as `openRollups` does for any other reason. */
export async function openRollupsOrAnew(options: RollupsOptions): Promise<Rollups> {
  try {
    return await openRollups(options)
  } catch (error) {
    if (!isDamage(error) || !existsSync(options.file)) throw error
    const aside = putAside(options.file)
    options.onProblem?.(
      'rollups begin anew',
      `${error instanceof Error ? error.message : String(error)}; it is kept as ${aside}, and all windows are made again`,
    )
    return openRollups(options)
  }
}
