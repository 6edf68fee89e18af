// Classes of components (部件): two digits of the main class, two of the small class. The list is that of a deployed city platform, in
// the structure of GB/T 30428.2 and CJ/T 214; single codes may differ in the standards' texts, which is why it is data.

import type { Text } from '../../src/core/device-type.ts'

export interface ComponentClass {
  readonly code: string
  readonly name: Text
  /**
   * `deployed`: found in the platform's list. `unverified`: missing there, known from hearsay. `local`: class 21, without a national
   * code. `ours`: a local code we introduced; to be agreed with the city's case system.
   */
  readonly source: 'deployed' | 'unverified' | 'local' | 'ours'
}

export const mainClasses: Readonly<Record<string, Text>> = {
  '01': { zh: '公用设施', en: 'Public utilities' },
  '02': { zh: '道路交通', en: 'Roads and traffic' },
  '03': { zh: '市容环境', en: 'City appearance' },
  '04': { zh: '园林绿化', en: 'Green spaces' },
  '05': { zh: '房屋土地', en: 'Buildings and land' },
  '06': { zh: '其他设施', en: 'Other facilities' },
  '21': { zh: '扩展部件', en: 'Local extension' },
}

/** Found in the platform's list: code, Chinese name, short English name. */
const deployed: readonly Row[] = [
  ['0101', '上水井盖', 'Water supply cover'],
  ['0102', '污水井盖', 'Sewage cover'],
  ['0103', '雨水井盖', 'Storm drain cover'],
  ['0104', '雨水箅子', 'Storm drain grate'],
  ['0105', '电力井盖', 'Power cable cover'],
  ['0106', '路灯井盖', 'Street lighting cover'],
  ['0107', '通讯井盖', 'Telecom cover'],
  ['0108', '电视井盖', 'Cable television cover'],
  ['0109', '网络井盖', 'Network cover'],
  ['0111', '燃气井盖', 'Gas cover'],
  ['0112', '公安井盖', 'Police cover'],
  ['0113', '消防设施', 'Fire protection facility'],
  ['0114', '无主井盖', 'Ownerless cover'],
  ['0115', '通讯交接箱', 'Telecom cabinet'],
  ['0116', '电力设施', 'Power facility'],
  ['0117', '立杆', 'Pole'],
  ['0118', '路灯', 'Street light'],
  ['0119', '地灯', 'Ground light'],
  ['0120', '景观灯', 'Scenic light'],
  ['0121', '报刊亭', 'News-stand'],
  ['0122', '电话亭', 'Telephone booth'],
  ['0123', '邮筒', 'Letter box'],
  ['0124', '信息亭', 'Information kiosk'],
  ['0125', '自动售货机', 'Vending machine'],
  ['0126', '健身设施', 'Fitness equipment'],
  ['0127', '中水井盖', 'Reclaimed water cover'],
  ['0128', '公交井盖', 'Bus facility cover'],
  ['0129', '输油（气）井盖', 'Oil and gas pipeline cover'],
  ['0130', '特殊井盖', 'Special cover'],
  ['0131', '民用水井', 'Private well'],
  ['0132', '供水器', 'Water dispenser'],
  ['0133', '高压线铁塔', 'High-voltage pylon'],
  ['0134', '变压器（箱）', 'Transformer'],
  ['0135', '燃气调压站（箱）', 'Gas regulator station'],
  ['0136', '监控电子眼', 'Surveillance camera'],
  ['0137', '售货亭', 'Sales kiosk'],
  ['0138', '治安岗亭', 'Security post'],
  ['0201', '停车场', 'Car park'],
  ['0203', '公交站亭', 'Bus shelter'],
  ['0204', '出租车站牌', 'Taxi stand sign'],
  ['0205', '过街天桥', 'Footbridge'],
  ['0206', '地下通道', 'Underpass'],
  ['0207', '高架立交桥', 'Elevated road'],
  ['0208', '跨河桥', 'River bridge'],
  ['0209', '交通标志牌', 'Traffic sign'],
  ['0210', '交通信号灯', 'Traffic light'],
  ['0211', '交通护栏', 'Traffic barrier'],
  ['0212', '存车支架', 'Bicycle rack'],
  ['0213', '路名牌', 'Street name sign'],
  ['0214', '交通信号设施', 'Traffic signal facility'],
  ['0215', '道路信息显示屏', 'Road information display'],
  ['0216', '道路隔音屏', 'Road noise barrier'],
  ['0217', '交通岗亭', 'Traffic police box'],
  ['0301', '公共厕所', 'Public toilet'],
  ['0302', '化粪池', 'Septic tank'],
  ['0303', '公厕指示牌', 'Public toilet sign'],
  ['0304', '垃圾间（楼）', 'Refuse collection point'],
  ['0305', '垃圾箱', 'Waste bin'],
  ['0306', '灯箱霓虹灯', 'Illuminated sign'],
  ['0307', '广告牌匾', 'Billboard'],
  ['0308', '环保监测站', 'Environmental monitoring station'],
  ['0309', '气象监测站', 'Weather station'],
  ['0310', '污水口监测站', 'Sewage outfall station'],
  ['0401', '古树名木', 'Ancient tree'],
  ['0402', '行道树', 'Street tree'],
  ['0403', '护树设施', 'Tree guard'],
  ['0404', '花架花钵', 'Planter'],
  ['0405', '绿地', 'Green space'],
  ['0406', '雕塑', 'Sculpture'],
  ['0407', '街头坐椅', 'Street bench'],
  ['0408', '绿地护栏', 'Green space railing'],
  ['0409', '绿地维护设施', 'Green space maintenance facility'],
  ['0410', '喷泉', 'Fountain'],
  ['0501', '宣传栏', 'Notice board'],
  ['0502', '人防工事', 'Civil air defence work'],
  ['0601', '重大危险源', 'Major hazard source'],
  ['0602', '工地', 'Construction site'],
  ['0603', '水域附属设施', 'Waterside facility'],
  ['0604', '水域护栏', 'Waterside railing'],
  ['0606', '防洪墙', 'Flood wall'],
]

const unverified: readonly Row[] = [
  ['0110', '热力井盖', 'Heating cover'],
  ['0202', '停车咪表', 'Parking meter'],
  ['0605', '港监设施', 'Harbour supervision facility'],
]

const local: readonly Row[] = [
  ['2102', '路灯灯光变压器', 'Street lighting transformer'],
  ['2103', '路灯灯光配电房', 'Street lighting switch room'],
  ['2104', '路灯灯光配电箱', 'Street lighting cabinet'],
  ['2115', '泵站', 'Pump station'],
  ['2127', '河湖堤坝', 'River and lake dike'],
  ['2132', '压力管道', 'Pressure pipe'],
]

/** Our types that are no national component: they stand in buildings, under ground or on wheels. */
const ours: readonly Row[] = [
  ['2181', '换热站', 'Heat-exchange station'],
  ['2182', '室温采集点', 'Indoor temperature point'],
  ['2183', '环卫车辆', 'Sanitation vehicle'],
  ['2184', '综合管廊舱室', 'Utility tunnel compartment'],
]

type Row = readonly [code: string, zh: string, en: string]

function classesOf(
  rows: readonly Row[],
  source: ComponentClass['source'],
): readonly ComponentClass[] {
  return rows.map(([code, zh, en]) => ({ code, name: { zh, en }, source }))
}

/** In the order of their codes. */
export const componentClasses: readonly ComponentClass[] = [
  ...classesOf(deployed, 'deployed'),
  ...classesOf(unverified, 'unverified'),
  ...classesOf(local, 'local'),
  ...classesOf(ours, 'ours'),
].toSorted((a, b) => Number(a.code) - Number(b.code))

const byCode = new Map(componentClasses.map((one) => [one.code, one]))

export function componentClass(code: string): ComponentClass | undefined {
  return byCode.get(code)
}
