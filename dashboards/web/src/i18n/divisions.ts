// Names of Bayannur's county-level divisions (GB/T 2260), and of the zone that has a local code. Other codes are shown as they are.

import type { Text } from '../api/alert.ts'

const names: Readonly<Record<string, Text>> = {
  '150802': { zh: '临河区', en: 'Linhe' },
  '150821': { zh: '五原县', en: 'Wuyuan' },
  '150822': { zh: '磴口县', en: 'Dengkou' },
  '150823': { zh: '乌拉特前旗', en: 'Urad Front' },
  '150824': { zh: '乌拉特中旗', en: 'Urad Middle' },
  '150825': { zh: '乌拉特后旗', en: 'Urad Rear' },
  '150826': { zh: '杭锦后旗', en: 'Hanggin Rear' },
  '150802JKQ': { zh: '经济技术开发区', en: 'Development Zone' },
}

export function divisionName(code: string): Text {
  return names[code] ?? names[code.slice(0, 6)] ?? { zh: code, en: code }
}
