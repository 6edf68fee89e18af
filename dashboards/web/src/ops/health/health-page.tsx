// The pipeline: what became of everything that was received, how far each part is, and how the telemetry database stands. It follows
// what the city knows of the pipeline, which is asked for every few seconds.

import type { ComponentChildren } from 'preact'
import { isTelemetryAway } from '../../api/pipeline.ts'
import type { Pipeline } from '../../api/pipeline.ts'
import { useApp } from '../../app/context.ts'
import { bytes } from '../../fmt/number.ts'
import { dateTime, span } from '../../fmt/time.ts'
import { wordFor } from '../../i18n/words.ts'
import { Icon } from '../../ui/icon.tsx'
import { Skeleton } from '../../ui/state-panel.tsx'
import { TelemetryFacts } from './telemetry-facts.tsx'

export function HealthPage() {
  const { city, preferences } = useApp()
  const words = preferences.words.value.health
  const pipeline = city.pipeline.value
  return (
    <div class="desk">
      <section class="desk-main">
        <div class="toolbar">
          <h1 class="toolbar-title">{words.title}</h1>
        </div>
        <div class="table-area">
          {pipeline === null ? <Skeleton rows={8} /> : <HealthBody pipeline={pipeline} />}
        </div>
      </section>
    </div>
  )
}

function HealthBody(props: { readonly pipeline: Pipeline }) {
  const { preferences } = useApp()
  const words = preferences.words.value.health
  const { pipeline } = props
  return (
    <div class="health">
      <Section title={words.accounts}>
        <dl class="health-numbers">
          <Amount name={words.journaled} count={pipeline.journaled} />
          <Amount name={words.stored} count={pipeline.stored} />
          <Amount name={words.quarantined} count={pipeline.quarantined} />
          <Amount name={words.duplicate} count={pipeline.duplicate} />
          <Amount name={words.pending} count={pipeline.pending} />
        </dl>
        <Verdict
          isGood={pipeline.holds}
          text={pipeline.holds ? words.balanced : words.unbalanced}
        />
      </Section>
      {pipeline.telemetry !== null && (
        <Section title={words.database}>
          <TelemetryFacts telemetry={pipeline.telemetry} />
          {isTelemetryAway(pipeline.telemetry) && (
            <Verdict isGood={false} text={words.awayDetail} />
          )}
        </Section>
      )}
      <Section title={words.cursors}>
        <Cursors pipeline={pipeline} />
      </Section>
      <Section title={words.journal}>
        <JournalFacts pipeline={pipeline} />
      </Section>
      <Section title={words.refused}>
        <Refused pipeline={pipeline} />
      </Section>
    </div>
  )
}

function Section(props: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section class="section">
      <h2>{props.title}</h2>
      {props.children}
    </section>
  )
}

function Amount(props: { readonly name: string; readonly count: number }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd class="live-number">{props.count.toLocaleString('en')}</dd>
    </div>
  )
}

function Verdict(props: { readonly isGood: boolean; readonly text: string }) {
  return (
    <p class={`verdict${props.isGood ? '' : ' is-bad'}`} role={props.isGood ? 'status' : 'alert'}>
      <Icon name={props.isGood ? 'check' : 'warning'} />
      <span>{props.text}</span>
    </p>
  )
}

function Cursors(props: { readonly pipeline: Pipeline }) {
  const { preferences } = useApp()
  const words = preferences.words.value
  return (
    <table class="facts-table">
      <thead>
        <tr>
          <th>{words.health.cursor}</th>
          <th>{words.health.position}</th>
          <th>{words.health.behind}</th>
        </tr>
      </thead>
      <tbody>
        {props.pipeline.cursors.map((cursor) => (
          <tr key={cursor.name}>
            <td>{wordFor(words.cursorName, cursor.name)}</td>
            <td class="live-number">{cursor.position}</td>
            <td>
              {cursor.lagMs < 1_000 ? words.health.isCurrent : span(cursor.lagMs, words)}
              {cursor.name === 'rollups' && <span class="muted"> · {words.health.grace}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function JournalFacts(props: { readonly pipeline: Pipeline }) {
  const { city, preferences } = useApp()
  const words = preferences.words.value.health
  const { journal, connections } = props.pipeline
  return (
    <>
      <dl class="facts is-wide">
        <div>
          <dt>{words.onDisk}</dt>
          <dd>{bytes(journal.bytes)}</dd>
        </div>
        <div>
          <dt>{words.segments}</dt>
          <dd>{journal.segments}</dd>
        </div>
        <div>
          <dt>{words.waiting}</dt>
          <dd>{journal.waiting}</dd>
        </div>
        {connections !== null && (
          <div>
            <dt>{words.connections}</dt>
            <dd>{connections}</dd>
          </div>
        )}
        <div>
          <dt>{preferences.words.value.cityTime}</dt>
          <dd>{dateTime(city.now.value)}</dd>
        </div>
      </dl>
      {journal.holding !== null && (
        <Verdict isGood={false} text={`${words.holding}: ${journal.holding}`} />
      )}
    </>
  )
}

function Refused(props: { readonly pipeline: Pipeline }) {
  const { preferences } = useApp()
  const words = preferences.words.value
  const refused = props.pipeline.refused.filter(([, count]) => count > 0)
  if (refused.length === 0) return <p class="muted">{words.health.nothingRefused}</p>
  return (
    <table class="facts-table">
      <thead>
        <tr>
          <th>{words.health.reason}</th>
          <th>{words.health.times}</th>
        </tr>
      </thead>
      <tbody>
        {refused.map(([reason, count]) => (
          <tr key={reason}>
            <td>{wordFor(words.refusal, reason)}</td>
            <td class="live-number">{count.toLocaleString('en')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
