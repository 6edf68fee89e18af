// The golden vectors of the JSON formats, written by hand: what comes in, and what is read from it.

import { describe, expect, it } from 'vitest'
import type { Decoded } from '../../../src/core/messages/reading.ts'
import { decodeJson, goldenVectors, jsonFormats } from './json-formats.ts'

describe.each(jsonFormats)('%s', (format) => {
  it.each(goldenVectors(format))('$name: $description', ({ topic, receivedAt, json, expected }) => {
    const at = receivedAt === undefined ? undefined : Date.parse(receivedAt)
    expect(plain(decodeJson(format, topic, json, at))).toEqual(expected)
  })
})

/** As the files have it: times and bytes as text, answers as JSON. */
function plain(decoded: Decoded): unknown {
  if (decoded.kind === 'refused') return decoded
  const { kind: _, readings, replies, ...rest } = decoded
  return {
    ...rest,
    readings: readings.map(({ ts, bytes, ...reading }) => ({
      ...reading,
      ts: ts === null ? null : new Date(ts).toISOString(),
      ...(bytes === undefined ? {} : { bytes: Buffer.from(bytes).toString('hex') }),
    })),
    ...(replies === undefined
      ? {}
      : {
          replies: replies.map(({ topic, payload }) => ({
            topic,
            payload: JSON.parse(Buffer.from(payload).toString()) as unknown,
          })),
        }),
  }
}
