// What goes wrong between us and an InfluxDB, and what is told of it: bounded, readable, without secrets.

import { TelemetryUnavailable, type StoreState } from '../../ports.ts'

/** Longer texts of a server are cut. */
const MESSAGE_CHARS_MAX = 280
const SENTENCE_CHARS_MAX = 4_000

export type TroubleState = Exclude<StoreState['state'], 'starting' | 'ready'>

/** Nothing can be written (or read) now, and the state that this is. */
export class InfluxUnavailable extends TelemetryUnavailable {
  readonly state: TroubleState
  constructor(state: TroubleState, message: string, retryAfterMs: number | null = null) {
    super(message, retryAfterMs)
    this.state = state
  }
}

/** The state behind an error of any kind. */
export function troubleOf(error: unknown): TroubleState {
  return error instanceof InfluxUnavailable ? error.state : 'failing'
}

/**
 * The sentence in a server's answer: its JSON's `error` or `message`, or the text itself without markup. Not fit to be shown before
 * `InfluxServer.told` has seen it; it is longer than what is shown, so that no half of a secret is left at its end.
 */
export function sentenceIn(body: string): string {
  return lineOf(jsonSentence(body) ?? body.replaceAll(/<[^>]*>/g, ' '), SENTENCE_CHARS_MAX)
}

/** One line of at most 280 characters. */
export function bounded(text: string): string {
  return lineOf(text, MESSAGE_CHARS_MAX)
}

function lineOf(text: string, charsMax: number): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
  return line.length <= charsMax ? line : `${line.slice(0, charsMax - 1)}…`
}

function jsonSentence(body: string): string | null {
  if (!body.trimStart().startsWith('{')) return null
  try {
    const answer: unknown = JSON.parse(body)
    if (typeof answer !== 'object' || answer === null) return null
    for (const name of ['message', 'error', 'code']) {
      const sentence: unknown = Reflect.get(answer, name)
      if (typeof sentence !== 'string' || sentence === '') continue
      const line = lineSentence(Reflect.get(answer, 'data'))
      return line === null ? sentence : `${sentence}: ${line}`
    }
    return null
  } catch {
    return null
  }
}

/** What 3 says of the first line that is at fault. */
function lineSentence(data: unknown): string | null {
  const first: unknown = Array.isArray(data) ? data[0] : data
  if (typeof first !== 'object' || first === null) return null
  const sentence: unknown = Reflect.get(first, 'error_message')
  return typeof sentence === 'string' ? sentence : null
}
