// Retention over a store in memory with a hundred days of readings, and the file it keeps its borders in.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import {
  parseRetention,
  type RetentionPolicy,
} from '../../../src/core/telemetry/retention-policy.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { RollupLevel, TelemetryLevel, TelemetryStore } from '../../../src/ports.ts'
import { createMemoryTelemetry } from '../../../src/store/memory/memory.ts'
import { createLocalWindows, type Span } from '../../../src/store/telemetry/local-windows.ts'
import { createRetention } from '../../../src/store/telemetry/retention.ts'
import { contractTypes, cover, lamp, reading, rowQuery } from '../../contracts/telemetry-store.ts'
import { joined } from './queries-model.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
const windowAt = createLocalWindows('Asia/Shanghai')
/** Noon in Shanghai; the local days begin at 16:00 UTC. */
export const NOW = Date.UTC(2026, 10, 22, 4)
export const midnightAgo = (days: number): number => NOW - 12 * HOUR - days * DAY

function policyOf(texts: Partial<Record<TelemetryLevel, string>>): RetentionPolicy {
  const level = (text = 'forever') => {
    const parsed = parseRetention(text)
    if (!parsed.ok) throw new Error(parsed.reason)
    return parsed.retention
  }
  return {
    raw: level(texts.raw),
    '1m': level(texts['1m']),
    '1h': level(texts['1h']),
    '1d': level(texts['1d']),
  }
}

/** Readings of a lamp and a cover, every six hours of a hundred days. */
export async function filled(): Promise<TelemetryStore> {
  const store = createMemoryTelemetry({ types: contractTypes })
  const steps = Array.from({ length: 400 }, (_, n) => NOW - n * 6 * HOUR)
  await store.write(
    steps.flatMap((ts) => [
      reading(1, ts, { power: 1 }),
      reading(1, ts, { tilt: 1 }, { device: 'C1', type: cover.id }),
    ]),
    positionAt(1),
    NOW,
  )
  return store
}

export async function oldest(store: TelemetryStore, type: string): Promise<number> {
  const query = rowQuery({ type, metrics: null, from: 0, to: NOW + DAY })
  const rows = (await Array.fromAsync(store.readings(query))).flat()
  return Math.min(...rows.map((row) => row.ts))
}

export interface Situation {
  policy: Partial<Record<TelemetryLevel, string>>
  through?: number
  stale?: readonly Span[]
  now?: () => number
  /** Default: a new one. */
  file?: string
  /** Default: what is wanted goes at once. */
  runsToAct?: number
  problems?: string[]
}

const directory = mkdtempSync(join(tmpdir(), 'hetao-retention-'))
let files = 0
afterAll(() => rmSync(directory, { recursive: true, force: true }))
export const newFile = (): string => join(directory, `${++files}.json`)

export function retentionOf(
  store: TelemetryStore,
  {
    policy,
    through = NOW,
    stale = [],
    now = () => NOW,
    file = newFile(),
    runsToAct = 1,
    problems = [],
  }: Situation,
) {
  return createRetention({
    store,
    file,
    runsToAct,
    onProblem: (message, detail) => problems.push(`${message}: ${detail}`),
    policy: policyOf(policy),
    types: contractTypes,
    windowAt,
    clock: { now },
    progress: {
      through: (level: RollupLevel) => windowAt(level, through).start,
      stale: (_level, type, _devices, from, to) =>
        type === lamp.id ? joined(stale, from, to) : [],
    },
  })
}
