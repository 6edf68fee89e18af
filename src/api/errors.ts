// The table of everything the API can answer instead of a result. Codes are stable: scripts and pages rely on them.

export const problems = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  malformed_json: { status: 400, title: 'The body is not acceptable JSON' },
  invalid_cursor: { status: 400, title: 'The cursor does not belong to this query' },
  bad_request: { status: 400, title: 'The request cannot be understood' },
  unauthenticated: { status: 401, title: 'A credential is needed' },
  invalid_credentials: { status: 401, title: 'The credential is not right' },
  signature_invalid: { status: 401, title: 'The signature is not right' },
  signature_not_configured: { status: 401, title: 'No secret is set to check signatures with' },
  forbidden: { status: 403, title: 'The role does not allow this' },
  cross_origin: { status: 403, title: 'The request comes from another origin' },
  not_found: { status: 404, title: 'There is no such thing' },
  method_not_allowed: { status: 405, title: 'The method does not apply here' },
  request_timeout: { status: 408, title: 'The request came too slowly' },
  already_exists: { status: 409, title: 'It exists already' },
  not_allowed: { status: 409, title: 'Its present state does not allow this' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The address is too long' },
  unsupported_media_type: { status: 415, title: 'The content type is not accepted here' },
  misdirected: { status: 421, title: 'This server does not answer for that host' },
  too_many_attempts: { status: 429, title: 'Too many wrong credentials' },
  rate_limited: { status: 429, title: 'Too many requests' },
  too_many_streams: { status: 429, title: 'Too many open streams' },
  too_many_queries: { status: 429, title: 'Too many questions at once' },
  too_many_exports: { status: 429, title: 'Too many exports at once' },
  headers_too_large: { status: 431, title: 'The header fields are too large' },
  internal: { status: 500, title: 'The server failed' },
  journal_unavailable: { status: 503, title: 'The journal takes nothing at the moment' },
  telemetry_unavailable: { status: 503, title: 'The telemetry database does not answer' },
  not_ready: { status: 503, title: 'The server is not ready' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>

export type ProblemCode = keyof typeof problems

export interface FieldError {
  /** Ordinal of the item in a list or of the data row in a table, from 1; 0 is the header row. */
  readonly row?: number
  readonly field: string
  readonly reason: string
}

export interface ProblemExtras {
  readonly errors?: readonly FieldError[]
  readonly retryAfterSeconds?: number
}

/** Thrown by handlers and hooks, caught by the one error handler of the API. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ProblemCode
  readonly errors: readonly FieldError[] | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: ProblemCode, detail: string, extras: ProblemExtras = {}) {
    super(detail)
    this.code = code
    this.errors = extras.errors
    this.retryAfterSeconds = extras.retryAfterSeconds
  }
}

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ProblemCode
  readonly detail: string
  readonly requestId: string
  readonly errors?: readonly FieldError[]
}

const ERRORS_LISTED_MAX = 1000

/** The body of a problem answer (RFC 9457). */
export function problemBody(error: ApiError, requestId: string): Problem {
  const { status, title } = problems[error.code]
  return {
    type: `/docs#${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message.slice(0, 1000),
    requestId,
    ...(error.errors === undefined ? {} : { errors: error.errors.slice(0, ERRORS_LISTED_MAX) }),
  }
}
