// Above the list: how many alerts are in which state, and the filters.

import { useEffect, useRef } from 'preact/hooks'
import { severities } from '../../api/alert.ts'
import type { AlertState } from '../../api/alert.ts'
import type { AlertFilter, StateCounts } from '../../live/alert-order.ts'
import { useApp } from '../../app/context.ts'
import { useKeys } from '../../app/use-keys.ts'
import { compactCount } from '../../fmt/number.ts'
import { Icon } from '../../ui/icon.tsx'
import { SeverityMark } from '../../ui/severity-mark.tsx'
import { isFiltering, toggled } from './filter-query.ts'

const shownStates: readonly AlertState[] = ['unack_active', 'rtn_unack', 'acked_active']

export function AlertToolbar(props: {
  readonly filter: AlertFilter
  readonly counts: StateCounts
  readonly severityCounts: Readonly<Record<string, number>>
}) {
  const { preferences, router } = useApp()
  const words = preferences.words.value
  const { filter, counts } = props
  const search = useRef<HTMLInputElement>(null)
  const toggleSeverity = (index: number) => () => {
    const severity = severities[index]
    if (severity !== undefined) router.setQuery(toggled(filter, { severity }))
  }
  useKeys({
    '/': () => search.current?.focus(),
    '1': toggleSeverity(0),
    '2': toggleSeverity(1),
    '3': toggleSeverity(2),
  })
  // The field is the user's while it has the focus; otherwise it follows the address.
  useEffect(() => {
    const field = search.current
    if (field !== null && document.activeElement !== field) field.value = filter.text
  }, [filter.text])
  return (
    <div class="toolbar">
      <h1 class="toolbar-title">{words.alerts.title}</h1>
      <div class="segments" role="group" aria-label={words.alerts.filterState}>
        {shownStates.map((state) => (
          <button
            key={state}
            type="button"
            class={`segment state-${state}`}
            aria-pressed={filter.states.has(state)}
            title={words.alertState[state]}
            onClick={() => router.setQuery(toggled(filter, { state }))}
          >
            <span>{words.alertStateShort[state]}</span>
            <strong>{compactCount(counts[state], words)}</strong>
          </button>
        ))}
      </div>
      <div class="segments" role="group" aria-label={words.alerts.filterSeverity}>
        {severities.map((severity, index) => (
          <button
            key={severity}
            type="button"
            class="segment"
            aria-pressed={filter.severities.has(severity)}
            title={`${words.alerts.filterSeverity}  ${index + 1}`}
            onClick={toggleSeverity(index)}
          >
            <SeverityMark severity={severity} />
            <strong>{compactCount(props.severityCounts[severity] ?? 0, words)}</strong>
          </button>
        ))}
      </div>
      <label class="search">
        <Icon name="search" />
        <input
          ref={search}
          type="search"
          placeholder={words.alerts.search}
          aria-label={words.alerts.search}
          spellcheck={false}
          onInput={(event) => router.setQuery({ q: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' || event.isComposing) return
            event.stopPropagation()
            event.currentTarget.blur()
          }}
        />
      </label>
      {isFiltering(filter) && (
        <button
          type="button"
          class="button is-quiet"
          onClick={() => {
            if (search.current !== null) search.current.value = ''
            router.setQuery({ sev: null, state: null, q: null })
          }}
        >
          {words.alerts.clearFilter}
        </button>
      )}
    </div>
  )
}
