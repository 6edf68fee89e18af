// /metrics: the process and the product in Prometheus' text format.

import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import { access } from './access.ts'
import type { ApiParts } from './parts.ts'
import type { Server } from './server.ts'
import { storeStates } from './telemetry-status.ts'

/** The read model pages; beyond this the two ticket gauges stand still. */
const TICKETS_COUNTED_MAX = 1000

/** Code of the quarantine's items that the telemetry database has refused. */
const STORE_REFUSED = 'store_refused'

export function metricRoutes(app: Server, parts: ApiParts, openStreams: () => number): void {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  pipelineMetrics(registry, parts)
  telemetryMetrics(registry, parts)
  caseMetrics(registry, parts)
  const requests = new Counter({
    name: 'hetao_http_requests_total',
    help: 'HTTP requests by method, route and status',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  })
  gauge(registry, 'hetao_http_streams', 'Open event streams', openStreams)
  for (const { name, help, value } of parts.metrics) gauge(registry, name, help, value)

  app.addHook('onResponse', (request, reply, done) => {
    requests.inc({
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
    })
    done()
  })

  app.get(
    '/metrics',
    {
      config: { access: access.scrape },
      schema: { tags: ['health'], summary: 'Metrics in the text format of Prometheus' },
    },
    async (_request, reply) => {
      const text = await registry.metrics()
      return reply.type(registry.contentType).send(text)
    },
  )
}

function pipelineMetrics(registry: Registry, parts: ApiParts): void {
  const status = () => parts.pipeline()
  total(
    registry,
    'hetao_pipeline_items_total',
    'Readings and messages since the product was set up, by outcome: journaled = stored + quarantined + duplicate + pending; revised are duplicates with other values',
    'outcome',
    () => {
      const { journaled, stored, quarantined, duplicate, revised } = status()
      return { journaled, stored, quarantined, duplicate, revised }
    },
  )
  total(
    registry,
    'hetao_refused_total',
    'Messages and sign-ins turned away at a door since the start and never journaled, by reason',
    'reason',
    () => status().refused,
  )
  total(
    registry,
    'hetao_quarantined_total',
    'Messages and readings taken into quarantine, by reason code',
    'code',
    () => parts.reader.quarantineCounts(),
  )
  gauge(
    registry,
    'hetao_pipeline_pending',
    'Readings and messages journaled, and neither stored nor quarantined yet',
    () => status().pending,
  )
  gauge(
    registry,
    'hetao_pipeline_holds',
    '1 while journaled = stored + quarantined + duplicate + pending, 0 when it is not so',
    () => (status().holds ? 1 : 0),
  )
  gauge(
    registry,
    'hetao_pipeline_lag_seconds',
    'Seconds for which the oldest journaled record has waited to be judged',
    () => status().lagMs / 1000,
  )
  labelled(
    registry,
    'hetao_cursor_lag_seconds',
    'Seconds that each reader of the journal is behind: engine judges, telemetry stores, snapshot saves the state, rollups makes windows',
    'cursor',
    () => Object.fromEntries(status().cursors.map(({ name, lagMs }) => [name, lagMs / 1000])),
  )
  gauge(
    registry,
    'hetao_journal_bytes',
    'Bytes of the journal on disk',
    () => status().journal.bytesOnDisk,
  )
  gauge(registry, 'hetao_journal_segments', 'Files of the journal', () => status().journal.segments)
  gauge(
    registry,
    'hetao_journal_pending_entries',
    'Records that wait to be safe on disk',
    () => status().journal.pendingEntries,
  )
  gauge(
    registry,
    'hetao_journal_holding',
    '1 while nothing is made safe, because the disk is full or fails or the engine does not follow',
    () => (status().journal.holding === null ? 0 : 1),
  )
  gauge(registry, 'hetao_mqtt_connections', 'Open MQTT connections', () => status().connections)
}

function telemetryMetrics(registry: Registry, parts: ApiParts): void {
  const status = () => parts.pipeline().telemetry
  labelled(
    registry,
    'hetao_telemetry_store_state',
    '1 for the state that the telemetry database is in, 0 for the others; in every other than ready readings wait, and none is lost',
    'state',
    () => {
      const { state } = status()
      return Object.fromEntries(storeStates.map((one) => [one, one === state ? 1 : 0]))
    },
  )
  gauge(
    registry,
    'hetao_rollup_lag_seconds',
    'Seconds that the rollups are behind the newest reading; a few minutes are the grace for late ones',
    () => status().rollups.lagMs / 1000,
  )
  gauge(
    registry,
    'hetao_rollup_dirty',
    'Hours and days of devices or types that wait to be worked out again',
    () => status().rollups.dirty,
  )
  const refused: Counter = new Counter({
    name: 'hetao_telemetry_refused_total',
    help: 'Readings that the telemetry database has refused for good; they are in quarantine',
    registers: [registry],
    collect(): void {
      refused.reset()
      refused.inc(parts.reader.quarantineCounts()[STORE_REFUSED] ?? 0)
    },
  })
}

function caseMetrics(registry: Registry, parts: ApiParts): void {
  labelled(
    registry,
    'hetao_alerts_active',
    'Open alerts by severity, P1 the gravest',
    'severity',
    () => ({
      P1: 0,
      P2: 0,
      P3: 0,
      ...parts.reader.activeAlertCounts(),
    }),
  )
  labelled(
    registry,
    'hetao_tickets_undelivered',
    `Tickets that are not with the case system, by delivery state; counted up to ${TICKETS_COUNTED_MAX}`,
    'delivery',
    () => {
      const counts = { queued: 0, retrying: 0, rejected: 0 }
      for (const { ticket } of parts.reader.outbox(TICKETS_COUNTED_MAX)) {
        const { state } = ticket.delivery
        if (state === 'queued' || state === 'retrying') counts[state]++
      }
      const rejected = { delivery: 'rejected', device: null, division: null }
      const page = parts.reader.tickets(rejected, { limit: TICKETS_COUNTED_MAX, cursor: null })
      counts.rejected = page.items.length
      return counts
    },
  )
}

function gauge(registry: Registry, name: string, help: string, value: () => number): void {
  const metric: Gauge = new Gauge({
    name,
    help,
    registers: [registry],
    collect: () => metric.set(value()),
  })
}

function labelled(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  values: () => Readonly<Record<string, number>>,
): void {
  const metric: Gauge = new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect(): void {
      metric.reset()
      for (const [key, value] of Object.entries(values())) metric.set({ [label]: key }, value)
    },
  })
}

/** A counter that the product keeps itself and that survives restarts. */
function total(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  values: () => Readonly<Record<string, number>>,
): void {
  const metric: Counter = new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect(): void {
      metric.reset()
      for (const [key, value] of Object.entries(values())) metric.inc({ [label]: key }, value)
    },
  })
}
