// Whether the screen is up to date, in the header and, when it is not, as a banner over the page. The connection and the pipeline
// are told apart: a live stream from a pipeline that stands still must not look healthy.

import { isTelemetryAway } from '../api/pipeline.ts'
import { wordFor } from '../i18n/words.ts'
import { useApp } from './context.ts'
import { Icon } from '../ui/icon.tsx'
import type { IconName } from '../ui/icon.tsx'
import type { ConnectionState } from '../live/stream.ts'
import { clockTime, span } from '../fmt/time.ts'
import { compactCount, THIN_SPACE } from '../fmt/number.ts'

const icons: Readonly<Record<ConnectionState, IconName>> = {
  connecting: 'connecting',
  live: 'live',
  stale: 'stale',
  offline: 'offline',
  'catching-up': 'connecting',
  paused: 'paused',
  'signed-out': 'offline',
}

const LAG_WARNING_MS = 10_000

export function ConnectionMark() {
  const { city, preferences } = useApp()
  const words = preferences.words.value.connection
  const { state } = city.connection.value
  return (
    <span
      class={`header-fact connection-${state}`}
      role="status"
      aria-label={`${words.label} ${words[state]}`}
    >
      <Icon name={icons[state]} />
      <span>{words[state]}</span>
    </span>
  )
}

export function PipelineMark() {
  const { city, preferences } = useApp()
  const words = preferences.words.value
  const pipeline = city.pipeline.value
  const isCurrent = city.connection.value.state === 'live'
  const lagMs = isCurrent ? latest(city.lagMs.value, pipeline?.lagMs ?? null) : null
  const isSlow = lagMs !== null && lagMs > LAG_WARNING_MS
  const count = (value: number): string => compactCount(value, words)
  const explanation =
    pipeline === null
      ? words.pipeline.failed
      : words.pipeline.explain(
          count(pipeline.journaled),
          count(pipeline.stored),
          count(pipeline.quarantined),
          count(pipeline.duplicate),
          count(pipeline.pending),
        )
  return (
    <>
      <span class={`header-fact${isSlow ? ' is-warning' : ''}`} title={explanation}>
        <Icon name={isSlow ? 'warning' : 'delay'} />
        <span>
          {lagMs === null ? words.pipeline.unknown : `${words.pipeline.lag} ${seconds(lagMs)}`}
        </span>
      </span>
      {pipeline !== null && isTelemetryAway(pipeline.telemetry) && (
        <a class="header-fact is-warning" href="/ops/health" title={words.health.awayDetail}>
          <Icon name="warning" />
          <span>
            {words.health.database} {wordFor(words.storeState, pipeline.telemetry?.state ?? '')}
          </span>
        </a>
      )}
      {pipeline !== null && !pipeline.holds && (
        <span class="header-fact is-broken" role="alert" title={explanation}>
          <Icon name="warning" />
          <span>{words.pipeline.unbalanced}</span>
        </span>
      )}
    </>
  )
}

export function StaleBanner() {
  const { city, preferences } = useApp()
  const words = preferences.words.value.stale
  const { state, attempt, lastByteAt } = city.connection.value
  if (state === 'catching-up')
    return (
      <div class="banner is-catching-up" role="status">
        <Icon name="connecting" />
        <span>{words.catchingUp}</span>
      </div>
    )
  if (state !== 'stale' && state !== 'offline') return null
  // `now` is read so that the age counts up; the difference is taken in one clock, the desk's own.
  const age = lastByteAt === null ? 0 : city.now.value - toServerTime(city, lastByteAt)
  return (
    <div class="banner is-stale" role="alert">
      <Icon name={icons[state]} />
      <span>
        {lastByteAt === null
          ? words.neverConnected(attempt)
          : [
              state === 'offline' && !navigator.onLine ? words.offline : null,
              words.lost(span(age, preferences.words.value), attempt),
              words.showing(clockTime(toServerTime(city, lastByteAt))),
            ]
              .filter(Boolean)
              .join(' · ')}
      </span>
      <button type="button" class="button" onClick={city.retryNow}>
        {words.retry}
      </button>
    </div>
  )
}

function toServerTime(city: ReturnType<typeof useApp>['city'], at: number): number {
  return at + city.clock.offsetMs()
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 9_950 ? 1 : 0)}${THIN_SPACE}s`
}

/** The worse of the two reports: one is fresher, the other may know more. */
function latest(heartbeat: number | null, polled: number | null): number | null {
  if (heartbeat === null) return polled
  return polled === null ? heartbeat : Math.max(heartbeat, polled)
}
