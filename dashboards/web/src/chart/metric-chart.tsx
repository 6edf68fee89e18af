// The chart of one metric of one device: range buttons, a box of fixed height, the value under the pointer in words. The drawing
// library is fetched when the first chart is looked at.

import { useEffect, useRef, useState } from 'preact/hooks'
import type { Severity } from '../api/alert.ts'
import { metricOf } from '../api/catalogue.ts'
import type { Latest, Point } from '../api/device.ts'
import { useApp } from '../app/context.ts'
import { useResource } from '../app/use-resource.ts'
import { metricValue } from '../fmt/number.ts'
import { dateTime } from '../fmt/time.ts'
import { inLanguage } from '../i18n/words.ts'
import { chartRanges, loadSeries } from '../ops/device-loads.ts'
import type { ChartRange } from '../ops/device-loads.ts'
import { drawnPoints, withPoint } from './points.ts'
import type { ChartMark, Plot } from './plot.ts'
import { FailurePanel } from '../ui/state-panel.tsx'

export interface MetricChartProps {
  readonly device: string
  readonly type: string
  readonly metric: string
  readonly limit?: number | null
  readonly severity?: Severity
  readonly marks?: readonly { readonly at: number; readonly kind: 'started' | 'raised' }[]
}

const ranges: readonly ChartRange[] = ['m15', 'h1', 'h6', 'h24', 'd7', 'd30']
/** More than this in memory is more than any range holds. */
const POINTS_MAX = 60_000

export function MetricChart(props: MetricChartProps) {
  const { api, city, preferences } = useApp()
  const words = preferences.words.value
  const [chosen, setChosen] = useState<ChartRange | null>(null)
  const [pointed, setPointed] = useState<Point | null>(null)
  const box = useRef<HTMLDivElement>(null)
  const type = city.catalogue.value.get(props.type) ?? null
  const metric = metricOf(city.catalogue.value, props.type, props.metric)
  const [loaded, reload] = useResource(
    `${props.device}/${props.metric}/${chosen ?? 'h1'}/${type?.id ?? ''}`,
    async (signal) => {
      const to = city.clock.now()
      const query = {
        device: props.device,
        metric: props.metric,
        from: to - chartRanges[chosen ?? 'h1'],
        to,
      }
      const [points, { createPlot }] = await Promise.all([
        loadSeries(api, query, signal),
        import('./plot.ts'),
      ])
      return { points: points.slice(-POINTS_MAX), createPlot }
    },
  )
  const [live, setLive] = useState<readonly Point[]>([])
  const ready = loaded.kind === 'ready' ? loaded.value : null
  const first = ready?.points[0]
  // A device that has only just begun to report would fill a sliver of an hour; until somebody chooses, show what there is.
  const isYoung = first !== undefined && first.t > city.clock.now() - chartRanges.m15
  const range: ChartRange = chosen ?? (isYoung ? 'm15' : 'h1')
  useEffect(() => setLive(ready?.points ?? []), [ready])
  useEffect(
    () =>
      city.watch(props.device, (latest: Latest) => {
        const entry = latest.values[props.metric]
        if (entry === undefined) return
        const point = { t: entry.ts, v: entry.value, min: null, max: null }
        setLive((points) => withPoint(points, point, city.clock.now() - chartRanges[range]))
      }),
    [props.device, props.metric, range],
  )

  const plot = useRef<Plot | null>(null)
  const theme = preferences.theme.value
  const language = preferences.language.value
  useEffect(() => {
    if (ready === null || box.current === null) return undefined
    const made = ready.createPlot({
      target: box.current,
      holds: metric?.onChange === true || metric?.isBoolean === true,
      isBoolean: metric?.isBoolean === true,
      severity: props.severity ?? 'P3',
      text: (value) => metricValue(value, metric, words),
      markWords: {
        started: words.chart.started,
        raised: words.chart.raised,
        limit: words.chart.limit,
      },
      onPoint: setPointed,
    })
    plot.current = made
    return () => {
      plot.current = null
      made.close()
    }
  }, [ready, theme, language, metric])
  useEffect(() => {
    const to = city.clock.now()
    const holds = metric?.onChange === true || metric?.isBoolean === true
    const marks: readonly ChartMark[] = props.marks ?? []
    plot.current?.show({
      drawn: drawnPoints(live, { holds }),
      from: to - chartRanges[range],
      to,
      limit: props.limit ?? null,
      marks,
    })
  }, [live, ready, theme, language, metric, props.limit, range])

  const last = live[live.length - 1] ?? null
  const name = metric === null ? props.metric : inLanguage(metric.name, language)
  const shown = pointed ?? last
  return (
    <figure class="chart">
      <figcaption class="chart-head">
        <span class="chart-name">{name}</span>
        <span class="chart-readout live-number">
          {shown === null
            ? words.missing
            : words.chart.point(dateTime(shown.t).slice(5), metricValue(shown.v, metric, words))}
        </span>
        <span class="segments" role="group" aria-label={words.chart.rangeLabel}>
          {ranges.map((one) => (
            <button
              key={one}
              type="button"
              class="segment is-small"
              aria-pressed={one === range}
              onClick={() => setChosen(one)}
            >
              {words.chart.ranges[one]}
            </button>
          ))}
        </span>
      </figcaption>
      <div class="chart-box">
        <div
          ref={box}
          class="chart-canvas"
          role="img"
          aria-label={words.chart.describe(
            name,
            words.chart.ranges[range],
            metricValue(last?.v ?? null, metric, words),
          )}
        />
        {loaded.kind === 'ready' && live.length === 0 && (
          <p class="chart-note">{words.chart.noPoints}</p>
        )}
        {loaded.kind === 'failed' && (
          <FailurePanel what={words.drawer.trend} error={loaded.error} onRetry={reload} />
        )}
      </div>
    </figure>
  )
}
