// Rollups are made from the readings, so a ledger that cannot be read keeps nobody from starting: it is put aside, and the windows are
// made again from what is kept.

import { existsSync, renameSync, rmSync } from 'node:fs'
import { openRollups, type Rollups, type RollupsOptions } from './rollups.ts'

/** SQLite's codes for a file that is damaged, or no database at all. */
const DAMAGED: readonly unknown[] = [11, 26]

/** Opens the rollups; over a damaged ledger anew, and tells. Rejects as `openRollups` does for any other reason. */
export async function openRollupsOrAnew(options: RollupsOptions): Promise<Rollups> {
  try {
    return await openRollups(options)
  } catch (error) {
    if (!isDamage(error) || !existsSync(options.file)) throw error
    const aside = `${options.file}.damaged`
    renameSync(options.file, aside)
    for (const suffix of ['-wal', '-shm']) rmSync(`${options.file}${suffix}`, { force: true })
    options.onProblem?.(
      'rollups begin anew',
      `${error instanceof Error ? error.message : String(error)}; it is kept as ${aside}, and all windows are made again`,
    )
    return openRollups(options)
  }
}

function isDamage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('errcode' in error && typeof error.errcode === 'number')
    return DAMAGED.includes(error.errcode & 0xff)
  return isDamage(error.cause)
}
