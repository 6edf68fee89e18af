// How the telemetry database stands: what it is, whether it takes readings, what it says, and how far the rollups are.

import type { Telemetry } from '../../api/pipeline.ts'
import { useApp } from '../../app/context.ts'
import { bytes } from '../../fmt/number.ts'
import { dateTime, span } from '../../fmt/time.ts'
import { wordFor } from '../../i18n/words.ts'

export function TelemetryFacts(props: { readonly telemetry: Telemetry }) {
  const { city, preferences } = useApp()
  const words = preferences.words.value
  const { telemetry } = props
  const { retention, since, rolledUpTo } = telemetry
  const facts: readonly (readonly [string, string | null])[] = [
    [words.health.server, telemetry.server ?? wordFor(words.storeKind, telemetry.kind)],
    [
      words.health.state,
      [
        wordFor(words.storeState, telemetry.state),
        since === null ? null : `${words.health.since} ${dateTime(since)}`,
        since === null ? null : `(${span(city.now.value - since, words)})`,
      ]
        .filter(Boolean)
        .join(' '),
    ],
    [words.health.said, telemetry.detail],
    [words.health.rolledUpTo, rolledUpTo === null ? null : dateTime(rolledUpTo)],
    [words.health.dirty, String(telemetry.dirty)],
    [
      words.health.retention,
      retention === null
        ? words.health.retentionNever
        : `${dateTime(retention.at)} · ${words.health.took(retention.pieces, retention.bytes === null ? null : bytes(retention.bytes))}`,
    ],
  ]
  return (
    <dl class="facts is-wide">
      {facts.map(
        ([name, value]) =>
          value !== null && (
            <div key={name}>
              <dt>{name}</dt>
              <dd data-user-text>{value}</dd>
            </div>
          ),
      )}
    </dl>
  )
}
