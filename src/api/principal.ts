// Who sends a request: the bearer of a token, an integration account with its password, or the holder of a session cookie.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  INTEGRATION_PASSWORD_PREFIX,
  type IntegrationAccess,
} from '../core/registry/integration.ts'
import { INTEGRATION_MARK } from '../core/messages/record.ts'
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
  /** Set where no person but another network sends. */
  readonly account?: IntegrationAccess
}

/** Which integration account a password belongs to. Both take the same time whatever is wrong. */
export interface Accounts {
  named(id: string, password: string): IntegrationAccess | null
  holding(password: string): IntegrationAccess | null
}

export interface SignInParts {
  readonly tokens: TokenCheck
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly attempts: Attempts
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

export function identifyPrincipals(app: Server, options: SignInParts): void {
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

function identify(request: FastifyRequest, reply: FastifyReply, options: SignInParts): Principal {
  const header = request.headers.authorization
  if (header !== undefined) {
    reply.header('www-authenticate', 'Bearer')
    const [, scheme = '', credential = ''] = /^(Bearer|Basic) +([\x21-\x7e]+)$/i.exec(header) ?? []
    if (credential === '')
      throw new ApiError('unauthenticated', 'Expected "Authorization: Bearer" and a token')
    const principal =
      scheme.toLowerCase() === 'basic'
        ? accountBehind(basicAccount(credential, options.accounts))
        : bearerOf(credential, options)
    if (principal === null) throw options.attempts.wrong(request.ip)
    reply.removeHeader('www-authenticate')
    return principal
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

function bearerOf(token: string, { tokens, accounts }: SignInParts): Principal | null {
  if (token.startsWith(INTEGRATION_PASSWORD_PREFIX)) return accountBehind(accounts.holding(token))
  return tokens.matches(token) ? { ...ADMIN, session: null } : null
}

/** Of `account:password` in base64 (RFC 7617). */
function basicAccount(credential: string, accounts: Accounts): IntegrationAccess | null {
  const text = Buffer.from(credential, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? null : accounts.named(text.slice(0, colon), text.slice(colon + 1))
}

function accountBehind(account: IntegrationAccess | null): Principal | null {
  if (account === null) return null
  return { name: INTEGRATION_MARK + account.id, role: 'integration', session: null, account }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
