// What an outage of the database must not do to anybody: the expectations of the bench and of the system test.

import type { OutageResult } from './outage-run.ts'
import { mean, slopePerMinute, type Sample } from './soak-samples.ts'

export interface Expectation {
  readonly what: string
  readonly got: unknown
  readonly ok: boolean
}

export interface MemoryFigures {
  readonly rssWarmMiB: number
  readonly rssEndMiB: number
  readonly rssMostMiB: number
  readonly slopeMiBPerMinute: number
  readonly heapLeastWarmMiB: number
  readonly heapLeastEndMiB: number
}

const ALERT_MAX_MS = 1_000
/** As in the soak: V8 gives back and takes again this much in three threads. */
const RSS_GROWTH_MAX_MIB = 150
const HEAP_GROWTH_MAX_MIB = 25
const WARM_UP_SHARE = 0.4

/** The last part of the run against the part after the warm-up. */
export function memoryOf(samples: readonly Sample[]): MemoryFigures {
  const end = samples.at(-1)?.second ?? 0
  const warm = samples.filter(({ second }) => second >= end * WARM_UP_SHARE)
  const quarter = Math.max(1, Math.floor(warm.length / 4))
  const [first, last] = [warm.slice(0, quarter), warm.slice(-quarter)]
  const least = (some: readonly Sample[]) => Math.min(...some.map(({ heapMiB }) => heapMiB))
  return {
    rssWarmMiB: mean(first.map(({ rssMiB }) => rssMiB)),
    rssEndMiB: mean(last.map(({ rssMiB }) => rssMiB)),
    rssMostMiB: Math.max(...samples.map(({ rssMiB }) => rssMiB)),
    slopeMiBPerMinute: slopePerMinute(warm),
    heapLeastWarmMiB: least(first),
    heapLeastEndMiB: least(last),
  }
}

export function outageExpectations(result: OutageResult): Expectation[] {
  const { pipeline, bad, alertMs } = result
  const memory = memoryOf(result.memory.samples)
  const slowest = Math.max(0, ...alertMs.outage)
  const rssGrowth = memory.rssEndMiB - memory.rssWarmMiB
  const heapGrowth = memory.heapLeastEndMiB - memory.heapLeastWarmMiB
  return [
    expectation('every reading sent is acknowledged', result.unacknowledged, (left) => left === 0),
    expectation('no connection is broken', result.connectionsBroken, (broken) => broken === 0),
    expectation('InfluxDB has every acknowledged reading', result.missing, (lost) => lost === 0),
    expectation('InfluxDB has nothing twice and nothing else', result.foreign, (no) => no === 0),
    expectation(
      `the pipeline counts ${result.expectedStored} readings as stored`,
      pipeline.stored,
      (stored) => stored === result.expectedStored,
    ),
    expectation('it counts none as a duplicate', pipeline.duplicate, (count) => count === 0),
    expectation(
      'the accounting holds at every look',
      result.unaccountedMost,
      (most) => most === 0 && pipeline.holds,
    ),
    expectation('nothing is pending in the end', pipeline.pending, (pending) => pending === 0),
    expectation(
      `the ${bad.sent} bad readings are in quarantine`,
      bad.quarantined,
      (count) => count === bad.sent && pipeline.quarantined === bad.sent,
    ),
    expectation(
      'quarantine says what InfluxDB said',
      bad.details,
      (details) => details.length > 0 && details.every((one) => one.includes('type conflict')),
    ),
    expectation(
      `alerts are on the stream within ${ALERT_MAX_MS} ms all the time`,
      { slowestMs: Math.round(slowest), probes: alertMs.outage.length },
      () => alertMs.outage.length > 0 && slowest <= ALERT_MAX_MS,
    ),
    expectation(
      'the pipeline page says that the store is away, and then that it is ready',
      { away: result.states, end: result.endState },
      () => result.states.includes('unreachable') && result.endState === 'ready',
    ),
    expectation(
      `RSS grows by at most ${RSS_GROWTH_MAX_MIB} MiB after the warm-up`,
      Math.round(rssGrowth),
      (growth) => growth <= RSS_GROWTH_MAX_MIB,
    ),
    expectation(
      `the least heap grows by at most ${HEAP_GROWTH_MAX_MIB} MiB after the warm-up`,
      Math.round(heapGrowth),
      (growth) => growth <= HEAP_GROWTH_MAX_MIB,
    ),
  ]
}

function expectation<T>(what: string, got: T, holds: (got: T) => boolean): Expectation {
  return { what, got, ok: holds(got) }
}
