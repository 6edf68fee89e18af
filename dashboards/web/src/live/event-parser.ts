// Server-sent events from a byte stream (HTML Living Standard, section 9.2.6), without a browser: `fetch` shows the status and
// lets us decide about retries, which `EventSource` does not.

export interface ServerEvent {
  readonly event: string
  readonly id: string | null
  readonly data: string
}

export interface EventParser {
  /** Returns the events that these bytes complete. Throws RangeError when an event grows beyond the limit. */
  push(bytes: Uint8Array): readonly ServerEvent[]
}

/** A snapshot of all readings of a large city stays far below this; a stream that exceeds it is not ours. */
export const EVENT_CHARACTERS_MAX = 16 * 1024 * 1024

export function createEventParser(): EventParser {
  const decoder = new TextDecoder()
  let rest = ''
  let event = ''
  let id: string | null = null
  let data: string[] = []
  let dataCharacters = 0

  function take(line: string, events: ServerEvent[]): void {
    if (line === '') {
      if (data.length > 0) events.push({ event: event || 'message', id, data: data.join('\n') })
      event = ''
      data = []
      dataCharacters = 0
      return
    }
    if (line.startsWith(':')) return
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') event = value
    else if (field === 'id') id = value
    else if (field === 'data') {
      data.push(value)
      dataCharacters += value.length
    }
  }

  return {
    push(bytes) {
      const events: ServerEvent[] = []
      // A lone CR at the end may be half of a CR LF; keeping it back is simpler than remembering it.
      const text = rest + decoder.decode(bytes, { stream: true })
      const heldBack = text.endsWith('\r') ? 1 : 0
      const lines = text.slice(0, text.length - heldBack).split(/\r\n|\n|\r/)
      rest = (lines.pop() ?? '') + text.slice(text.length - heldBack)
      for (const line of lines) take(line, events)
      if (rest.length + dataCharacters > EVENT_CHARACTERS_MAX)
        throw new RangeError(
          `Cannot read the stream: expected events of at most ${EVENT_CHARACTERS_MAX} characters, got more`,
        )
      return events
    },
  }
}
