// Calls to the API: JSON in and out, a time limit on each, and failures that say what to tell the operator.

import type { Clock } from '../live/clock.ts'
import { record, textOr, textOrNull } from './json.ts'

export type FailureKind = 'network' | 'timeout' | 'answer'

/** `status` is 0 when no answer came. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly kind: FailureKind
  readonly status: number
  readonly code: string
  readonly requestId: string | null

  constructor(
    message: string,
    about: { kind: FailureKind; status: number; code: string; requestId: string | null },
  ) {
    super(message)
    this.kind = about.kind
    this.status = about.status
    this.code = about.code
    this.requestId = about.requestId
  }
}

export interface ApiClient {
  get(path: string, signal?: AbortSignal): Promise<unknown>
  post(path: string, body?: object): Promise<unknown>
  remove(path: string): Promise<unknown>
}

const TIMEOUT_MS = 15_000

export function createApiClient(options: {
  readonly clock: Clock
  /** Any answer 401 to a call that is not the sign-in itself. */
  readonly onSignedOut: () => void
}): ApiClient {
  async function call(
    method: string,
    path: string,
    body?: object,
    outer?: AbortSignal,
  ): Promise<unknown> {
    const abort = new AbortController()
    let isTimeout = false
    const cancel = options.clock.after(TIMEOUT_MS, () => {
      isTimeout = true
      abort.abort()
    })
    const follow = (): void => abort.abort()
    outer?.addEventListener('abort', follow)
    if (outer?.aborted === true) abort.abort()
    try {
      const response = await fetch(`/api/v1${path}`, {
        method,
        credentials: 'same-origin',
        signal: abort.signal,
        headers:
          body === undefined
            ? { accept: 'application/json' }
            : { accept: 'application/json', 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (response.ok) return parsed(text)
      if (response.status === 401 && path !== '/session') options.onSignedOut()
      throw failureOf(response.status, text)
    } catch (error) {
      if (error instanceof ApiFailure) throw error
      const kind = isTimeout ? 'timeout' : 'network'
      throw new ApiFailure(`Cannot call ${method} ${path}: ${kind}`, {
        kind,
        status: 0,
        code: kind,
        requestId: null,
      })
    } finally {
      cancel()
      outer?.removeEventListener('abort', follow)
    }
  }

  return {
    get: (path, signal) => call('GET', path, undefined, signal),
    post: (path, body) => call('POST', path, body),
    remove: (path) => call('DELETE', path),
  }
}

function parsed(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiFailure('Cannot read the answer: expected JSON', {
      kind: 'answer',
      status: 200,
      code: 'not_json',
      requestId: null,
    })
  }
}

/** Problem details (RFC 9457), or whatever a proxy in between has made of them. */
function failureOf(status: number, text: string): ApiFailure {
  let problem = record(null)
  try {
    problem = record(JSON.parse(text))
  } catch {
    problem = record(null)
  }
  const message = textOrNull(problem['detail']) ?? textOrNull(problem['title']) ?? `HTTP ${status}`
  return new ApiFailure(message, {
    kind: 'answer',
    status,
    code: textOr(problem['code'], `http_${status}`),
    requestId: textOrNull(problem['requestId']),
  })
}
