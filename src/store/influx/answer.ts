// What a server answers to an InfluxQL statement: one JSON document per line, each with a piece of the rows or with an error,
// also after many good ones.

const LINE_MAX_BYTES = 64 * 1024 * 1024
const MESSAGE_MAX = 300

/** Rows of one group, all of them or the next few thousand. */
export interface SeriesBlock {
  /** Of the statement's GROUP BY. */
  readonly tags: Readonly<Record<string, string>>
  /** The first one is `time`. */
  readonly columns: readonly string[]
  readonly values: readonly (readonly unknown[])[]
}

/** The server has understood the request and says no: in the body of an answer with whatever status. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError'
}

/** The answer ended before its end, or is none. */
export class BrokenAnswer extends Error {
  override readonly name = 'BrokenAnswer'
}

/** Blocks of rows as they come. Throws AnswerError or BrokenAnswer. */
export async function* readAnswer(
  body: AsyncIterable<Uint8Array>,
  mayBeEmpty: boolean,
): AsyncGenerator<SeriesBlock, void, undefined> {
  let isPartial = false
  let isAnswered = false
  for await (const line of linesOf(body)) {
    const { blocks, partial } = parseAnswer(line)
    isPartial = partial
    isAnswered = true
    yield* blocks
  }
  if (isPartial || !(isAnswered || mayBeEmpty))
    throw new BrokenAnswer('expected more of it, got its end')
}

function parseAnswer(line: string): { blocks: SeriesBlock[]; partial: boolean } {
  let answer: unknown
  try {
    answer = JSON.parse(line)
  } catch {
    throw new BrokenAnswer(`expected JSON, got ${JSON.stringify(line.slice(0, 60))}`)
  }
  if (!isObject(answer)) throw new BrokenAnswer('expected a JSON object')
  const error = textAt(answer, 'error')
  if (error !== null) throw new AnswerError(error)
  const blocks: SeriesBlock[] = []
  let partial = false
  for (const result of listAt(answer, 'results')) {
    if (!isObject(result)) throw new BrokenAnswer('expected results as objects')
    const refusal = textAt(result, 'error')
    if (refusal !== null) throw new AnswerError(refusal)
    if (result['partial'] === true) partial = true
    for (const series of listAt(result, 'series')) blocks.push(blockOf(series))
  }
  return { blocks, partial }
}

function blockOf(series: unknown): SeriesBlock {
  if (!isObject(series)) throw new BrokenAnswer('expected series as objects')
  const tags: Record<string, string> = {}
  const given = series['tags']
  if (isObject(given))
    for (const [name, value] of Object.entries(given))
      if (typeof value === 'string') tags[name] = value
  const columns = listAt(series, 'columns').filter((column) => typeof column === 'string')
  const values = listAt(series, 'values').filter((row) => Array.isArray(row))
  return { tags, columns, values }
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  let pieces: string[] = []
  let length = 0
  for await (const chunk of body) {
    const text = decoder.decode(chunk, { stream: true })
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      pieces.push(text.slice(start, end))
      yield* nonEmpty(pieces)
      pieces = []
      length = 0
      start = end + 1
    }
    length += text.length - start
    if (length > LINE_MAX_BYTES)
      throw new BrokenAnswer(`expected pieces of up to ${LINE_MAX_BYTES} bytes, got more`)
    pieces.push(text.slice(start))
  }
  pieces.push(decoder.decode())
  yield* nonEmpty(pieces)
}

function* nonEmpty(pieces: readonly string[]): Generator<string, void, undefined> {
  const line = pieces.join('').trim()
  if (line !== '') yield line
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listAt(from: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const list = from[name]
  return Array.isArray(list) ? list : []
}

function textAt(from: Readonly<Record<string, unknown>>, name: string): string | null {
  const text = from[name]
  return typeof text === 'string' ? text.slice(0, MESSAGE_MAX) : null
}
