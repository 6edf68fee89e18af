// One plain alert for the tests of the pages, to be varied by each.

import type { Alert } from '../../../dashboards/web/src/api/alert.ts'

export function alertWith(change: Partial<Alert> & { readonly id: string }): Alert {
  return {
    device: 'LH-L-00012',
    deviceName: '胜利路 12 号灯',
    type: 'streetlight',
    division: '150802',
    street: '胜利路',
    rule: 'LEAKAGE',
    severity: 'P2',
    state: 'unack_active',
    raisedAt: 1_000,
    since: 900,
    value: 41.2,
    limit: 30,
    unit: 'mA',
    metric: 'leakage',
    because: { code: 'above', params: {} },
    text: { zh: '漏电电流 41.2 mA，超过 30 mA', en: 'Leakage 41.2 mA above 30 mA' },
    ticket: null,
    count: 1,
    ackedBy: null,
    ackedAt: null,
    returnedAt: null,
    closedAt: null,
    simulated: false,
    ...change,
  }
}
