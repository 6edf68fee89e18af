// Files that SQLite cannot read any more: how they are told from other trouble, and where they are kept for whoever wants to mend them.

import { renameSync, rmSync } from 'node:fs'

/** SQLite's codes for a file that is damaged, or no database at all. */
const DAMAGED: readonly unknown[] = [11, 26]

export function isDamage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('errcode' in error && typeof error.errcode === 'number')
    return DAMAGED.includes(error.errcode & 0xff)
  return isDamage(error.cause)
}

/** Takes the closed file out of use, without its log, and returns its new path; one that was put aside before gives way. */
export function putAside(path: string): string {
  const aside = `${path}.damaged`
  renameSync(path, aside)
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
  return aside
}
