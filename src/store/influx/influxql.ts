// Asks an InfluxDB in InfluxQL, which all generations understand. Rows are handed on as they come, so an answer of any length needs
// little memory, and an error is an error wherever in the answer the server puts it.

import { AnswerError, BrokenAnswer, readAnswer, type SeriesBlock } from './answer.ts'
import { InfluxUnavailable, sentenceIn } from './errors.ts'
import type { InfluxAnswer, InfluxServer } from './server.ts'
import type { Target } from './target.ts'

/** Rows of one group in one piece of an answer. */
const CHUNK_ROWS = 4_096

/** 1.x and 2.x name what is missing in different words; an unmapped bucket of 2.x has no default policy. */
const MISSING = /(database|retention policy|bucket|namespace).*(not found|not set|not exist)/i

/** Our mistake, not the server's trouble: asking again is no use. */
const MISTAKEN = /error parsing query|parsing error|invalid query|rewriting statement/i

export interface InfluxQl {
  /** The rows of one SELECT as they come. Throws `TelemetryUnavailable`; no rows are given twice. */
  select(statement: string): AsyncIterable<SeriesBlock>
  /** The rows of a SELECT that has few. */
  ask(statement: string, timeoutMs?: number): Promise<readonly SeriesBlock[]>
  /** A statement without rows, about the raw readings' database; not on 3. */
  run(statement: string, timeoutMs?: number): Promise<void>
}

/**
 * `provide` makes the databases that are missing, where that is ours to do; a question that met none is asked once more. On 3 they come
 * with their first line, so a missing one has no rows.
 */
export function createInfluxQl(
  server: InfluxServer,
  target: Target,
  provide: () => Promise<void> = async () => {},
): InfluxQl {
  async function send(statement: string, timeoutMs: number | undefined): Promise<InfluxAnswer> {
    const { generation } = await server.flavour()
    const form = new URLSearchParams({
      epoch: 'ms',
      chunked: 'true',
      chunk_size: String(CHUNK_ROWS),
    })
    const limit = timeoutMs === undefined ? {} : { timeoutMs }
    const accept = { accept: 'application/json' }
    if (generation === '3') {
      // Reads the address only, and refuses a database in it beside another one in the statement.
      form.set('q', statement)
      return server.request({
        method: 'GET',
        path: `/query?${form.toString()}`,
        headers: accept,
        ...limit,
      })
    }
    form.set('db', target.database)
    return server.request({
      method: 'POST',
      path: `/query?${form.toString()}`,
      headers: { ...accept, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ q: statement }).toString(),
      ...limit,
    })
  }

  /** What the server says no to. */
  function refusal(sentence: string): Error {
    const message = server.told(`InfluxDB cannot answer: ${sentence}`)
    if (MISSING.test(sentence)) return new InfluxUnavailable('missing', message)
    if (MISTAKEN.test(sentence)) return new Error(message)
    if (/authoriz|unauthoriz|forbidden/i.test(sentence))
      return new InfluxUnavailable('unauthorized', message)
    return new InfluxUnavailable(/timeout/i.test(sentence) ? 'slow' : 'failing', message)
  }

  function meant(error: unknown): unknown {
    if (error instanceof AnswerError) return refusal(error.message)
    if (error instanceof BrokenAnswer)
      return new InfluxUnavailable(
        'failing',
        server.told(`The answer of InfluxDB at ${server.url} is damaged: ${error.message}`),
      )
    return error
  }

  async function* once(
    statement: string,
    timeoutMs: number | undefined,
  ): AsyncGenerator<SeriesBlock, void, undefined> {
    const answer = await send(statement, timeoutMs)
    if (answer.status !== 200)
      throw refusal(`${sentenceIn(await answer.text())} (${answer.status})`)
    // 3 says nothing at all where there is nothing.
    const mayBeEmpty = server.known?.generation === '3'
    try {
      yield* readAnswer(answer.pieces(), mayBeEmpty)
    } catch (error) {
      throw meant(error)
    }
  }

  async function* select(
    statement: string,
    timeoutMs?: number,
  ): AsyncGenerator<SeriesBlock, void, undefined> {
    let hasRows = false
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const block of once(statement, timeoutMs)) {
          hasRows = true
          yield block
        }
        return
      } catch (error) {
        const isMissing = error instanceof InfluxUnavailable && error.state === 'missing'
        if (!isMissing || hasRows || attempt > 1) throw error
        if (server.known?.generation === '3') return
        await provide()
      }
    }
  }

  async function ask(statement: string, timeoutMs?: number): Promise<readonly SeriesBlock[]> {
    const blocks: SeriesBlock[] = []
    for await (const block of select(statement, timeoutMs)) blocks.push(block)
    return blocks
  }

  return {
    select: (statement) => select(statement),
    ask,
    async run(statement, timeoutMs) {
      await ask(statement, timeoutMs)
    },
  }
}
