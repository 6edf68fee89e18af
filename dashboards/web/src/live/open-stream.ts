// The stream over `fetch`: the browser's side of `createStream`.

import type { Opening } from './stream.ts'
import { formatStreamId } from './stream-id.ts'
import type { StreamId } from './stream-id.ts'

const TOPICS = 'alerts,tickets,readings,health'

export async function openStream(since: StreamId | null, signal: AbortSignal): Promise<Opening> {
  const query = since === null ? '' : `&since=${encodeURIComponent(formatStreamId(since))}`
  const response = await fetch(`/api/v1/stream?topics=${TOPICS}${query}`, {
    signal,
    credentials: 'same-origin',
    cache: 'no-store',
    headers: { accept: 'text/event-stream' },
  })
  if (response.status === 401 || response.status === 403) return { kind: 'signed-out' }
  if (!response.ok || response.body === null) {
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
    return {
      kind: 'refused',
      retryAfterMs: seconds > 0 ? Math.min(seconds, 60) * 1_000 : null,
    }
  }
  return { kind: 'open', chunks: chunksOf(response.body) }
}

async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    // An aborted body rejects its cancellation too; there is nothing left to do about it.
    reader.cancel().catch(() => undefined)
  }
}
