// What the crash test publishes: an endless stream per connection, each item of it a function of the seed and its number, so that
// nothing has to be kept to know what must be in the stores. Only the times are remembered, as a few numbers per round.

import { draw } from './generator.ts'

/** Numbers of a connection's stream that share the choice of faults. */
export const BLOCK = 200
const STEP_MS = 5
const OWN_FAULT_SHARE = 0.15
const CHILD_FAULT_SHARE = 0.15
const FAULT_READINGS = 4
/** Two normal readings before and after the fault. */
const CHILD_READINGS = FAULT_READINGS + 4
const LEAKAGE_MA = 41.5

export interface StoryReading {
  readonly device: string
  readonly ts: number
  readonly seq: number
  readonly m: { readonly voltage: number; readonly leakage_current: number }
}

/** Stream number `k` of one connection: mostly of its own lamp, now and then of a lamp behind it that is heard only once. */
export interface Stream {
  readonly index: number
  /** The connection's own lamp, which is also the gateway of the others. */
  readonly gateway: string
  reading(k: number): StoryReading
  timeOf(k: number): number
  /** From number `k` on, times continue at `ts` or behind the last one; only for numbers that were never published. */
  continueAt(k: number, ts: number): void
  /** The lamps behind it that speak in the blocks from `from` up to `to`, exclusive. */
  children(from: number, to: number): readonly string[]
}

export function createStream(seed: number, index: number): Stream {
  const gateway = `CR-L-${String(index).padStart(4, '0')}`
  const epochs: { readonly from: number; readonly ts: number }[] = []

  function timeOf(k: number): number {
    let at = epochs.length - 1
    while (at > 0 && (epochs[at]?.from ?? 0) > k) at--
    const epoch = epochs[at]
    if (epoch === undefined)
      throw new RangeError(`Cannot date reading ${k} of ${gateway}: no epoch`)
    return epoch.ts + (k - epoch.from) * STEP_MS
  }

  const childOf = (block: number) => `CR-C-${String(index).padStart(4, '0')}-${block}`
  const hasChild = (block: number) => draw(seed, index, block, 1) < CHILD_FAULT_SHARE
  const hasFault = (block: number) => draw(seed, index, block, 2) < OWN_FAULT_SHARE

  return {
    index,
    gateway,
    timeOf,
    reading(k) {
      const block = Math.floor(k / BLOCK)
      const offset = k % BLOCK
      const childFrom = Math.floor(draw(seed, index, block, 3) * (BLOCK - CHILD_READINGS))
      const isChild = hasChild(block) && offset >= childFrom && offset < childFrom + CHILD_READINGS
      const ownFrom = Math.floor(draw(seed, index, block, 4) * (BLOCK - FAULT_READINGS))
      const isFault = isChild
        ? offset >= childFrom + 2 && offset < childFrom + 2 + FAULT_READINGS
        : hasFault(block) && offset >= ownFrom && offset < ownFrom + FAULT_READINGS
      const noise = draw(seed, index, k, 5)
      return {
        device: isChild ? childOf(block) : gateway,
        ts: timeOf(k),
        seq: k,
        m: {
          voltage: Math.round((225 + noise * 10) * 10) / 10,
          leakage_current: isFault ? LEAKAGE_MA : Math.round(draw(seed, index, k, 6) * 50) / 10,
        },
      }
    },
    continueAt(k, ts) {
      const next = epochs.length === 0 ? ts : Math.max(ts, timeOf(k - 1) + STEP_MS)
      if (epochs.at(-1)?.from === k) epochs.pop()
      epochs.push({ from: k, ts: next })
    },
    children(from, to) {
      return Array.from({ length: to - from }, (_, at) => from + at)
        .filter(hasChild)
        .map(childOf)
    },
  }
}

export function lamp(id: string, parent: string | null) {
  return {
    id,
    type: 'streetlight',
    name: `崩溃测试 ${id}`,
    division: '150802',
    street: '胜利路',
    parent,
    lat: 40.75,
    lon: 107.39,
    rated: { power: 120 },
    simulated: true,
  }
}

export function topicOf(device: string): string {
  return `city/v1/150802/streetlight/${device}/up`
}

export function payloadOf(reading: StoryReading, padding: number): string {
  const { ts, seq, m } = reading
  return `${JSON.stringify({ v: 1, ts, seq, m })}${' '.repeat(padding)}`
}
