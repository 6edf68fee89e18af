// Sends status events back to the product: signed, in order for each case, again and again until it answers 2xx.

import type { CaseEvent } from '../../src/core/input.ts'
import type { Clock } from '../../src/ports.ts'
import { createDueQueue } from './due-queue.ts'
import { signWebhook } from './standard-webhook.ts'

export interface PosterCounters {
  readonly eventsDelivered: number
  /** Answers other than 2xx, time-outs and broken connections. */
  readonly eventsFailed: number
  readonly eventsPending: number
  /** Given up because nobody listens or too many wait. */
  readonly eventsDropped: number
}

export interface EventPoster {
  post(event: CaseEvent): void
  counters(): PosterCounters
  close(): Promise<void>
}

interface CaseQueue {
  readonly caseNo: string
  readonly events: CaseEvent[]
  tries: number
}

const AT_ONCE = 4
const PENDING_MAX = 100_000
const TIMEOUT_MS = 10_000
const PAUSE_FIRST_MS = 200
const PAUSE_MAX_MS = 30_000

export function createEventPoster(options: {
  readonly clock: Clock
  readonly secret: string
  /** Where to; null: events are dropped. */
  readonly url: () => string | null
}): EventPoster {
  const { clock, secret, url } = options
  const queues = new Map<string, CaseQueue>()
  const ready: CaseQueue[] = []
  const running = new Set<Promise<void>>()
  const abort = new AbortController()
  const count = { eventsDelivered: 0, eventsFailed: 0, eventsPending: 0, eventsDropped: 0 }
  const pauses = createDueQueue<CaseQueue>(clock, (queue) => {
    ready.push(queue)
    pump()
  })

  function pump(): void {
    while (running.size < AT_ONCE && !abort.signal.aborted) {
      const queue = ready.shift()
      if (queue === undefined) return
      const work = sendFirst(queue).finally(() => {
        running.delete(work)
        pump()
      })
      running.add(work)
    }
  }

  async function sendFirst(queue: CaseQueue): Promise<void> {
    const event = queue.events[0]
    const target = url()
    if (event !== undefined && target !== null && !(await send(target, event))) {
      count.eventsFailed += 1
      const pauseMs = Math.min(PAUSE_MAX_MS, PAUSE_FIRST_MS * 2 ** Math.min(queue.tries, 20))
      queue.tries += 1
      if (!abort.signal.aborted) pauses.add(clock.now() + pauseMs, queue)
      return
    }
    if (target === null) count.eventsDropped += 1
    else count.eventsDelivered += 1
    queue.events.shift()
    count.eventsPending -= 1
    queue.tries = 0
    if (queue.events.length > 0) ready.push(queue)
    else queues.delete(queue.caseNo)
  }

  async function send(target: string, event: CaseEvent): Promise<boolean> {
    const body = JSON.stringify({ ...event, at: new Date(event.at).toISOString() })
    const timeout = new AbortController()
    const cancel = clock.after(TIMEOUT_MS, () => timeout.abort())
    try {
      const response = await fetch(target, {
        method: 'POST',
        redirect: 'manual',
        signal: AbortSignal.any([abort.signal, timeout.signal]),
        headers: {
          'content-type': 'application/json',
          ...signWebhook(secret, event.id, clock.now(), body),
        },
        body,
      })
      await response.body?.cancel()
      return response.ok
    } catch {
      return false
    } finally {
      cancel()
    }
  }

  return {
    post(event) {
      if (url() === null || count.eventsPending >= PENDING_MAX || abort.signal.aborted) {
        count.eventsDropped += 1
        return
      }
      count.eventsPending += 1
      const caseNo = event.caseNo ?? event.id
      const queue = queues.get(caseNo)
      if (queue !== undefined) {
        queue.events.push(event)
        return
      }
      const fresh = { caseNo, events: [event], tries: 0 }
      queues.set(caseNo, fresh)
      ready.push(fresh)
      pump()
    },
    counters: () => ({ ...count }),
    async close() {
      abort.abort()
      pauses.close()
      await Promise.all(running)
    },
  }
}
