// Keeps retention's borders in a small file, whole at every moment: written aside, synced and renamed. One that cannot be read is put aside.

import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { syncDirectory } from '../sqlite/make-durable.ts'
import type { LevelBorders, RetentionBorders, WantedBorder } from './retention-borders.ts'

const FORMAT = 1
const BYTES_MAX = 4 * 1024 * 1024

/** Null: there is none that can be read. */
export function readBorders(
  file: string,
  onProblem: (message: string, detail: string) => void,
): RetentionBorders | null {
  if (!existsSync(file)) return null
  try {
    const { size } = statSync(file)
    if (size > BYTES_MAX) throw new Error(`expected at most ${BYTES_MAX} bytes, got ${size}`)
    return bordersOf(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    const aside = `${file}.damaged`
    renameSync(file, aside)
    onProblem(
      'retention begins anew',
      `Cannot read ${file}, it is put aside as ${aside}: ${String(error)}`,
    )
    return null
  }
}

/** They are on the disk when it returns. */
export function writeBorders(file: string, { countedAt, levels }: RetentionBorders): void {
  const aside = `${file}.new`
  const text = JSON.stringify({ format: FORMAT, countedAt, levels: Object.fromEntries(levels) })
  const descriptor = openSync(aside, 'w', 0o600)
  try {
    writeFileSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(aside, file)
  syncDirectory(dirname(file))
}

function bordersOf(read: unknown): RetentionBorders {
  const { format, countedAt, levels } = fieldsOf(read)
  if (format !== FORMAT) throw new Error(`expected format ${FORMAT}, got ${String(format)}`)
  return {
    countedAt: countedAt === null ? null : numberOf(countedAt),
    levels: new Map(Object.entries(fieldsOf(levels)).map(([key, one]) => [key, levelOf(one)])),
  }
}

function levelOf(read: unknown): LevelBorders {
  const { acted, wanted } = fieldsOf(read)
  if (!Array.isArray(wanted)) throw new Error('expected a list of borders')
  return { acted: numberOf(acted), wanted: wanted.map(wantedOf) }
}

function wantedOf(read: unknown): WantedBorder {
  const { before, since, seen } = fieldsOf(read)
  return { before: numberOf(before), since: numberOf(since), seen: numberOf(seen) }
}

function fieldsOf(read: unknown): Readonly<Record<string, unknown>> {
  if (typeof read !== 'object' || read === null) throw new Error('expected an object')
  return Object.fromEntries(Object.entries(read))
}

function numberOf(read: unknown): number {
  if (typeof read === 'number' && Number.isFinite(read)) return read
  throw new Error(`expected a number, got ${String(read)}`)
}
