// The alert desk: filters, the pill with what is held back, the list, and the drawer with one alert.

import { useCallback, useMemo } from 'preact/hooks'
import { countStates, matchesFilter } from '../../live/alert-order.ts'
import { useApp } from '../../app/context.ts'
import { useKeys } from '../../app/use-keys.ts'
import { clockTime } from '../../fmt/time.ts'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton, StatePanel } from '../../ui/state-panel.tsx'
import { acknowledge } from './acknowledge.ts'
import { AlertAnnouncer } from './alert-announcer.tsx'
import { AlertDrawer } from './alert-drawer.tsx'
import { AlertList } from './alert-list.tsx'
import { AlertToolbar } from './alert-toolbar.tsx'
import { filterOf, isFiltering } from './filter-query.ts'
import { useHeldView } from './use-held-view.ts'

export function AlertDesk() {
  const app = useApp()
  const { city, preferences, router } = app
  const words = preferences.words.value
  const query = router.query.value
  const selectedId = query.get('sel')
  const filterKey = `${query.get('sev') ?? ''}|${query.get('state') ?? ''}|${query.get('q') ?? ''}`
  const filter = useMemo(() => filterOf(query), [filterKey])
  const { view, merge, idle, setHandle } = useHeldView(filter, filterKey, selectedId !== null)
  const version = city.alertsVersion.value

  const totals = useMemo(() => {
    const severityCounts: Record<string, number> = {}
    const open = [...city.alerts.all()].filter((alert) => alert.state !== 'closed')
    for (const { severity } of open) severityCounts[severity] = (severityCounts[severity] ?? 0) + 1
    const matching = open.filter((alert) => matchesFilter(alert, filter)).length
    return { open: open.length, matching, states: countStates(open), severityCounts }
  }, [version, filter])

  const open = useCallback((id: string) => router.setQuery({ sel: id }), [])
  const close = useCallback(() => router.setQuery({ sel: null }), [])
  const acknowledgeId = useCallback((id: string) => {
    const alert = city.alerts.get(id)
    if (alert !== undefined) void acknowledge(app, alert)
  }, [])
  useKeys({ '.': () => (view.heldCount > 0 ? merge() : false) })

  const isEmpty = view.rows.length === 0
  return (
    <div class={`desk${selectedId === null ? '' : ' has-drawer'}`}>
      <section class="desk-main">
        <AlertToolbar
          filter={filter}
          counts={totals.states}
          severityCounts={totals.severityCounts}
        />
        <div class="alert-area">
          {view.heldCount > 0 && (
            <button type="button" class="held-pill" title={words.alerts.heldHint} onClick={merge}>
              <Icon name="up" />
              <span>{words.alerts.held(view.heldCount, view.heldCritical)}</span>
              <kbd>.</kbd>
            </button>
          )}
          {!city.isLoaded.value ? (
            <Skeleton rows={12} />
          ) : (
            <AlertList
              view={view}
              selectedId={selectedId}
              isPending={city.alerts.isPending}
              onOpen={open}
              onAcknowledge={acknowledgeId}
              onClose={close}
              onIdle={idle}
              onHandle={setHandle}
            />
          )}
          {city.isLoaded.value && isEmpty && (
            <div class="list-empty">
              {view.hiddenByFilter > 0 && isFiltering(filter) ? (
                <StatePanel title={words.alerts.hiddenTitle(view.hiddenByFilter)}>
                  <button
                    type="button"
                    class="button"
                    onClick={() => router.setQuery({ sev: null, state: null, q: null })}
                  >
                    {words.alerts.clearFilter}
                  </button>
                </StatePanel>
              ) : (
                <StatePanel title={words.alerts.emptyTitle} detail={words.alerts.emptyDetail} />
              )}
            </div>
          )}
        </div>
        <footer class="desk-foot">
          <span>{words.alerts.shown(totals.matching, totals.open)}</span>
          {city.alerts.refused > 0 && (
            <span class="is-warning">{words.alerts.refused(city.alerts.refused)}</span>
          )}
          <DataTime />
        </footer>
      </section>
      {selectedId !== null && <AlertDrawer key={selectedId} id={selectedId} onClose={close} />}
      <AlertAnnouncer />
    </div>
  )
}

/** The time of the newest byte: a still list must be tellable from a dead one. */
function DataTime() {
  const { city, preferences } = useApp()
  const { lastByteAt } = city.connection.value
  if (lastByteAt === null) return null
  return (
    <span class="muted">
      {preferences.words.value.alerts.dataAt(clockTime(lastByteAt + city.clock.offsetMs()))}
    </span>
  )
}
