// The writing side of windows: files by level, device type and stretch of time, those in use kept open. The only writer of its files.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DeviceType } from '../../core/device-type.ts'
import type { Millis } from '../../core/position.ts'
import { rollupLevels, type RollupLevel, type WindowRow } from '../../ports.ts'
import { syncDirectory } from '../sqlite/make-durable.ts'
import {
  blockMsOf,
  filePath,
  fileSpanAt,
  fileSpanOf,
  levelFolder,
  type FileSpan,
} from './layout.ts'
import { namesIn } from './level-files.ts'
import { createOpenFiles } from './open-files.ts'
import { removeDatabase } from './remove-database.ts'
import { openWindowFile, type WindowFile } from './window-file.ts'
import type { WriteState } from './write-state.ts'

export interface WindowFiles {
  /** One transaction for each file. */
  put(level: RollupLevel, type: string, windows: readonly WindowRow[]): void
  sync(): void
  /** Removes the file that begins at `from` for good. */
  drop(level: RollupLevel, type: string, from: Millis): void
  /** What could not be synced. */
  close(): readonly unknown[]
}

export interface WindowFilesOptions {
  readonly directory: string
  readonly types: readonly DeviceType[]
  readonly state: WriteState
  /** Each type is written at three levels, around a file's end in two files each. */
  readonly openFilesMax: number
}

interface FileName {
  readonly level: RollupLevel
  readonly type: DeviceType
  readonly from: Millis
}

export function createWindowFiles(options: WindowFilesOptions): WindowFiles {
  const { directory, state } = options
  const typeOf = new Map(options.types.map((type) => [type.id, type]))
  const openFiles = createOpenFiles<{ name: FileName; file: WindowFile }>({
    max: options.openFilesMax,
    close(_path, { file }) {
      file.sync()
      file.close()
    },
  })

  /** With commits that may not be on the disk yet: closed after a failed write, or left behind by a killed process. */
  const unsynced = new Map<string, FileName>()
  for (const type of options.types)
    for (const level of rollupLevels)
      for (const name of leftBehind(directory, level, type)) unsynced.set(pathOf(name), name)

  function pathOf({ level, type, from }: FileName): string {
    return filePath(directory, level, type.id, from)
  }

  function openedFile(name: FileName): WindowFile {
    const path = pathOf(name)
    const opened = openFiles.get(path)
    if (opened !== undefined) return opened.file
    const isNew = !existsSync(path)
    const file = openWindowFile({ path, type: name.type, blockMs: blockMsOf(name.level) })
    unsynced.delete(path)
    openFiles.add(path, { name, file })
    if (isNew)
      for (const folder of [
        levelFolder(directory, name.level, name.type.id),
        join(directory, name.type.id),
        directory,
      ])
        syncDirectory(folder)
    return file
  }

  function discard(path: string): void {
    const opened = openFiles.get(path)
    if (opened === undefined) return
    openFiles.remove(path)
    unsynced.set(path, opened.name)
    opened.file.close()
  }

  return {
    put(level, typeId, windows) {
      const type = typeOf.get(typeId)
      if (type === undefined)
        throw new RangeError(`Cannot store windows: expected a known device type, got "${typeId}"`)
      for (const [from, group] of byFile(level, windows)) {
        const path = pathOf({ level, type, from })
        state.attempt(`${group.length} windows`, path, () => {
          try {
            openedFile({ level, type, from }).put(group)
          } catch (error) {
            discard(path)
            throw error
          }
        })
      }
    },
    sync() {
      for (const [path, name] of unsynced)
        if (existsSync(path))
          state.attemptSync(path, () => {
            openedFile(name)
          })
        else unsynced.delete(path)
      for (const [path, { file }] of openFiles.all)
        state.attemptSync(path, () => {
          file.sync()
        })
    },
    drop(level, typeId, from) {
      const path = filePath(directory, level, typeId, from)
      discard(path)
      unsynced.delete(path)
      removeDatabase(path)
      state.forget(path)
    },
    close() {
      const failures: unknown[] = []
      for (const [path, { file }] of openFiles.all) {
        try {
          file.sync()
        } catch (error) {
          failures.push(error)
        }
        file.close()
        openFiles.remove(path)
      }
      return failures
    },
  }
}

/** Files with a log beside them, which a clean end leaves none of. */
function leftBehind(directory: string, level: RollupLevel, type: DeviceType): readonly FileName[] {
  const suffix = '-wal'
  return namesIn(levelFolder(directory, level, type.id))
    .filter((name) => name.endsWith(suffix))
    .map((name) => fileSpanOf(level, name.slice(0, -suffix.length)))
    .filter((span) => span !== null)
    .map(({ from }) => ({ level, type, from }))
}

function byFile(
  level: RollupLevel,
  windows: readonly WindowRow[],
): ReadonlyMap<Millis, readonly WindowRow[]> {
  const groups = new Map<Millis, WindowRow[]>()
  let span: FileSpan = { from: 0, to: 0 }
  let group: WindowRow[] = []
  for (const window of windows) {
    if (!(window.start >= span.from && window.start < span.to)) {
      span = fileSpanAt(level, window.start)
      group = groups.get(span.from) ?? []
      groups.set(span.from, group)
    }
    group.push(window)
  }
  return groups
}
