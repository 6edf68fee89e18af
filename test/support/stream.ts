// Reads the product's event stream as a page would.

import type { Product } from './product.ts'

export interface StreamEvent {
  readonly kind: 'alert' | 'ticket'
  readonly item: Record<string, unknown>
}

export interface StreamReader {
  /** The first event, past or future, that satisfies. */
  next(wanted: (event: StreamEvent) => boolean, timeoutMs?: number): Promise<StreamEvent>
  close(): Promise<void>
}

export async function openStream(product: Product, topics: string): Promise<StreamReader> {
  const abort = new AbortController()
  const response = await fetch(`${product.http}/api/v1/stream?topics=${topics}`, {
    headers: { authorization: `Bearer ${product.token}` },
    signal: abort.signal,
  })
  if (response.status !== 200 || response.body === null)
    throw new Error(`The stream answered ${response.status}`)
  const events: StreamEvent[] = []
  const waiting = new Set<() => void>()
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  const reading = (async () => {
    let text = ''
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      text += value
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        if (!block.includes('event: batch')) continue
        const data = block
          .split('\n')
          .filter((line) => line.startsWith('data:'))
          .map((line) => line.slice(5).trim())
          .join('')
        const batch = JSON.parse(data) as {
          alerts?: Record<string, unknown>[]
          tickets?: Record<string, unknown>[]
        }
        for (const item of batch.alerts ?? []) events.push({ kind: 'alert', item })
        for (const item of batch.tickets ?? []) events.push({ kind: 'ticket', item })
      }
      for (const wake of waiting) wake()
    }
  })().catch(() => {})

  return {
    next: (wanted, timeoutMs = 10_000) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = events.find(wanted)
          if (found === undefined) return
          clearTimeout(timer)
          waiting.delete(look)
          resolve(found)
        }
        const timer = setTimeout(() => {
          waiting.delete(look)
          reject(
            new Error(
              `No such event on the stream within ${timeoutMs} ms; ${events.length} events seen`,
            ),
          )
        }, timeoutMs)
        waiting.add(look)
        look()
      }),
    async close() {
      abort.abort()
      await reading
    },
  }
}
