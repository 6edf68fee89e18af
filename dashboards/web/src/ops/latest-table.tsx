// The newest value of each metric of one device, following the stream.

import { useEffect, useState } from 'preact/hooks'
import type { Latest } from '../api/device.ts'
import { useApp } from '../app/context.ts'
import { useResource } from '../app/use-resource.ts'
import { metricValue } from '../fmt/number.ts'
import { span } from '../fmt/time.ts'
import { inLanguage } from '../i18n/words.ts'
import { Moment } from '../ui/moment.tsx'
import { FailurePanel, Skeleton } from '../ui/state-panel.tsx'
import { loadLatest } from './device-loads.ts'

const SKEW_SHOWN_MS = 5_000

export function LatestTable(props: {
  readonly device: string
  readonly type: string
  readonly highlighted?: string | null
  readonly onPick?: (metric: string) => void
}) {
  const { api, city, preferences } = useApp()
  const words = preferences.words.value
  const [loaded, reload] = useResource(props.device, (signal) =>
    loadLatest(api, props.device, signal),
  )
  const [fresh, setFresh] = useState<Latest | null>(null)
  useEffect(() => city.watch(props.device, setFresh), [props.device])
  if (loaded.kind === 'loading') return <Skeleton rows={4} />
  if (loaded.kind === 'failed')
    return <FailurePanel what={words.drawer.latest} error={loaded.error} onRetry={reload} />
  const latest = merged(loaded.value, fresh)
  if (latest === null || Object.keys(latest.values).length === 0)
    return <p class="muted">{words.latest.none}</p>
  const metrics = city.catalogue.value.get(props.type)?.metrics ?? []
  const known = metrics.filter((metric) => latest.values[metric.id] !== undefined)
  const unknown = Object.keys(latest.values).filter(
    (id) => !metrics.some((metric) => metric.id === id),
  )
  const skewMs = latest.receivedAt - latest.ts
  return (
    <>
      <table class="facts-table">
        <thead>
          <tr>
            <th scope="col">{words.latest.metric}</th>
            <th scope="col" class="is-number">
              {words.latest.value}
            </th>
            <th scope="col" class="is-number">
              {words.latest.measured}
            </th>
          </tr>
        </thead>
        <tbody>
          {[...known.map((metric) => metric.id), ...unknown].map((id) => {
            const metric = known.find((candidate) => candidate.id === id) ?? null
            const entry = latest.values[id]
            const name = metric === null ? id : inLanguage(metric.name, preferences.language.value)
            return (
              entry !== undefined && (
                <tr key={id} class={id === props.highlighted ? 'is-highlighted' : undefined}>
                  <th scope="row">
                    {props.onPick === undefined ? (
                      name
                    ) : (
                      <button
                        type="button"
                        class="link-button"
                        aria-pressed={id === props.highlighted}
                        onClick={() => props.onPick?.(id)}
                      >
                        {name}
                      </button>
                    )}
                  </th>
                  <td class="is-number live-number">{metricValue(entry.value, metric, words)}</td>
                  <td class="is-number muted">
                    <Moment at={entry.ts} />
                  </td>
                </tr>
              )
            )
          })}
        </tbody>
      </table>
      {Math.abs(skewMs) > SKEW_SHOWN_MS && (
        <p class="muted">{words.latest.skew(span(Math.abs(skewMs), words))}</p>
      )}
    </>
  )
}

/** The stream may bring less than the list has, and may bring it first. */
function merged(loaded: Latest | null, fresh: Latest | null): Latest | null {
  if (fresh === null) return loaded
  if (loaded === null) return fresh
  const [older, newer] = fresh.receivedAt >= loaded.receivedAt ? [loaded, fresh] : [fresh, loaded]
  return { ...newer, values: { ...older.values, ...newer.values } }
}
