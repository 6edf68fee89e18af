// One alert in full beside the list: what, why, the trend, the ticket, what happened, the device. It opens from memory at once;
// what has to be fetched comes into boxes that are already there.

import { useEffect } from 'preact/hooks'
import { chartLimitOf, readAlert, readTimeline } from '../../api/alert.ts'
import type { Alert } from '../../api/alert.ts'
import { record } from '../../api/json.ts'
import { ApiFailure } from '../../api/client.ts'
import { ruleOf } from '../../api/catalogue.ts'
import { devicePath } from '../../app/route.ts'
import { mayOperate } from '../../app/session.ts'
import { useApp } from '../../app/context.ts'
import { useResource } from '../../app/use-resource.ts'
import { inLanguage } from '../../i18n/words.ts'
import { MetricChart } from '../../chart/metric-chart.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Moment } from '../../ui/moment.tsx'
import { SeverityMark } from '../../ui/severity-mark.tsx'
import { SimulatedTag } from '../../ui/simulated-tag.tsx'
import { FailurePanel, Skeleton, StatePanel } from '../../ui/state-panel.tsx'
import { DeviceCard } from '../devices/device-card.tsx'
import { HistoryList } from '../history-list.tsx'
import { LatestTable } from '../latest-table.tsx'
import { TicketCard } from '../tickets/ticket-card.tsx'
import { acknowledge, needsAcknowledgement } from './acknowledge.ts'
import { AlertReasons } from './alert-reasons.tsx'
import { AlertValue } from './alert-row.tsx'

export function AlertDrawer(props: { readonly id: string; readonly onClose: () => void }) {
  const { api, city, preferences } = useApp()
  const words = preferences.words.value
  void city.alertsVersion.value
  const listed = city.alerts.get(props.id)
  // Loaded again when the alert moves on, so that the history keeps up with the list.
  const stage = `${listed?.state ?? ''}${listed?.count ?? 0}${listed?.ticket ?? ''}`
  const [loaded, reload] = useResource(props.id, async (signal) => {
    const answer = record(await api.get(`/alerts/${encodeURIComponent(props.id)}`, signal))
    return { alert: readAlert(answer), timeline: readTimeline(answer['timeline']) }
  })
  useEffect(() => {
    if (loaded.kind !== 'loading') reload()
  }, [stage])
  const alert = listed ?? (loaded.kind === 'ready' ? loaded.value.alert : null)
  useEffect(() => city.noteSimulated(alert?.simulated === true), [alert?.simulated])

  return (
    <aside class="drawer" aria-label={words.drawer.label}>
      <header class="drawer-head">
        {alert !== null && <DrawerTitle alert={alert} isListed={listed !== undefined} />}
        <button
          type="button"
          class="button is-quiet"
          aria-label={words.close}
          title={`${words.close}  Esc`}
          onClick={props.onClose}
        >
          <Icon name="close" />
        </button>
      </header>
      {alert === null && loaded.kind === 'loading' && <Skeleton rows={8} />}
      {alert === null && loaded.kind === 'failed' && (
        <FailurePanel what={words.drawer.label} error={loaded.error} onRetry={reload} />
      )}
      {alert === null && loaded.kind === 'ready' && <StatePanel title={words.alerts.gone} />}
      {alert !== null && (
        <div class="drawer-body">
          <AlertSummary alert={alert} />
          {alert.metric !== null && (
            <section class="section">
              <h3>{words.drawer.trend}</h3>
              <MetricChart
                device={alert.device}
                type={alert.type}
                metric={alert.metric}
                limit={chartLimitOf(alert)}
                severity={alert.severity}
                marks={[
                  { at: alert.since, kind: 'started' },
                  { at: alert.raisedAt, kind: 'raised' },
                ]}
              />
            </section>
          )}
          <section class="section">
            <h3>{words.drawer.why}</h3>
            <AlertReasons
              alert={alert}
              rule={ruleOf(city.catalogue.value, alert.type, alert.rule)}
            />
          </section>
          <section class="section">
            <h3>{words.drawer.ticket}</h3>
            {alert.ticket === null ? (
              <p class="muted">{words.drawer.noTicket}</p>
            ) : (
              <TicketCard key={alert.ticket} id={alert.ticket} />
            )}
          </section>
          <section class="section">
            <h3>{words.drawer.history}</h3>
            {loaded.kind === 'ready' ? (
              <HistoryList entries={loaded.value.timeline} />
            ) : loaded.kind === 'failed' && !isGone(loaded.error) ? (
              <FailurePanel what={words.drawer.history} error={loaded.error} onRetry={reload} />
            ) : (
              <Skeleton rows={2} />
            )}
          </section>
          <section class="section">
            <h3>
              {words.drawer.device}
              <a class="section-link" href={devicePath(alert.device)}>
                {words.drawer.openDevice}
              </a>
            </h3>
            <DeviceCard id={alert.device} />
          </section>
          <section class="section">
            <h3>{words.drawer.latest}</h3>
            <LatestTable device={alert.device} type={alert.type} highlighted={alert.metric} />
          </section>
        </div>
      )}
    </aside>
  )
}

function isGone(error: unknown): boolean {
  return error instanceof ApiFailure && error.status === 404
}

function DrawerTitle(props: { readonly alert: Alert; readonly isListed: boolean }) {
  const { preferences, city } = useApp()
  const words = preferences.words.value
  const { alert } = props
  const rule = ruleOf(city.catalogue.value, alert.type, alert.rule)
  return (
    <div class="drawer-title">
      <p class="drawer-kicker">
        <SeverityMark severity={alert.severity} state={alert.state} />
        <span class={`state-chip state-${alert.state}`}>{words.alertState[alert.state]}</span>
        <SimulatedTag when={alert.simulated} />
        {!props.isListed && <span class="muted">{words.alerts.gone}</span>}
      </p>
      <h2>
        <span data-user-text>{alert.deviceName}</span>
        <span class="drawer-what">
          {rule === null ? alert.rule : inLanguage(rule.name, preferences.language.value)}
        </span>
      </h2>
    </div>
  )
}

function AlertSummary(props: { readonly alert: Alert }) {
  const app = useApp()
  const { preferences, city, session } = app
  const words = preferences.words.value
  const { alert } = props
  return (
    <section class="section summary">
      <p class="summary-text">{inLanguage(alert.text, preferences.language.value)}</p>
      <dl class="facts">
        <div>
          <dt>{words.alerts.columns.value}</dt>
          <dd class="summary-value">
            <AlertValue alert={alert} />
          </dd>
        </div>
        <div>
          <dt>{words.drawer.since}</dt>
          <dd>
            <Moment at={alert.since} />
          </dd>
        </div>
        <div>
          <dt>{words.drawer.raised}</dt>
          <dd>
            <Moment at={alert.raisedAt} />
            {alert.count > 1 && ` ${words.alerts.times(alert.count)}`}
          </dd>
        </div>
        {alert.returnedAt !== null && (
          <div>
            <dt>{words.drawer.returned}</dt>
            <dd>
              <Moment at={alert.returnedAt} />
            </dd>
          </div>
        )}
        {alert.ackedAt !== null && (
          <div>
            <dt>{words.drawer.acked}</dt>
            <dd>
              <Moment at={alert.ackedAt} /> {alert.ackedBy}
            </dd>
          </div>
        )}
      </dl>
      {needsAcknowledgement(alert) && mayOperate(session.state.value) && (
        <button
          type="button"
          class="button is-primary"
          disabled={city.alerts.isPending(alert.id)}
          onClick={() => void acknowledge(app, alert)}
        >
          {words.alerts.acknowledge} <kbd>a</kbd>
        </button>
      )}
    </section>
  )
}
