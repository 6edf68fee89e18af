// The two other promises under load: a reading posted to the HTTP door is kept once it was answered 202, and so is a command once it
// was answered 200. One of each at a time; what was not answered is sent again, as it was.

import type { Instance } from './instance.ts'
import { pause } from './pause.ts'

export const DOOR_DEVICE = 'CR-H-0000'
const PAUSE_MS = 8

export interface Door {
  /** Readings answered 202 and not yet looked up. */
  readonly unchecked: readonly { readonly ts: number; readonly value: number }[]
  /** They were found. */
  checked(count: number): void
  /** Readings answered 202 in all. */
  readonly total: number
  /** The last name that was answered 200, and the last one that was sent. */
  readonly names: { readonly answered: number; readonly sent: number }
  readonly problems: readonly string[]
  start(instance: Instance): void
  /** Sends nothing new and resolves when the last answers have come or can come no more. */
  stop(): Promise<void>
  /** No new reading; the last one is sent until it is answered. Resolves when it was. */
  finish(instance: Instance): Promise<void>
}

export function nameOf(count: number): string {
  return `崩溃测试 ${count}`
}

export function createDoor(now: () => number): Door {
  const unchecked: { readonly ts: number; readonly value: number }[] = []
  const problems: string[] = []
  let total = 0
  let reading: { readonly ts: number; readonly value: number } | null = null
  let lastTs = 0
  let answered = 0
  let sent = 0
  let isRunning = false
  let loops: Promise<unknown> = Promise.resolve()

  async function post(instance: Instance): Promise<boolean> {
    reading ??= { ts: Math.max(lastTs + 1, now() - 20), value: (total % 90) / 10 }
    const { ts, value } = reading
    lastTs = ts
    try {
      const { status, body } = await instance.api('POST', '/ingest', {
        v: 1,
        device: DOOR_DEVICE,
        ts,
        m: { leakage_current: value },
      })
      if (status === 202) {
        unchecked.push({ ts, value })
        total++
        reading = null
        return true
      }
      // 503: the journal is full or holds; the same reading again.
      if (status !== 503) problems.push(`POST /ingest: ${status} ${JSON.stringify(body)}`)
    } catch {
      // The product was killed: nobody knows.
    }
    return false
  }

  async function rename(instance: Instance): Promise<void> {
    const next = sent + 1
    sent = next
    try {
      const { status, body } = await instance.api('PATCH', `/devices/${DOOR_DEVICE}`, {
        name: nameOf(next),
      })
      if (status === 200) answered = next
      else if (status !== 503) problems.push(`PATCH: ${status} ${JSON.stringify(body)}`)
    } catch {
      // As above.
    }
  }

  const isStopped = () => !isRunning

  async function loop(step: () => Promise<unknown>): Promise<void> {
    while (!isStopped()) {
      await step()
      await pause(PAUSE_MS)
    }
  }

  return {
    unchecked,
    checked(count) {
      unchecked.splice(0, count)
    },
    get total() {
      return total
    },
    get names() {
      return { answered, sent }
    },
    problems,
    start(instance) {
      isRunning = true
      loops = Promise.all([loop(() => post(instance)), loop(() => rename(instance))])
    },
    async stop() {
      isRunning = false
      await loops
    },
    async finish(instance) {
      isRunning = false
      await loops
      for (let attempt = 0; reading !== null && attempt < 200; attempt++) {
        await post(instance)
        if (reading !== null) await pause(25)
      }
    },
  }
}
