// Per device: how many alerts are open, and how bad the worst of them is.

import type { Alert, Severity } from '../../api/alert.ts'

export interface DeviceAlerts {
  readonly severity: Severity
  readonly count: number
}

export function worstAlerts(alerts: Iterable<Alert>): ReadonlyMap<string, DeviceAlerts> {
  const worst = new Map<string, DeviceAlerts>()
  for (const { device, severity, state } of alerts) {
    if (state === 'closed') continue
    const known = worst.get(device)
    worst.set(device, {
      // P1 sorts before P2 and P3.
      severity: known === undefined || severity < known.severity ? severity : known.severity,
      count: (known?.count ?? 0) + 1,
    })
  }
  return worst
}
