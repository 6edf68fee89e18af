// How bodies are read: exact content types only (a type the validation does not know must not slip past it), UTF-8 only, JSON
// without keys that reach a prototype.

import type { FastifyRequest } from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { ApiError } from './errors.ts'
import type { Server } from './server.ts'

export const JSON_BYTES_MAX = 2 ** 20
export const CSV_BYTES_MAX = 10 * 2 ** 20

const ACCEPTED = /^(application\/json|text\/csv)( *; *charset=("utf-8"|utf-8))?$/i

export function readBodies(app: Server): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const type = request.headers['content-type']
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    const takesAll = request.routeOptions.config.anyBody === true
    if (isRead || takesAll || type === undefined || ACCEPTED.test(type)) done()
    else
      done(
        new ApiError('unsupported_media_type', 'Expected application/json or text/csv, in UTF-8'),
      )
  })
  app.removeAllContentTypeParsers()
  const parseJson = createJsonParser(app)
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: JSON_BYTES_MAX },
    (request, body: Buffer, done) => {
      if (body.length === 0) {
        done(null, undefined)
        return
      }
      const parsed = parseJson(request, body)
      if (parsed.ok) done(null, parsed.value)
      else done(malformedJson())
    },
  )
}

/**
 * For one encapsulated scope: bodies of this type stay bytes, as they came, and the handler checks them; the schema of a body is
 * then for the documents only. The other parts of the request are checked as everywhere.
 */
export function keepBodiesRaw(scope: Server, contentType: string, bytesMax: number): void {
  if (scope.hasContentTypeParser(contentType)) scope.removeContentTypeParser(contentType)
  scope.addContentTypeParser(
    contentType,
    { parseAs: 'buffer', bodyLimit: bytesMax },
    (_request, body: Buffer, done) => done(null, body),
  )
  scope.setValidatorCompiler<z.ZodType>((route) =>
    route.httpPart === 'body' ? (value: unknown) => ({ value }) : validatorCompiler(route),
  )
}

/** The same for bodies of any type, or of none. */
export function keepAllBodiesRaw(scope: Server, bytesMax: number): void {
  scope.removeAllContentTypeParsers()
  keepBodiesRaw(scope, '*', bytesMax)
}

export type ParsedJson = { readonly ok: true; readonly value: unknown } | { readonly ok: false }

export function createJsonParser(
  app: Server,
): (request: FastifyRequest, body: Buffer) => ParsedJson {
  const parse = app.getDefaultJsonParser('error', 'error')
  const decoder = new TextDecoder('utf-8', { fatal: true })
  return (request, body) => {
    let result: ParsedJson = { ok: false }
    try {
      // The parser calls back before it returns.
      void parse(request, decoder.decode(body), (error, value) => {
        if (error === null) result = { ok: true, value }
      })
    } catch {
      return { ok: false }
    }
    return result
  }
}

export function malformedJson(): ApiError {
  return new ApiError(
    'malformed_json',
    'Expected one JSON value in UTF-8, without the keys __proto__ and constructor',
  )
}
