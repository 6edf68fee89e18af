import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { positionAt } from '../../../src/core/position.ts'
import { createPipeline } from '../../../src/pipeline/pipeline.ts'
import { createSnapshots, type StoredSnapshot } from '../../../src/pipeline/snapshots.ts'
import { deviceTypes } from '../../../devices/index.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hetao-snapshots-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function snapshotAt(sequence: number): StoredSnapshot {
  const pipeline = createPipeline({ types: deviceTypes, timeZone: 'Asia/Shanghai' }).snapshot()
  return {
    pipeline: { ...pipeline, position: positionAt(sequence) },
    telemetry: positionAt(sequence),
  }
}

describe('createSnapshots()', () => {
  it('reads back the newest and keeps two', () => {
    const snapshots = createSnapshots(directory)
    for (const sequence of [5, 9, 12]) snapshots.write(snapshotAt(sequence))
    expect(snapshots.newest().snapshot).toEqual(JSON.parse(JSON.stringify(snapshotAt(12))))
    expect(readdirSync(directory)).toHaveLength(2)
  })

  it('passes over a damaged one and says why', () => {
    const snapshots = createSnapshots(directory)
    snapshots.write(snapshotAt(5))
    snapshots.write(snapshotAt(9))
    const newest = join(directory, readdirSync(directory).sort().at(-1) ?? '')
    const bytes = readFileSync(newest)
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1
    writeFileSync(newest, bytes)
    const { snapshot, problems } = snapshots.newest()
    expect(snapshot?.pipeline.position).toBe(positionAt(5))
    expect(problems[0]).toContain('checksum')
  })

  it('ignores a file that was never finished', () => {
    const snapshots = createSnapshots(directory)
    writeFileSync(join(directory, '0000000000000007.snapshot.part'), 'half')
    expect(snapshots.newest()).toEqual({ snapshot: null, problems: [] })
  })

  it('removes what a process killed while writing has left', () => {
    writeFileSync(join(directory, '0000000000000007.snapshot.part'), 'half')
    createSnapshots(directory)
    expect(readdirSync(directory)).toEqual([])
  })

  it('refuses a newer format instead of starting anew', () => {
    const snapshots = createSnapshots(directory)
    writeFileSync(
      join(directory, '0000000000000007.snapshot'),
      '{"format":99,"bytes":2,"sha256":""}\n{}',
    )
    expect(() => snapshots.newest()).toThrow(/newer version/)
  })
})
