// Water quality of a river against its target class, and the signs of black and odorous water.
//
// Rated values, all in the metric's unit; a metric is one of `do` (at least), `codmn`, `nh3n`, `tp` (at most):
// - `target_<metric>`: limit of the water's target class; class III when absent
// - `worse_<metric>`: limit of the class after it, beyond which the water is two classes off; class IV when absent, the one after
//   class III
// - `source_<metric>`: given in a source protection area only, where missing the target is urgent
// - `black_transparency`: transparency in cm below which the water counts as black; 25 when absent. Rivers full of silt get less.

import { unverified } from '../common-rules.ts'
import { rated } from '../metrics.ts'
import type { RatedValue, Text } from '../../src/core/device-type.ts'
import type { Condition, Rule } from '../../src/core/rule.ts'

interface Parameter {
  readonly metric: string
  readonly zh: string
  readonly en: string
  /** Oxygen must not fall below its limit, everything else must not rise above. */
  readonly kind: 'above' | 'below'
  readonly classIII: number
  readonly classIV: number
  readonly deadband: number
}

const parameters: readonly Parameter[] = [
  {
    metric: 'do',
    zh: '溶解氧',
    en: 'dissolved oxygen',
    kind: 'below',
    classIII: 5,
    classIV: 3,
    deadband: 0.3,
  },
  {
    metric: 'codmn',
    zh: '高锰酸盐指数',
    en: 'permanganate index',
    kind: 'above',
    classIII: 6,
    classIV: 10,
    deadband: 0.3,
  },
  {
    metric: 'nh3n',
    zh: '氨氮',
    en: 'ammonia nitrogen',
    kind: 'above',
    classIII: 1,
    classIV: 1.5,
    deadband: 0.05,
  },
  {
    metric: 'tp',
    zh: '总磷',
    en: 'total phosphorus',
    kind: 'above',
    classIII: 0.2,
    classIV: 0.3,
    deadband: 0.01,
  },
]

/** Analysers answer every four hours: two runs missing is a gap. */
export const QUALITY_GAP_SECONDS = 12 * 3600

const qualityRule = {
  confirm: { samples: 2, of: 2, seconds: 0 },
  gapSeconds: QUALITY_GAP_SECONDS,
  standard: unverified('GB 3838-2002'),
} as const satisfies Partial<Rule>

function classRules(one: Parameter): readonly Rule[] {
  const { metric, zh, en, kind, classIII, classIV } = one
  const name = metric.toUpperCase()
  const direction = kind === 'above' ? { zh: '高于', en: 'above' } : { zh: '低于', en: 'below' }
  const measured: Text = {
    zh: `${zh} {value} {unit}，${direction.zh} {limit} {unit}`,
    en: `${en} {value} {unit}, ${direction.en} {limit} {unit}`,
  }
  const beyond = (role: string, fallback: number | null): Condition => ({
    kind,
    of: { metric },
    limit: { rated: `${role}_${metric}`, factor: 1, fallback },
  })
  const clear = { deadband: one.deadband, samples: 2, seconds: 0 }
  return [
    {
      id: `${name}_ONE_CLASS`,
      name: { zh: `${zh}超目标类别`, en: `${capitalised(en)} off target` },
      severity: 'P3',
      when: beyond('target', classIII),
      clear,
      ticket: false,
      text: {
        zh: `${measured.zh}，未达目标水质类别`,
        en: `${measured.en}, the limit of the target class`,
      },
      ...qualityRule,
    },
    {
      id: `${name}_TWO_CLASSES`,
      name: { zh: `${zh}劣于目标两个类别`, en: `${capitalised(en)} two classes off` },
      severity: 'P2',
      when: beyond('worse', classIV),
      clear,
      ticket: true,
      text: {
        zh: `${measured.zh}，劣于目标水质两个类别`,
        en: `${measured.en}, two classes off the target`,
      },
      ...qualityRule,
    },
    {
      id: `${name}_SOURCE`,
      name: { zh: `水源地${zh}超标`, en: `${capitalised(en)} in a source area` },
      severity: 'P1',
      when: beyond('source', null),
      clear,
      ticket: true,
      text: {
        zh: `水源保护区${measured.zh}，影响供水安全`,
        en: `${measured.en} in a source protection area: drinking water is at risk`,
      },
      ...qualityRule,
    },
  ]
}

function ratedOf({ metric, zh, en, classIII, classIV }: Parameter): readonly RatedValue[] {
  return [
    rated(
      `target_${metric}`,
      {
        zh: `目标水质类别的${zh}限值（缺省 III 类 ${classIII}）`,
        en: `Target class, limit of ${en} (class III, ${classIII}, when absent)`,
      },
      'mg/L',
    ),
    rated(
      `worse_${metric}`,
      {
        zh: `目标之后一个类别的${zh}限值（缺省 IV 类 ${classIV}）`,
        en: `Class after the target, limit of ${en} (class IV, ${classIV}, when absent)`,
      },
      'mg/L',
    ),
    rated(
      `source_${metric}`,
      {
        zh: `水源保护区的${zh}限值（非水源地不填）`,
        en: `Source protection area, limit of ${en} (absent elsewhere)`,
      },
      'mg/L',
    ),
  ]
}

export const qualityRated: readonly RatedValue[] = [
  ...parameters.flatMap(ratedOf),
  rated(
    'black_transparency',
    {
      zh: '判定黑臭的透明度（缺省 25 cm）',
      en: 'Transparency below which water counts as black (25 cm when absent)',
    },
    'cm',
  ),
]

function blackWater(limits: {
  readonly transparency: {
    readonly rated: string
    readonly factor: number
    readonly fallback: number
  }
  readonly oxygen: number
  readonly redox: number
  readonly ammonia: number
}): Condition {
  return {
    kind: 'any',
    of: [
      { kind: 'below', of: { metric: 'do' }, limit: limits.oxygen },
      { kind: 'above', of: { metric: 'nh3n' }, limit: limits.ammonia },
      { kind: 'below', of: { metric: 'orp' }, limit: limits.redox },
      { kind: 'below', of: { metric: 'transparency' }, limit: limits.transparency },
    ],
  }
}

const blackRule = {
  severity: 'P2',
  ...qualityRule,
  // Four units, so no deadband; two good analyses in a row instead.
  clear: { deadband: 0, samples: 2, seconds: 0 },
  ticket: true,
  standard: unverified('grading of black and odorous urban water'),
} as const satisfies Partial<Rule>

export const qualityRules: readonly Rule[] = [
  ...parameters.flatMap(classRules),
  {
    id: 'PH_RANGE',
    name: { zh: 'pH 超范围', en: 'pH off range' },
    severity: 'P3',
    when: {
      kind: 'any',
      of: [
        { kind: 'below', of: { metric: 'ph' }, limit: 6 },
        { kind: 'above', of: { metric: 'ph' }, limit: 9 },
      ],
    },
    clear: { deadband: 0.1, samples: 2, seconds: 0 },
    ticket: false,
    text: {
      zh: 'pH 值 {value}，超出界限 {limit}（应在 6 至 9 之间）',
      en: 'pH {value}, beyond {limit} (6 to 9 is good)',
    },
    ...qualityRule,
  },
  {
    id: 'BLACK_ODOUR',
    name: { zh: '水体轻度黑臭', en: 'Black and odorous water' },
    when: blackWater({
      transparency: { rated: 'black_transparency', factor: 1, fallback: 25 },
      oxygen: 2,
      redox: 50,
      ammonia: 8,
    }),
    ...blackRule,
    text: {
      zh: '水体指标 {value} {unit}，越过轻度黑臭界限 {limit} {unit}',
      en: 'the water shows {value} {unit}, beyond {limit} {unit}: lightly black and odorous',
    },
  },
  {
    id: 'BLACK_ODOUR_HEAVY',
    name: { zh: '水体重度黑臭', en: 'Heavily black and odorous water' },
    when: blackWater({
      // 10 cm of 25.
      transparency: { rated: 'black_transparency', factor: 0.4, fallback: 10 },
      oxygen: 0.2,
      redox: -200,
      ammonia: 15,
    }),
    ...blackRule,
    // The same water has been reported as lightly black; this one tells how bad it is.
    ticket: false,
    text: {
      zh: '水体指标 {value} {unit}，越过重度黑臭界限 {limit} {unit}',
      en: 'the water shows {value} {unit}, beyond {limit} {unit}: heavily black and odorous',
    },
  },
]

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
