// One HTTP exchange with an InfluxDB of any generation: who we are, how long we wait, and what an answer means. Everything that
// speaks to the server goes through here, so no secret leaves by another way and every wait has an end.

import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Clock } from '../../ports.ts'
import { bounded, InfluxUnavailable, sentenceIn, type TroubleState } from './errors.ts'
import { askFlavour, type Flavour } from './flavour.ts'
import { retryAfterMs } from './retry-after.ts'
import { createSecrets } from './secrets.ts'

const compress = promisify(gzip)

/** Of an answer that is taken whole; more is not read. */
const TEXT_BYTES_MAX = 1_000_000
const ERROR_BYTES_MAX = 16_384

export interface InfluxServerOptions {
  readonly url: string
  /** 2.x and 3: a token. 1.x: `user:password`. Null: the server asks nobody. */
  readonly token: string | null
  readonly clock: Clock
  readonly requestTimeoutMs: number
}

export interface InfluxRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Path and query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Bodies of more characters are compressed. Absent: none is. */
  readonly gzipAbove?: number
  /** For work that takes the server longer than an answer usually may. Absent: the server's. */
  readonly timeoutMs?: number
  /** Ends the exchange early, with `TelemetryUnavailable`. */
  readonly signal?: AbortSignal
}

export interface InfluxAnswer {
  /** 2xx, 400, 404, 405, 409, 413 or 422: what the caller has to judge. Any other status is thrown. */
  readonly status: number
  readonly headers: Headers
  /** The whole body, up to a megabyte, within the time that is left for the exchange. */
  text(): Promise<string>
  /** The body as it comes; each piece has the full time to come. Leaving the loop early ends the exchange. */
  pieces(): AsyncIterable<Uint8Array>
}

export interface InfluxServer {
  /** Without credentials and without a slash at its end. */
  readonly url: string
  /** Which generation answers there; asked once, and again after it was away. */
  flavour(): Promise<Flavour>
  /** What was found last, null when nothing was. */
  readonly known: Flavour | null
  /** Never log them. */
  authorization(): Readonly<Record<string, string>>
  /**
   * Throws `TelemetryUnavailable` when the server cannot be reached, does not answer in time, does not know us, asks us to wait, or
   * is in trouble of its own. Body readers of the answer throw the same.
   */
  request(request: InfluxRequest): Promise<InfluxAnswer>
  /** The text without our secrets, on one line, bounded. */
  told(text: string): string
  /** Ends what is under way; later requests fail. */
  close(): void
}

/** Answers that say something about the request, not about the server. */
const JUDGED_BY_CALLER: ReadonlySet<number> = new Set([400, 404, 405, 409, 413, 422])

/** Throws RangeError when the address is no HTTP address. */
export function createInfluxServer(options: InfluxServerOptions): InfluxServer {
  const { clock, requestTimeoutMs } = options
  const secrets = createSecrets(options.url, options.token)
  const ending = new AbortController()
  let known: Flavour | null = null
  let asking: Promise<Flavour> | null = null

  function told(text: string): string {
    return bounded(secrets.hide(text))
  }

  async function request(asked: InfluxRequest): Promise<InfluxAnswer> {
    const exchange = openExchange(asked.signal, asked.timeoutMs ?? requestTimeoutMs)
    try {
      const response = await fetch(
        `${secrets.url}${asked.path}`,
        await requestInit(asked, exchange.signal),
      )
      if (response.ok || JUDGED_BY_CALLER.has(response.status)) return answerOf(response, exchange)
      throw await refusal(response, exchange)
    } catch (error) {
      exchange.end()
      throw exchange.meant(error)
    }
  }

  async function requestInit(asked: InfluxRequest, signal: AbortSignal): Promise<RequestInit> {
    const headers: Record<string, string> = {
      ...asked.headers,
      ...secrets.authorization(known?.generation ?? null),
    }
    const init = { method: asked.method, headers, signal, redirect: 'manual' as const }
    if (asked.body === undefined) return init
    if (asked.gzipAbove === undefined || asked.body.length <= asked.gzipAbove)
      return { ...init, body: asked.body }
    headers['content-encoding'] = 'gzip'
    return { ...init, body: await compress(asked.body, { level: 1 }) }
  }

  /** One time limit, the caller's signal and our end, joined. */
  function openExchange(callerSignal: AbortSignal | undefined, timeoutMs: number) {
    const own = new AbortController()
    const abort = (): void => own.abort()
    let isLate = false
    let cancelTimer = (): void => {}
    if (ending.signal.aborted || callerSignal?.aborted === true) own.abort()
    ending.signal.addEventListener('abort', abort)
    callerSignal?.addEventListener('abort', abort)

    function wait(): void {
      cancelTimer()
      cancelTimer = clock.after(timeoutMs, () => {
        isLate = true
        own.abort()
      })
    }

    wait()
    return {
      signal: own.signal,
      /** The time begins again: the server has just said something. */
      renew: wait,
      /** No time runs: it is us who are slow. */
      rest: () => cancelTimer(),
      abort,
      end(): void {
        cancelTimer()
        ending.signal.removeEventListener('abort', abort)
        callerSignal?.removeEventListener('abort', abort)
      },
      meant(error: unknown): InfluxUnavailable {
        if (error instanceof InfluxUnavailable) return error
        if (isLate)
          return new InfluxUnavailable(
            'slow',
            `InfluxDB at ${secrets.url} has not answered within ${timeoutMs} ms`,
          )
        if (own.signal.aborted)
          return new InfluxUnavailable(
            'unreachable',
            `The request to ${secrets.url} was ended by us`,
          )
        known = null
        return new InfluxUnavailable(
          'unreachable',
          told(`InfluxDB at ${secrets.url} cannot be reached: ${networkReason(error)}`),
        )
      },
    }
  }

  type Exchange = ReturnType<typeof openExchange>

  async function refusal(response: Response, exchange: Exchange): Promise<InfluxUnavailable> {
    const sentence = sentenceIn(await textOf(response, exchange, ERROR_BYTES_MAX))
    const state = stateOf(response.status, sentence)
    return new InfluxUnavailable(
      state,
      told(
        `InfluxDB answered ${response.status}: ${sentence === '' ? 'no reason given' : sentence}`,
      ),
      retryAfterMs(response.headers.get('retry-after'), clock.now()),
    )
  }

  function answerOf(response: Response, exchange: Exchange): InfluxAnswer {
    if (response.body === null) exchange.end()
    return {
      status: response.status,
      headers: response.headers,
      async text() {
        try {
          return await textOf(response, exchange, TEXT_BYTES_MAX)
        } catch (error) {
          throw exchange.meant(error)
        } finally {
          exchange.end()
        }
      },
      async *pieces() {
        let isDone = false
        try {
          for await (const piece of response.body ?? []) {
            exchange.rest()
            yield piece
            exchange.renew()
          }
          isDone = true
        } catch (error) {
          throw exchange.meant(error)
        } finally {
          if (!isDone) exchange.abort()
          exchange.end()
        }
      },
    }
  }

  return {
    url: secrets.url,
    get known() {
      return known
    },
    async flavour() {
      if (known !== null) return known
      asking ??= askFlavour(request).finally(() => {
        asking = null
      })
      known = await asking
      return known
    },
    authorization: () => secrets.authorization(known?.generation ?? null),
    request,
    told,
    close: () => ending.abort(),
  }
}

async function textOf(
  response: Response,
  exchange: { abort(): void },
  bytesMax: number,
): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const piece of response.body ?? []) {
    bytes += piece.length
    text += decoder.decode(piece, { stream: true })
    if (bytes < bytesMax) continue
    exchange.abort()
    break
  }
  return text + decoder.decode()
}

/** What a status that is not about our request says of the server. */
function stateOf(status: number, sentence: string): TroubleState {
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 507 || /no space left|disk full|cache-max-memory/i.test(sentence)) return 'full'
  if (/(retention policy|database|bucket)\b.*not found/i.test(sentence)) return 'missing'
  if (status === 408 || status === 429 || status === 504) return 'slow'
  return 'failing'
}

/** `fetch` tells what happened only in the cause of its error. */
function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  if (cause instanceof AggregateError && cause.message === '')
    return cause.errors.map((each: unknown) => networkReason(each)).join('; ')
  return cause.message
}
