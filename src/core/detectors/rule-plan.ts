// A rule of values compiled: the conditions of its editions, and the operands that remember. Those see every sample exactly once,
// whichever edition is in force and however often a condition asks: the first day of an edition finds its memories full.

import type { DeviceState, Slot } from '../device-state.ts'
import { startOfEdition } from './editions.ts'
import type { MemoryPlan } from './memory.ts'
import type { Millis } from '../position.ts'
import type { Condition, Operand, Standard } from '../rule.ts'
import { compileCondition } from './condition.ts'
import type { CompiledCondition, Measured, RuleParts } from './condition.ts'
import type { Leaf, RuleContext, Sample } from './detector.ts'
import type { CompiledLimit } from './limit.ts'
import { compileOperand } from './operands/index.ts'
import type { Measure } from './operands/measure.ts'

/** Editions of one rule; a slot keeps a bit for each. */
const EDITIONS_MAX = 16

export interface RulePlan {
  readonly leaves: readonly Leaf[]
  /** One per leaf. */
  readonly limits: readonly (CompiledLimit | null)[]
  readonly memories: readonly MemoryPlan[]
  /** The first is the rule as it was written. */
  readonly editions: readonly [CompiledEdition, ...CompiledEdition[]]
  /** Lets the memories see a sample, before a condition is asked about it; null where there are none. */
  readonly take: ((sample: Sample, state: DeviceState, slot: Slot) => void) | null
  /** Lets the memories that go on see a sample to which the rule does not apply. */
  remember(sample: Sample, state: DeviceState, slot: Slot): void
  editionAt(at: Millis): CompiledEdition
}

export interface CompiledEdition extends CompiledCondition {
  readonly bit: number
  readonly from: Millis
  /** Only readings with one of these are about the rule; null when any may be. */
  readonly about: readonly number[] | null
  /** Everything it compares holds until it is reported again. */
  readonly holds: boolean
}

/** Throws RangeError on a rule with a mistake. */
export function compileRule(context: RuleContext): RulePlan {
  const { rule, metrics, indexOf, localTime } = context
  const leaves: Leaf[] = []
  const limits: (CompiledLimit | null)[] = []
  const memories: MemoryPlan[] = []
  const known = new Map<string, Measured>()
  /** Operands that remember, and what they said of the sample at hand. */
  const remembering: Measure[] = []
  const said: number[] = []
  /** Metrics and operands that the condition being compiled is made of. */
  let touched = new Set<number>()
  let used = new Set<Measure>()

  function indexFor(id: string): number {
    const index = indexOf.get(id)
    if (index === undefined)
      throw new RangeError(
        `Cannot compile rule ${rule.id}: expected a metric of the type, got "${id}"`,
      )
    touched.add(index)
    return index
  }

  function measureFor(of: Operand): Measured {
    const key = JSON.stringify(of)
    let found = known.get(key)
    if (found === undefined) {
      const measure = compileOperand(of, {
        metrics,
        indexFor,
        localTime,
        gapMs: (state) =>
          rule.gapSeconds === undefined ? 3 * state.reportMs : rule.gapSeconds * 1000,
        memoryIndex: memories.length,
      })
      if (measure.memory === null) found = { measure, read: measure.read }
      else {
        memories.push(measure.memory)
        const place = remembering.push(measure) - 1
        said.push(Number.NaN)
        found = { measure, read: () => said[place] ?? Number.NaN }
      }
      known.set(key, found)
    }
    for (const index of found.measure.indexes) touched.add(index)
    used.add(found.measure)
    return found
  }

  const isHeld = (index: number): boolean => metrics[index]?.onChange === true
  const parts: RuleParts = { ruleId: rule.id, leaves, limits, indexFor, measureFor }

  function compileEdition(
    condition: Condition,
    standard: Standard,
    bit: number,
    from: Millis,
  ): CompiledEdition {
    touched = new Set()
    used = new Set()
    const compiled = compileCondition(condition, standard, parts)
    const compared = new Set([...used].flatMap(({ indexes }) => indexes))
    // What is remembered moves on with time, also where the metric itself holds.
    const moves = [...used].some(({ memory }) => memory !== null)
    return {
      ...compiled,
      bit,
      from,
      about: !moves && [...compared].some(isHeld) ? [...touched] : null,
      holds: !moves && [...compared].every(isHeld),
    }
  }

  const { editions: later = [] } = rule
  if (later.length >= EDITIONS_MAX)
    throw new RangeError(
      `Cannot compile rule ${rule.id}: expected fewer than ${EDITIONS_MAX} editions, got ${later.length}`,
    )
  const first = compileEdition(rule.when, rule.standard, 1, Number.NEGATIVE_INFINITY)
  const editions: [CompiledEdition, ...CompiledEdition[]] = [first]
  let when = rule.when
  later.forEach((edition, n) => {
    const from = startOfEdition(edition, localTime)
    if (!(from > (editions.at(-1)?.from ?? from)))
      throw new RangeError(
        `Cannot compile rule ${rule.id}: expected editions in the order of their dates, got ${edition.from}`,
      )
    when = edition.when ?? when
    editions.push(compileEdition(when, edition.standard, 2 << n, from))
  })

  const lasting = remembering.filter(({ memory }) => memory?.isLasting === true)
  return {
    leaves,
    limits,
    memories,
    editions,
    take: remembering.length === 0 ? null : take,
    remember(sample, state, slot) {
      for (const measure of lasting) measure.read(sample, state, slot)
    },
    editionAt(at) {
      let found: CompiledEdition = first
      for (let i = 1; i < editions.length; i++) {
        const edition = editions[i]
        if (edition === undefined || at < edition.from) break
        found = edition
      }
      return found
    },
  }

  function take(sample: Sample, state: DeviceState, slot: Slot): void {
    for (let i = 0; i < remembering.length; i++)
      said[i] = remembering[i]?.read(sample, state, slot) ?? Number.NaN
  }
}
