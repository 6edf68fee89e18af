// One device: its card, the chart of one of its metrics, its latest values and its open alerts.

import { useEffect } from 'preact/hooks'
import { ApiFailure } from '../../api/client.ts'
import { ruleOf } from '../../api/catalogue.ts'
import { chartLimitOf } from '../../api/alert.ts'
import type { Device } from '../../api/device.ts'
import { useApp } from '../../app/context.ts'
import { alertPath } from '../../app/route.ts'
import { useResource } from '../../app/use-resource.ts'
import { MetricChart } from '../../chart/metric-chart.tsx'
import { inLanguage } from '../../i18n/words.ts'
import { compareAlerts } from '../../live/alert-order.ts'
import { Icon } from '../../ui/icon.tsx'
import { Since } from '../../ui/moment.tsx'
import { SeverityMark } from '../../ui/severity-mark.tsx'
import { SimulatedTag } from '../../ui/simulated-tag.tsx'
import { FailurePanel, Skeleton, StatePanel } from '../../ui/state-panel.tsx'
import { AlertValue } from '../alerts/alert-row.tsx'
import { loadDevice } from '../device-loads.ts'
import { LatestTable } from '../latest-table.tsx'
import { DeviceFacts } from './device-card.tsx'
import { DeviceErrors } from './device-errors.tsx'

export function DevicePage(props: { readonly id: string }) {
  const { api, city, preferences } = useApp()
  const words = preferences.words.value
  const [loaded, reload] = useResource(props.id, (signal) => loadDevice(api, props.id, signal))
  const isSimulated = loaded.kind === 'ready' && loaded.value.simulated
  useEffect(() => city.noteSimulated(isSimulated), [isSimulated])
  return (
    <div class="desk">
      <section class="desk-main">
        <div class="toolbar">
          <a
            class="button is-quiet"
            href="/ops/devices"
            aria-label={words.devices.back}
            title={words.devices.back}
          >
            <Icon name="back" />
          </a>
          <h1 class="toolbar-title" data-user-text>
            {loaded.kind === 'ready' ? loaded.value.name : props.id}
          </h1>
          <SimulatedTag when={isSimulated} />
        </div>
        <div class="table-area">
          {loaded.kind === 'loading' && <Skeleton rows={8} />}
          {loaded.kind === 'failed' &&
            (loaded.error instanceof ApiFailure && loaded.error.status === 404 ? (
              <StatePanel title={words.devices.notFound} detail={props.id}>
                <a class="button" href="/ops/devices">
                  {words.devices.back}
                </a>
              </StatePanel>
            ) : (
              <FailurePanel what={words.drawer.device} error={loaded.error} onRetry={reload} />
            ))}
          {loaded.kind === 'ready' && <DeviceBody device={loaded.value} />}
        </div>
      </section>
    </div>
  )
}

function DeviceBody(props: { readonly device: Device }) {
  const { city, preferences, router } = useApp()
  const words = preferences.words.value
  const language = preferences.language.value
  const { device } = props
  const metrics = city.catalogue.value.get(device.type)?.metrics ?? []
  void city.alertsVersion.value
  const alerts = [...city.alerts.all()]
    .filter((alert) => alert.device === device.id && alert.state !== 'closed')
    .sort(compareAlerts)
  const asked = router.query.value.get('metric')
  const metric =
    asked ?? alerts.find((alert) => alert.metric !== null)?.metric ?? metrics[0]?.id ?? null
  const ruled = alerts.find((alert) => alert.metric === metric)
  return (
    <div class="device-layout">
      <div class="device-side">
        <section class="section">
          <h2>{words.drawer.device}</h2>
          <DeviceFacts device={device} />
        </section>
        <section class="section">
          <h2>{words.devices.columns.alerts}</h2>
          {alerts.length === 0 && <p class="muted">{words.devices.noAlerts}</p>}
          <ul class="plain-list">
            {alerts.map((alert) => (
              <li key={alert.id}>
                <a class="alert-link" href={alertPath(alert.id)}>
                  <SeverityMark severity={alert.severity} state={alert.state} />
                  <span>
                    {inLanguage(
                      ruleOf(city.catalogue.value, alert.type, alert.rule)?.name ?? alert.text,
                      language,
                    )}
                  </span>
                  <span>
                    <AlertValue alert={alert} />
                  </span>
                  <Since at={alert.since} />
                </a>
              </li>
            ))}
          </ul>
        </section>
        <DeviceErrors id={device.id} />
      </div>
      <div class="device-main">
        <section class="section">
          <h2>{words.drawer.trend}</h2>
          <div class="segments is-wrapping" role="group" aria-label={words.devices.metric}>
            {metrics.map((one) => (
              <button
                key={one.id}
                type="button"
                class="segment is-small"
                aria-pressed={one.id === metric}
                onClick={() => router.setQuery({ metric: one.id })}
              >
                {inLanguage(one.name, language)}
              </button>
            ))}
          </div>
          {metric !== null && (
            <MetricChart
              key={metric}
              device={device.id}
              type={device.type}
              metric={metric}
              limit={ruled === undefined ? null : chartLimitOf(ruled)}
              {...(ruled === undefined
                ? {}
                : {
                    severity: ruled.severity,
                    marks: [{ at: ruled.raisedAt, kind: 'raised' as const }],
                  })}
            />
          )}
        </section>
        <section class="section">
          <h2>{words.drawer.latest}</h2>
          <LatestTable
            device={device.id}
            type={device.type}
            highlighted={metric}
            onPick={(id) => router.setQuery({ metric: id })}
          />
        </section>
      </div>
    </div>
  )
}
