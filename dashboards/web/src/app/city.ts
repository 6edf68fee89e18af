// Everything the screens share about the city: alerts, tickets, types, the connection, the pipeline. It owns the feed and commits
// what changed at most four times a second.

import { signal } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import { readAlert } from '../api/alert.ts'
import type { ApiClient } from '../api/client.ts'
import { readCatalogue } from '../api/catalogue.ts'
import type { Catalogue } from '../api/catalogue.ts'
import { readDevice } from '../api/device.ts'
import type { Latest } from '../api/device.ts'
import { readAll } from '../api/pages.ts'
import { readPipeline } from '../api/pipeline.ts'
import type { Pipeline } from '../api/pipeline.ts'
import { readTicket } from '../api/ticket.ts'
import { createServerClock, createThrottle, every } from '../live/clock.ts'
import type { Clock, ServerClock } from '../live/clock.ts'
import { createFeed } from '../live/feed.ts'
import { openStream } from '../live/open-stream.ts'
import { createAlertStore } from '../live/store.ts'
import type { AlertStore } from '../live/store.ts'
import { createStream } from '../live/stream.ts'
import type { Connection } from '../live/stream.ts'
import { createTicketBook } from '../live/ticket-book.ts'
import type { TicketBook } from '../live/ticket-book.ts'

export interface City {
  readonly alerts: AlertStore
  /** Counts up when alerts changed; read it to be drawn again. */
  readonly alertsVersion: ReadonlySignal<number>
  readonly tickets: TicketBook
  readonly ticketsVersion: ReadonlySignal<number>
  readonly areTicketsTruncated: ReadonlySignal<boolean>
  readonly catalogue: ReadonlySignal<Catalogue>
  readonly connection: ReadonlySignal<Connection>
  readonly isLoaded: ReadonlySignal<boolean>
  readonly pipeline: ReadonlySignal<Pipeline | null>
  readonly lagMs: ReadonlySignal<number | null>
  /** Something simulated has been shown; stays so until the page is loaded again. */
  readonly isSimulated: ReadonlySignal<boolean>
  readonly clock: ServerClock
  /** Server time, once a second. */
  readonly now: ReadonlySignal<number>
  /** Calls back with each fresh reading of the device; the returned function ends it. */
  watch(device: string, listener: (latest: Latest) => void): () => void
  /** After a change made by this page itself. */
  commitAlerts(): void
  /** Takes note that something simulated is on the screen. */
  noteSimulated(isSimulated: boolean): void
  takeTicket(value: unknown): void
  readonly retryNow: () => void
  start(): void
  close(): void
}

const COMMIT_EVERY_MS = 250
const PIPELINE_EVERY_MS = 5_000
const HIDDEN_PAUSE_MS = 60_000
const ALERT_PAGES_MAX = 20
const TICKET_PAGES_MAX = 2

export function createCity(options: { readonly api: ApiClient; readonly clock: Clock }): City {
  const { api, clock } = options
  const serverClock = createServerClock(clock)
  const alerts = createAlertStore()
  const tickets = createTicketBook()
  const alertsVersion = signal(0)
  const ticketsVersion = signal(0)
  const areTicketsTruncated = signal(false)
  const catalogue = signal<Catalogue>(new Map())
  const connection = signal<Connection>({ state: 'connecting', attempt: 0, lastByteAt: null })
  const isLoaded = signal(false)
  const pipeline = signal<Pipeline | null>(null)
  const lagMs = signal<number | null>(null)
  const isSimulated = signal(false)
  const now = signal(serverClock.now())
  const watchers = new Map<string, Set<(latest: Latest) => void>>()
  const endings: (() => void)[] = []

  const commitAlerts = createThrottle(clock, COMMIT_EVERY_MS, () => {
    for (const alert of alerts.all()) noteSimulated(alert.simulated)
    alertsVersion.value += 1
  })
  const commitTickets = createThrottle(clock, COMMIT_EVERY_MS, () => {
    for (const ticket of tickets.all()) noteSimulated(ticket.simulated)
    ticketsVersion.value += 1
  })

  function noteSimulated(seen: boolean): void {
    if (seen && !isSimulated.peek()) isSimulated.value = true
  }

  const feed = createFeed({
    clock,
    serverClock,
    store: alerts,
    async loadSnapshot(signal) {
      const path = '/alerts?state=active&limit=1000'
      const listed = await readAll(api, path, readAlert, { pagesMax: ALERT_PAGES_MAX, signal })
      return { asOf: listed.asOf ?? '', alerts: listed.items }
    },
    onAlerts() {
      isLoaded.value = true
      commitAlerts()
    },
    onTickets(changed) {
      tickets.take(changed)
      commitTickets()
    },
    onReadings(readings) {
      for (const latest of readings) {
        noteSimulated(latest.simulated)
        for (const listener of watchers.get(latest.device) ?? []) listener(latest)
      }
    },
    onPresence: () => undefined,
    onHeartbeat: (lag) => (lagMs.value = lag),
    onResync: () => void loadTickets(),
  })

  const stream = createStream({
    clock,
    random: Math.random,
    prepare: feed.prepare,
    open: (signal) => openStream(alerts.resumeFrom(), signal),
    onEvent: feed.onEvent,
    onChange: (next) => (connection.value = next),
  })

  async function loadTickets(): Promise<void> {
    try {
      const listed = await readAll(api, '/tickets?limit=1000', readTicket, {
        pagesMax: TICKET_PAGES_MAX,
      })
      tickets.take(listed.items)
      areTicketsTruncated.value = listed.isTruncated
      commitTickets()
    } catch {
      // The stream still brings tickets as they change, and the next resync loads the list again.
      clock.after(PIPELINE_EVERY_MS, () => void loadTickets())
    }
  }

  async function loadCatalogue(): Promise<void> {
    try {
      catalogue.value = readCatalogue(await api.get('/types'))
    } catch {
      // Until it is there, metrics and rules show under their ids.
      clock.after(PIPELINE_EVERY_MS, () => void loadCatalogue())
    }
  }

  async function loadPipeline(): Promise<void> {
    try {
      pipeline.value = readPipeline(await api.get('/pipeline'))
    } catch {
      pipeline.value = null
    }
  }

  /** A first look at the registry, since a quiet simulated city shows no simulated alert. */
  async function lookForSimulated(): Promise<void> {
    try {
      const listed = await readAll(api, '/devices?limit=50', readDevice, { pagesMax: 1 })
      noteSimulated(listed.items.some((device) => device.simulated))
    } catch {
      clock.after(PIPELINE_EVERY_MS, () => void lookForSimulated())
    }
  }

  function followVisibility(): void {
    let cancelPause = (): void => undefined
    const onChange = (): void => {
      cancelPause()
      if (document.hidden) cancelPause = clock.after(HIDDEN_PAUSE_MS, () => stream.pause())
      else {
        stream.resume()
        stream.retryNow()
      }
    }
    const onOnline = (): void => stream.setNetwork(true)
    const onOffline = (): void => stream.setNetwork(false)
    document.addEventListener('visibilitychange', onChange)
    addEventListener('online', onOnline)
    addEventListener('offline', onOffline)
    endings.push(() => {
      cancelPause()
      document.removeEventListener('visibilitychange', onChange)
      removeEventListener('online', onOnline)
      removeEventListener('offline', onOffline)
    })
  }

  return {
    alerts,
    alertsVersion,
    tickets,
    ticketsVersion,
    areTicketsTruncated,
    catalogue,
    connection,
    isLoaded,
    pipeline,
    lagMs,
    isSimulated,
    clock: serverClock,
    now,
    watch(device, listener) {
      const listeners = watchers.get(device) ?? new Set()
      watchers.set(device, listeners)
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) watchers.delete(device)
      }
    },
    commitAlerts,
    noteSimulated,
    takeTicket(value) {
      const ticket = readTicket(value)
      if (ticket === null) return
      tickets.take([ticket])
      commitTickets()
    },
    retryNow: () => stream.retryNow(),
    start() {
      stream.start()
      followVisibility()
      void loadCatalogue()
      void loadTickets()
      void loadPipeline()
      void lookForSimulated()
      endings.push(
        every(clock, 1_000, () => {
          now.value = serverClock.now()
          const before = alerts.size
          alerts.sweep(clock.now())
          if (alerts.size !== before) commitAlerts()
        }),
        every(clock, PIPELINE_EVERY_MS, () => {
          if (!document.hidden) void loadPipeline()
        }),
      )
    },
    close() {
      stream.close()
      for (const end of endings.splice(0)) end()
    },
  }
}
