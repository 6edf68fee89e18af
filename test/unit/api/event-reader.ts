// Reads server-sent events off a socket, one at a time.

interface ServerEvent {
  readonly id: string
  readonly event: string
  readonly body: Record<string, unknown>
}

export interface EventReader {
  readonly response: Response
  /** The next event, heartbeats included; null at the end of the stream. */
  next(): Promise<ServerEvent | null>
  close(): void
}

export async function readEvents(
  url: string,
  headers: Record<string, string>,
): Promise<EventReader> {
  const cut = new AbortController()
  const response = await fetch(url, { headers, signal: cut.signal })
  const reader = (response.body ?? new ReadableStream()).getReader()
  const decoder = new TextDecoder()
  let waiting = ''
  return {
    response,
    async next() {
      for (;;) {
        const end = waiting.indexOf('\n\n')
        if (end >= 0) {
          const lines = waiting.slice(0, end).split('\n')
          waiting = waiting.slice(end + 2)
          const field = (name: string) =>
            lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
          return { id: field('id'), event: field('event'), body: JSON.parse(field('data')) }
        }
        const { done, value } = await reader.read()
        if (done) return null
        waiting += decoder.decode(value, { stream: true })
      }
    },
    close: () => cut.abort(),
  }
}
