// Who sends a request: the bearer of a token, or the holder of a session cookie.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Role } from './access.ts'
import type { Attempts } from './attempts.ts'
import { ApiError } from './errors.ts'
import type { Server } from './server.ts'
import type { Session, Sessions } from './sessions.ts'

export interface Principal {
  /** Stands in the journal and in histories as `by`. */
  readonly name: string
  readonly role: Role
  readonly session: Session | null
}

/** The bootstrap token's principal. */
export const ADMIN = { name: 'admin', role: 'admin' } as const

export interface TokenCheck {
  /** Takes the same time whatever is wrong. */
  matches(token: string): boolean
}

export function createTokenCheck(expected: string | null): TokenCheck {
  const digest = expected === null ? null : sha256(expected)
  return { matches: (token) => digest !== null && timingSafeEqual(sha256(token), digest) }
}

export function identifyPrincipals(
  app: Server,
  options: {
    readonly tokens: TokenCheck
    readonly sessions: Sessions
    readonly attempts: Attempts
  },
): void {
  app.decorateRequest('principal', null)
  app.addHook('onRequest', (request, reply, done) => {
    const needed = request.routeOptions.config.access
    if (needed === undefined || needed === 'open' || needed === 'signature') {
      done()
      return
    }
    try {
      request.principal = identify(request, reply, options)
      done()
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
    }
  })
}

/** Throws when the route is open: there is nobody to ask for. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null)
    throw new ApiError('unauthenticated', 'Expected a bearer token or a session cookie, got none')
  return request.principal
}

function identify(
  request: FastifyRequest,
  reply: FastifyReply,
  options: {
    readonly tokens: TokenCheck
    readonly sessions: Sessions
    readonly attempts: Attempts
  },
): Principal {
  const header = request.headers.authorization
  if (header !== undefined) {
    reply.header('www-authenticate', 'Bearer')
    const token = /^Bearer +([\x21-\x7e]+)$/i.exec(header)?.[1]
    if (token === undefined)
      throw new ApiError('unauthenticated', 'Expected "Authorization: Bearer" and a token')
    if (!options.tokens.matches(token)) throw options.attempts.wrong(request.ip)
    reply.removeHeader('www-authenticate')
    return { ...ADMIN, session: null }
  }
  const session = options.sessions.find(request.cookies[options.sessions.cookieName])
  if (session === null) {
    reply.header('www-authenticate', 'Bearer')
    throw new ApiError(
      'unauthenticated',
      'Expected a bearer token or the cookie of a running session',
    )
  }
  return { ...session.owner, session }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
