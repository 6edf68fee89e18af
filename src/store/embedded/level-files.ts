// Which files of a type and level there are, as the file system tells.

import { readdirSync } from 'node:fs'
import type { TelemetryLevel } from '../../ports.ts'
import { fileSpanOf, levelFolder, type FileSpan } from './layout.ts'

/** In order of time; none when the folder does not exist. */
export function levelFiles(
  directory: string,
  level: TelemetryLevel,
  type: string,
): readonly FileSpan[] {
  return namesIn(levelFolder(directory, level, type))
    .map((name) => fileSpanOf(level, name))
    .filter((span) => span !== null)
    .sort((a, b) => a.from - b.from)
}

/** The names in a folder, none when there is no such folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  }
}
