// Turns whatever goes wrong into problem+json. Nothing of the inside gets out: no stack, no path, no SQL; the log has it, under
// the same request id.

import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { JournalUnavailable, TelemetryUnavailable } from '../ports.ts'
import { malformedJson } from './bodies.ts'
import { ApiError, problemBody, problems, type FieldError } from './errors.ts'
import { unavailable } from './outcomes.ts'
import type { RouteTable } from './route-table.ts'
import type { Server } from './server.ts'

/** When a database that has not said when may be back. */
const DATABASE_RETRY_MS = 5000

export function answerErrors(app: Server, routes: RouteTable): void {
  app.setErrorHandler((error, request, reply) => answer(error, request, reply))
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = routes.methodsFor(path)
    if (allowed.length === 0)
      return answer(new ApiError('not_found', 'There is nothing at this address'), request, reply)
    reply.header('allow', allowed.join(', '))
    const detail = `Expected ${allowed.join(' or ')}, got ${request.method}`
    return answer(new ApiError('method_not_allowed', detail), request, reply)
  })
}

export function answer(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = classify(error)
  if (known.code === 'internal')
    request.log.error({ err: error, route: request.routeOptions.url }, 'request failed')
  if (known.retryAfterSeconds !== undefined) reply.header('retry-after', known.retryAfterSeconds)
  return (
    reply
      .code(problems[known.code].status)
      .header('cache-control', 'no-store')
      // Here too for answers that no hook sees, such as those to a malformed address.
      .header('x-content-type-options', 'nosniff')
      .type('application/problem+json; charset=utf-8')
      .send(JSON.stringify(problemBody(known, request.id)))
  )
}

/** For bytes that are no HTTP request: there is no request and no reply yet. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (socket.destroyed || error.code === 'ECONNRESET') return
  const problem =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new ApiError('headers_too_large', 'Expected at most 16 KiB of header fields')
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? new ApiError('request_timeout', 'Expected the whole request in time')
        : new ApiError('bad_request', 'Expected an HTTP/1.1 request')
  const body = JSON.stringify(problemBody(problem, 'none'))
  socket.end(
    [
      `HTTP/1.1 ${problems[problem.code].status} ${problems[problem.code].title}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Cache-Control: no-store',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  )
}

function classify(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof JournalUnavailable)
    return unavailable('It is not known whether this was done, or it was not: ask again')
  if (error instanceof TelemetryUnavailable)
    return new ApiError(
      'telemetry_unavailable',
      'Nothing can be read while the database is away; what comes in is kept and waits for it',
      { retryAfterSeconds: Math.ceil((error.retryAfterMs ?? DATABASE_RETRY_MS) / 1000) },
    )
  if (hasZodFastifySchemaValidationErrors(error))
    return new ApiError('invalid_request', 'Some fields are not as expected', {
      errors: error.validation.map(fieldError),
    })
  const code = hasCode(error) ? error.code : ''
  return frameworkError(code) ?? new ApiError('internal', 'The server failed; its log says how')
}

function frameworkError(code: string): ApiError | null {
  switch (code) {
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return malformedJson()
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ApiError('payload_too_large', 'Expected a smaller body')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_EMPTY_TYPE':
      return new ApiError('unsupported_media_type', 'Expected a content type this call accepts')
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_BAD_URL':
    case 'ECONNRESET':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return new ApiError('bad_request', 'Expected a complete request with a well-formed address')
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new ApiError('not_found', 'There is nothing at this address')
    default:
      return null
  }
}

function fieldError(problem: FastifySchemaValidationError): FieldError {
  const path = problem.instancePath.slice(1).replaceAll('/', '.')
  const field = unknownKeys(problem.params)?.join(', ') ?? path
  return {
    field: field.slice(0, 200) || 'body',
    reason: (problem.message ?? 'not valid').slice(0, 500),
  }
}

/** Names of fields that are not known, where that is what is wrong. */
function unknownKeys(params: Readonly<Record<string, unknown>>): string[] | null {
  const keys: unknown = params['keys']
  return Array.isArray(keys) ? keys.map(String) : null
}

function hasCode(error: unknown): error is { readonly code: string } {
  return (
    typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
  )
}
