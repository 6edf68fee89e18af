// What leaves a sewage plant, judged by hourly means against GB 18918-2002 class 1A or the plant's own permit: near the limit for two
// hours, over it for two, over it for three, or over twice the limit. The law judges daily means; these rules warn before.

import { proposal, unverified } from '../common-rules.ts'
import type { Condition, Limit, Operand, Rule } from '../../src/core/rule.ts'

interface Pollutant {
  readonly metric: string
  readonly zh: string
  readonly en: string
  /** Class 1A, mg/L. */
  readonly limit: number
  readonly deadband: number
}

const pollutants: readonly Pollutant[] = [
  { metric: 'cod', zh: 'COD', en: 'COD', limit: 50, deadband: 2 },
  { metric: 'tn', zh: '总氮', en: 'total nitrogen', limit: 15, deadband: 0.5 },
  { metric: 'tp', zh: '总磷', en: 'total phosphorus', limit: 0.5, deadband: 0.02 },
  { metric: 'ss', zh: '悬浮物', en: 'suspended solids', limit: 10, deadband: 0.5 },
]

const HOUR_SECONDS = 3600

function hourly(metric: string): Operand {
  return { mean: metric, seconds: HOUR_SECONDS }
}

/** Two hourly means in a row: an hour lies between their ends. */
const twoHours = { samples: 2, of: 2, seconds: HOUR_SECONDS } as const
const threeHours = { samples: 3, of: 3, seconds: 2 * HOUR_SECONDS } as const
const atOnce = { samples: 1, of: 1, seconds: 0 } as const

interface Step {
  readonly id: string
  readonly zh: string
  readonly en: string
  readonly severity: Rule['severity']
  readonly factor: number
  readonly confirm: Rule['confirm']
  readonly ticket: boolean
}

const steps: readonly Step[] = [
  {
    id: 'WARN',
    zh: '接近限值',
    en: 'near its limit',
    severity: 'P3',
    factor: 0.8,
    confirm: twoHours,
    ticket: false,
  },
  {
    id: 'OVER',
    zh: '超标',
    en: 'over its limit',
    severity: 'P2',
    factor: 1,
    confirm: twoHours,
    ticket: true,
  },
  // An hour after OVER, which has filed the ticket: this one reminds, and never files twice.
  {
    id: 'OVER_LONG',
    zh: '持续超标',
    en: 'over its limit for long',
    severity: 'P1',
    factor: 1,
    confirm: threeHours,
    ticket: false,
  },
  {
    id: 'DOUBLE',
    zh: '超标一倍',
    en: 'over twice its limit',
    severity: 'P1',
    factor: 2,
    confirm: atOnce,
    ticket: true,
  },
]

interface Judged {
  readonly metric: string
  readonly zh: string
  readonly en: string
  readonly deadband: number
  readonly text: Rule['text']
}

function ruleOf(one: Judged, step: Step, when: Condition): Rule {
  return {
    id: `${one.metric.toUpperCase()}_${step.id}`,
    name: { zh: `出水${one.zh}${step.zh}`, en: `Outlet: ${one.en} ${step.en}` },
    severity: step.severity,
    when,
    confirm: step.confirm,
    // One more mean below the limit: an hour after the first for minute data, the next value for hourly data.
    clear: { deadband: one.deadband, samples: 2, seconds: HOUR_SECONDS },
    // Monitors may send hourly means instead of minutes: three of them missing is a gap.
    gapSeconds: 3 * HOUR_SECONDS,
    ticket: step.ticket,
    text: { zh: `${one.text.zh}（${step.zh}）`, en: `${one.text.en} (${step.en})` },
    // The warning at 80 % is ours, the limits are the standard's.
    standard: step.id === 'WARN' ? proposal : unverified('GB 18918-2002'),
  }
}

function aboveLimit({ metric, zh, en, deadband }: Omit<Judged, 'text'>): Judged {
  const text = {
    zh: `出水${zh}小时均值 {value} {unit}，高于 {limit} {unit}`,
    en: `hourly mean of ${en} at the outlet {value} {unit}, above {limit} {unit}`,
  }
  return { metric, zh, en, deadband, text }
}

function pollutantRules(one: Pollutant): readonly Rule[] {
  const { metric } = one
  return steps.map((step) => {
    const { factor } = step
    const limit: Limit = { rated: `${metric}_limit`, factor, fallback: one.limit * factor }
    return ruleOf(aboveLimit(one), step, { kind: 'above', of: hourly(metric), limit })
  })
}

/** 5 mg/L, and 8 in water of 12 degrees and colder, where nitrification is slow; without a thermometer only the latter is judged. */
function ammoniaOver(factor: number): Condition {
  const of = hourly('nh3n')
  const warm: Limit = { rated: 'nh3n_limit', factor, fallback: 5 * factor }
  const cold: Limit = { rated: 'nh3n_limit_cold', factor, fallback: 8 * factor }
  return {
    kind: 'any',
    of: [
      {
        kind: 'all',
        of: [
          { kind: 'above', of, limit: warm },
          { kind: 'above', of: { metric: 'water_temp' }, limit: 12 },
        ],
      },
      { kind: 'above', of, limit: cold },
    ],
  }
}

const ammonia = aboveLimit({
  metric: 'nh3n',
  zh: '氨氮',
  en: 'ammonia nitrogen',
  deadband: 0.3,
})

const acidity: Judged = {
  metric: 'ph',
  zh: ' pH ',
  en: 'pH',
  deadband: 0.1,
  text: {
    zh: '出水 pH 小时均值 {value}，越过界限 {limit}，应在 6 至 9 之间',
    en: 'hourly mean of pH at the outlet {value}, beyond {limit}, 6 to 9 is allowed',
  },
}

const offRange: Condition = {
  kind: 'any',
  of: [
    { kind: 'below', of: hourly('ph'), limit: 6 },
    { kind: 'above', of: hourly('ph'), limit: 9 },
  ],
}

export const outletRules: readonly Rule[] = [
  ...pollutants.flatMap(pollutantRules),
  ...steps.map((step) => ruleOf(ammonia, step, ammoniaOver(step.factor))),
  // Neither a share nor a multiple of a pH means anything.
  ...steps.filter((step) => step.factor === 1).map((step) => ruleOf(acidity, step, offRange)),
]
