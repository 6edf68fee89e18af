// The filter of the alert list as it stands in the address, so that a link shows the same list.

import type { AlertState, Severity } from '../../api/alert.ts'
import { isAlertState, isSeverity } from '../../live/alert-order.ts'
import type { AlertFilter } from '../../live/alert-order.ts'

export function filterOf(query: URLSearchParams): AlertFilter {
  const parts = (name: string): string[] => (query.get(name) ?? '').split(',')
  return {
    severities: new Set(parts('sev').filter(isSeverity)),
    states: new Set(parts('state').filter(isAlertState)),
    text: (query.get('q') ?? '').trim(),
  }
}

export function isFiltering(filter: AlertFilter): boolean {
  return filter.severities.size > 0 || filter.states.size > 0 || filter.text !== ''
}

/** The query's parts with this severity or state taken in or out. */
export function toggled(
  filter: AlertFilter,
  change: { readonly severity: Severity } | { readonly state: AlertState },
): Readonly<Record<string, string | null>> {
  if ('severity' in change) return { sev: flipped(filter.severities, change.severity) }
  return { state: flipped(filter.states, change.state) }
}

function flipped<T extends string>(chosen: ReadonlySet<T>, one: T): string | null {
  const next = new Set(chosen)
  if (!next.delete(one)) next.add(one)
  return next.size === 0 ? null : [...next].sort().join(',')
}
