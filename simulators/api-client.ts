// A client of the product's own HTTP API, for what a simulated fleet needs: register, get credentials, read what came of it.

import type { Clock } from '../src/ports.ts'
import { z } from 'zod'
import type { NewDevice } from './city.ts'

const PAGE = 1000
/** Registering is all or nothing and answered at once, so a large fleet goes in parts. */
const REGISTER_BATCH = 500
const CREDENTIALS_AT_ONCE = 16
const PAGES_MAX = 1000
const ANSWER_MAX_MS = 30_000

const credentialSchema = z.object({ username: z.string(), password: z.string() })
const deviceSchema = z.object({ id: z.string(), type: z.string(), simulated: z.boolean().default(false) })
const alertSchema = z.object({
  id: z.string(),
  device: z.string(),
  rule: z.string(),
  severity: z.string(),
  raisedAt: z.string().transform((text) => Date.parse(text)),
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

  async function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
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
      const text = await answer.text()
      if (!answer.ok) throw new Error(`expected a 2xx answer, got ${answer.status} ${text.slice(0, 400)}`)
      return text === '' ? null : JSON.parse(text)
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error)
      throw new Error(`Cannot ${method} ${base}${path}: ${cause}`, { cause: error })
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
      const known = new Map((await list('/devices', deviceSchema)).map((device) => [device.id, device]))
      for (const device of devices) {
        const there = known.get(device.id)
        if (there !== undefined && !there.simulated)
          throw new Error(`Cannot play on ${device.id}: expected a simulated device, got a real one of that name`)
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
          found.set(id, credentialSchema.parse(await call('POST', `/devices/${encodeURIComponent(id)}/credentials`)))
      }
      await Promise.all(Array.from({ length: Math.min(CREDENTIALS_AT_ONCE, ids.length) }, worker))
      return found
    },
    alerts: () => list('/alerts?state=all', alertSchema),
    tickets: () => list('/tickets', ticketSchema),
  }
}
