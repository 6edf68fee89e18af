// Snapshot files: the fold's state at one position, so that recovery reads only the journal's tail. A file is complete or not
// there: written aside, synced, then renamed.
//
//   {"format":1,"position":…,"bytes":…,"sha256":…}\n  body as JSON

import { createHash } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { sequenceOf, type Position } from '../core/position.ts'
import type { PipelineSnapshot } from './pipeline.ts'
import type { PastDevice } from './registry-past.ts'

const FORMAT = 1
const KEPT = 2

export interface StoredSnapshot {
  readonly pipeline: PipelineSnapshot
  /** The telemetry store held everything up to here; never after `pipeline.position`. */
  readonly telemetry: Position
  /** Which store that was. Absent in snapshots of versions that knew one only, the embedded one. */
  readonly telemetryStore?: string
  /** Readings that a former store keeps; null: not known before the present one has caught up. Absent: none. */
  readonly telemetryElsewhere?: number | null
  /** While the telemetry store is behind: the registry of the time between. Absent in snapshots of versions that had none. */
  readonly registryPast?: readonly PastDevice[]
}

export interface Snapshots {
  /** The newest complete snapshot, or null; what is damaged is passed over and told. */
  newest(): { readonly snapshot: StoredSnapshot | null; readonly problems: readonly string[] }
  write(snapshot: StoredSnapshot): void
}

export function createSnapshots(directory: string): Snapshots {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  // Left by a process that was killed while it wrote; each has a name of its own, so nothing else would ever remove them.
  for (const name of readdirSync(directory))
    if (/^\d{16}\.snapshot\.part$/.test(name)) rmSync(join(directory, name))

  function files(): string[] {
    return readdirSync(directory)
      .filter((name) => /^\d{16}\.snapshot$/.test(name))
      .sort()
      .reverse()
  }

  return {
    newest() {
      const problems: string[] = []
      for (const name of files()) {
        const read = readSnapshot(join(directory, name))
        if (typeof read !== 'string') return { snapshot: read, problems }
        problems.push(`${name}: ${read}`)
      }
      return { snapshot: null, problems }
    },
    write(snapshot) {
      const body = Buffer.from(JSON.stringify(snapshot))
      const header = { format: FORMAT, bytes: body.length, sha256: digest(body) }
      const name = `${String(sequenceOf(snapshot.pipeline.position)).padStart(16, '0')}.snapshot`
      const aside = join(directory, `${name}.part`)
      const file = openSync(aside, 'w', 0o600)
      try {
        writeSync(file, `${JSON.stringify(header)}\n`)
        writeAll(file, body)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(aside, join(directory, name))
      const folder = openSync(directory, 'r')
      fsyncSync(folder)
      closeSync(folder)
      for (const old of files().slice(KEPT)) rmSync(join(directory, old))
    },
  }
}

function readSnapshot(path: string): StoredSnapshot | string {
  const bytes = readFileSync(path)
  const end = bytes.indexOf(10)
  if (end < 0 || end > 1_000) return 'expected a header line, got none'
  const header = parseHeader(bytes.toString('utf8', 0, end))
  if (header === null) return 'expected a header with format, bytes and sha256'
  if (header.format > FORMAT)
    throw new Error(
      `Cannot read ${path}: expected snapshot format ${FORMAT} or older, got ${header.format}; it is from a newer version`,
    )
  const body = bytes.subarray(end + 1)
  if (body.length !== header.bytes) return `expected ${header.bytes} bytes, got ${body.length}`
  if (digest(body) !== header.sha256) return 'the checksum does not match'
  return JSON.parse(body.toString('utf8')) as StoredSnapshot
}

function parseHeader(text: string): { format: number; bytes: number; sha256: string } | null {
  try {
    const header = JSON.parse(text) as Record<string, unknown>
    const { format, bytes, sha256 } = header
    return typeof format === 'number' && typeof bytes === 'number' && typeof sha256 === 'string'
      ? { format, bytes, sha256 }
      : null
  } catch {
    return null
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
