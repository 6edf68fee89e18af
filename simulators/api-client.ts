// A client of the product's own HTTP API, for what a simulated fleet needs: register, get credentials, read what came of it.

import type { Clock } from '../src/ports.ts'
import { z } from 'zod'
import type { NewDevice } from './city.ts'

const PAGE = 1000
/** Registering is all or nothing and answered at once, so a large fleet goes in parts. */
const REGISTER_BATCH = 500
const ACKNOWLEDGE_BATCH = 100
const CREDENTIALS_AT_ONCE = 16
const PAGES_MAX = 1000
const ANSWER_MAX_MS = 30_000
const ATTEMPTS_MAX = 60
const RETRY_AFTER_MAX_MS = 10_000

const credentialSchema = z.object({ username: z.string(), password: z.string() })
const deviceSchema = z.object({
  id: z.string(),
  type: z.string(),
  simulated: z.boolean().default(false),
})
const alertSchema = z.object({
  id: z.string(),
  device: z.string(),
  rule: z.string(),
  severity: z.string(),
  state: z.string(),
  raisedAt: z.string().transform((text) => Date.parse(text)),
  returnedAt: z
    .string()
    .nullish()
    .transform((text) => (typeof text === 'string' ? Date.parse(text) : null)),
})
const ticketSchema = z.object({
  id: z.string(),
  alert: z.string(),
  device: z.string(),
  openedAt: z.string().transform((text) => Date.parse(text)),
  delivery: z.object({ state: z.string() }),
})

export type ApiAlert = z.output<typeof alertSchema>
export type ApiTicket = z.output<typeof ticketSchema>
export type Credential = z.output<typeof credentialSchema>

export interface ApiClient {
  /** Registers what is missing; devices that are there are kept as they are. Answers how many were new. */
  register(devices: readonly NewDevice[]): Promise<number>
  /** New credentials by device id; older ones stop working. */
  credentials(ids: readonly string[]): Promise<ReadonlyMap<string, Credential>>
  alerts(): Promise<readonly ApiAlert[]>
  acknowledge(ids: readonly string[]): Promise<void>
  tickets(): Promise<readonly ApiTicket[]>
}

export interface ApiClientOptions {
  /** Where the product answers, without `/api/v1`. */
  readonly url: string
  readonly token: string
  readonly clock: Clock
}

/** Every call rejects with what failed, the address and the answer; the token is never part of it. */
export function createApiClient({ url, token, clock }: ApiClientOptions): ApiClient {
  const base = `${url.replace(/\/$/, '')}/api/v1`

  /** Waits and repeats where the product asks for patience: its write limit is below what a fleet wants at its start. */
  async function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const answer = await ask(method, path, body)
      if (answer.status >= 200 && answer.status < 300)
        return answer.text === '' ? null : JSON.parse(answer.text)
      if ((answer.status !== 429 && answer.status !== 503) || attempt === ATTEMPTS_MAX)
        throw new Error(
          `Cannot ${method} ${base}${path}: expected a 2xx answer, got ${answer.status} ${answer.text.slice(0, 400)}`,
        )
      await new Promise<void>((resolve) => void clock.after(answer.retryAfterMs, resolve))
    }
  }

  async function ask(method: 'GET' | 'POST', path: string, body: unknown) {
    const giveUp = new AbortController()
    const cancel = clock.after(ANSWER_MAX_MS, () => giveUp.abort())
    try {
      const answer = await fetch(`${base}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: giveUp.signal,
      })
      const retryAfterMs = Number(answer.headers.get('retry-after') ?? 1) * 1000
      return {
        status: answer.status,
        text: await answer.text(),
        retryAfterMs: Number.isFinite(retryAfterMs)
          ? Math.min(RETRY_AFTER_MAX_MS, Math.max(50, retryAfterMs))
          : 1000,
      }
    } catch (error) {
      throw new Error(`Cannot ${method} ${base}${path}: ${causeOf(error)}`, { cause: error })
    } finally {
      cancel()
    }
  }

  async function list<T extends z.ZodType>(path: string, item: T): Promise<readonly z.output<T>[]> {
    const page = z.object({ items: z.array(item), cursor: z.string().nullable() })
    const found: z.output<T>[] = []
    let cursor: string | null = null
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const joint = path.includes('?') ? '&' : '?'
      const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const answer = page.parse(await call('GET', `${path}${joint}limit=${PAGE}${after}`))
      found.push(...answer.items)
      cursor = answer.cursor
      if (cursor === null) break
    }
    return found
  }

  return {
    async register(devices) {
      const known = new Map(
        (await list('/devices', deviceSchema)).map((device) => [device.id, device]),
      )
      for (const device of devices) {
        const there = known.get(device.id)
        if (there !== undefined && !there.simulated)
          throw new Error(
            `Cannot play on ${device.id}: expected a simulated device, got a real one of that name`,
          )
      }
      const missing = devices.filter((device) => !known.has(device.id))
      for (let at = 0; at < missing.length; at += REGISTER_BATCH)
        await call('POST', '/devices', missing.slice(at, at + REGISTER_BATCH))
      return missing.length
    },
    async credentials(ids) {
      const found = new Map<string, Credential>()
      const waiting = ids.values()
      const worker = async (): Promise<void> => {
        for (const id of waiting)
          found.set(
            id,
            credentialSchema.parse(
              await call('POST', `/devices/${encodeURIComponent(id)}/credentials`),
            ),
          )
      }
      await Promise.all(Array.from({ length: Math.min(CREDENTIALS_AT_ONCE, ids.length) }, worker))
      return found
    },
    alerts: () => list('/alerts?state=all', alertSchema),
    async acknowledge(ids) {
      for (let at = 0; at < ids.length; at += ACKNOWLEDGE_BATCH)
        await call('POST', '/alerts/ack', { ids: ids.slice(at, at + ACKNOWLEDGE_BATCH) })
    },
    tickets: () => list('/tickets', ticketSchema),
  }
}

/** `fetch` hides the reason (refused, timed out) one level down. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
