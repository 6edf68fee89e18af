import { describe, expect, it } from 'vitest'
import type { MetricInfo } from '../../../dashboards/web/src/api/catalogue.ts'
import { dictionaries } from '../../../dashboards/web/src/i18n/words.ts'
import { alertNumbers } from '../../../dashboards/web/src/ops/alerts/alert-numbers.ts'
import { alertWith } from './alert-fixture.ts'

const name = { zh: '漏电流', en: 'Leakage' }
const leakage: MetricInfo = {
  id: 'leakage',
  name,
  unit: 'mA',
  precision: 1,
  isBoolean: false,
  onChange: false,
}
const pump: MetricInfo = { ...leakage, id: 'pump_on', unit: '', precision: 0, isBoolean: true }
const words = dictionaries.en
const spaced = (text: string | null | undefined) => text?.replace(/\u202f/g, ' ')

describe('alertNumbers()', () => {
  it('gives value and limit in the unit of the metric', () => {
    const numbers = alertNumbers(alertWith({ id: 'a' }), leakage, words)
    expect(spaced(numbers?.value)).toBe('41.2 mA')
    expect(spaced(numbers?.limit)).toBe('30 mA')
    expect(numbers?.shortLimit).toBe('30')
  })

  it('has none for a state', () => {
    expect(alertNumbers(alertWith({ id: 'a', value: 1, limit: null }), pump, words)).toBeNull()
    expect(alertNumbers(alertWith({ id: 'a', value: null }), null, words)).toBeNull()
  })

  it('counts how often a state began', () => {
    const because = { code: 'above', params: { operand: 'starts' } }
    const alert = alertWith({ id: 'a', value: 7, limit: 6, unit: '1', because })
    expect(spaced(alertNumbers(alert, pump, words)?.value)).toMatch(/^7/)
  })

  it('tells lengths of time as people do, also of a clock that is ahead', () => {
    const stuck = { code: 'above', params: { operand: 'unchanged' } }
    const alert = alertWith({ id: 'a', value: 90_000, limit: 86_400, unit: 's', because: stuck })
    expect(spaced(alertNumbers(alert, leakage, words)?.value)).toBe('1 d 1 h')
    expect(spaced(alertNumbers(alert, leakage, words)?.shortLimit)).toBe('1 d 0 h')
    const ahead = alertWith({ id: 'a', value: -400, limit: -300, unit: 's', metric: null })
    expect(spaced(alertNumbers(ahead, null, words)?.value)).toBe('−6 min 40 s')
    expect(spaced(alertNumbers(ahead, null, dictionaries['zh-CN'])?.value)).toBe('−6 分 40 秒')
  })
})
