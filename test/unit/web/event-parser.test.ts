// The reader of server-sent events: the same events, however the network cuts the bytes.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEventParser } from '../../../dashboards/web/src/live/event-parser.ts'
import { formatStreamId, parseStreamId } from '../../../dashboards/web/src/live/stream-id.ts'

const TEXT =
  ': comment\r\nid: e.1\r\nevent: hello\r\ndata: {"a":"河套"}\r\n\r\nid: e.2\nevent: batch\ndata: one\ndata: two\n\n\ndata\n\nevent: hb\nid: e.3\n\n'
const EVENTS = [
  { event: 'hello', id: 'e.1', data: '{"a":"河套"}' },
  { event: 'batch', id: 'e.2', data: 'one\ntwo' },
  { event: 'message', id: 'e.2', data: '' },
]

describe('event parser', () => {
  it('gives the same events for every cut of the bytes', () => {
    const bytes = new TextEncoder().encode(TEXT)
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const parser = createEventParser()
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const events = places
          .slice(1)
          .flatMap((end, index) => parser.push(bytes.subarray(places[index] ?? 0, end)))
        expect(events).toEqual(EVENTS)
      }),
    )
  })

  it('refuses an event that never ends', () => {
    const parser = createEventParser()
    const piece = new TextEncoder().encode('x'.repeat(4 * 1024 * 1024))
    expect(() => {
      for (let count = 0; count < 5; count++) parser.push(piece)
    }).toThrow(/at most/)
  })
})

describe('stream id', () => {
  it.each([['e1.0'], ['2026.11.22.7'], ['x.9007199254740991']])(
    '%s survives a round trip',
    (text) => {
      const id = parseStreamId(text)
      expect(id === null ? null : formatStreamId(id)).toBe(text)
    },
  )

  it.each([[''], ['e1'], ['e1.'], ['.5'], ['e1.-1'], ['e1.1.5x'], ['e1.1e99']])(
    '"%s" is not one',
    (text) => expect(parseStreamId(text)).toBeNull(),
  )
})
