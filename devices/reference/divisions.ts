// The city and its divisions (GB/T 2260) with post codes, the development zone that has no national code, and the codes of old tables
// with what took their place. Data only: what may be registered is checked in the core.

import type { Text } from '../../src/core/device-type.ts'

export interface Division {
  /** GB/T 2260, six digits; the zone's is six digits and letters, our own. */
  readonly code: string
  readonly name: Text
  readonly postCode: string | null
  /** `city` is above the others and owns no asset; `zone` has no national code. */
  readonly kind: 'city' | 'county' | 'zone'
}

const CITY = '150800'

type Row = readonly [code: string, zh: string, en: string, postCode: string]

const counties: readonly Row[] = [
  ['150802', '临河区', 'Linhe District', '015000'],
  ['150821', '五原县', 'Wuyuan County', '015100'],
  ['150822', '磴口县', 'Dengkou County', '015200'],
  ['150823', '乌拉特前旗', 'Urad Front Banner', '014400'],
  ['150824', '乌拉特中旗', 'Urad Middle Banner', '015300'],
  ['150825', '乌拉特后旗', 'Urad Rear Banner', '015500'],
  ['150826', '杭锦后旗', 'Hanggin Rear Banner', '015400'],
]

export const divisions: readonly Division[] = [
  {
    code: CITY,
    name: { zh: '巴彦淖尔市', en: 'Bayannur' },
    postCode: null,
    kind: 'city',
  },
  ...counties.map(([code, zh, en, postCode]): Division => ({
    code,
    name: { zh, en },
    postCode,
    kind: 'county',
  })),
  {
    // Lies in Linhe; its grids carry Linhe's digits.
    code: '150802JKQ',
    name: {
      zh: '巴彦淖尔经济技术开发区',
      en: 'Bayannur Economic and Technological Development Zone',
    },
    postCode: null,
    kind: 'zone',
  },
]

export interface FormerDivision {
  readonly code: string
  readonly name: Text
  /** The code to use now, or null where only a person can tell which. */
  readonly now: string | null
}

/** Never an owner of anything. The league's codes ended when it became a city in 2004. */
export const formerDivisions: readonly FormerDivision[] = [
  { code: '150801', name: { zh: '市辖区（统计占位）', en: 'Statistical placeholder' }, now: null },
  { code: '152800', name: { zh: '巴彦淖尔盟', en: 'Bayannur League' }, now: CITY },
  { code: '152801', name: { zh: '临河市', en: 'Linhe City' }, now: '150802' },
  { code: '152822', name: { zh: '五原县', en: 'Wuyuan County' }, now: '150821' },
  { code: '152823', name: { zh: '磴口县', en: 'Dengkou County' }, now: '150822' },
  { code: '152824', name: { zh: '乌拉特前旗', en: 'Urad Front Banner' }, now: '150823' },
  { code: '152825', name: { zh: '乌拉特中旗', en: 'Urad Middle Banner' }, now: '150824' },
  { code: '152826', name: { zh: '乌拉特后旗', en: 'Urad Rear Banner' }, now: '150825' },
  { code: '152827', name: { zh: '杭锦后旗', en: 'Hanggin Rear Banner' }, now: '150826' },
]

const byCode = new Map(divisions.map((one) => [one.code, one]))

export function divisionOf(code: string): Division | undefined {
  return byCode.get(code)
}
