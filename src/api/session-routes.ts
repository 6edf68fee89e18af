// /session, /me and the sign-in link: how a browser comes to its session cookie, and loses it.

import { z } from 'zod'
import { access, roles } from './access.ts'
import type { Attempts } from './attempts.ts'
import { ApiError } from './errors.ts'
import type { ApiParts } from './parts.ts'
import { ADMIN, createTokenCheck, principalOf, type TokenCheck } from './principal.ts'
import type { Server } from './server.ts'
import type { Sessions } from './sessions.ts'

const secret = z.string().min(1).max(1000)
const meSchema = z.object({
  name: z.string(),
  role: z.enum(roles),
  mode: z.enum(['serve', 'demo']),
  timeZone: z.string(),
})

export interface SignIn {
  readonly sessions: Sessions
  readonly tokens: TokenCheck
  readonly attempts: Attempts
}

export function sessionRoutes(app: Server, parts: ApiParts, signIn: SignIn): void {
  const { sessions, tokens, attempts } = signIn
  const { mode, timeZone } = parts

  app.post(
    '/session',
    {
      config: { access: 'open' },
      schema: {
        tags: ['session'],
        summary: 'Sign in: sets the session cookie',
        body: z.union([
          z.strictObject({ token: secret }),
          z.strictObject({ username: secret, password: secret }),
        ]),
        response: { 200: meSchema },
      },
    },
    (request, reply) => {
      const { body } = request
      // There are no accounts, so a name and a password cannot be right and need no counting.
      if (!('token' in body))
        throw new ApiError('invalid_credentials', 'Expected a right credential, got a wrong one')
      if (!tokens.matches(body.token)) throw attempts.wrong(request.ip)
      sessions.end(request.cookies[sessions.cookieName])
      reply.setCookie(sessions.cookieName, sessions.start(ADMIN), sessions.cookieOptions)
      return { ...ADMIN, mode, timeZone }
    },
  )

  app.delete(
    '/session',
    {
      config: { access: access.signedIn },
      schema: {
        tags: ['session'],
        summary: 'Sign out: the session and its streams end',
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      sessions.end(request.cookies[sessions.cookieName])
      return reply.clearCookie(sessions.cookieName, sessions.cookieOptions).code(204).send(null)
    },
  )

  app.get(
    '/me',
    {
      config: { access: access.signedIn },
      schema: { tags: ['session'], summary: 'Who I am', response: { 200: meSchema } },
    },
    (request) => {
      const { name, role } = principalOf(request)
      return { name, role, mode, timeZone }
    },
  )
}

/** `GET /signin?key=`: for the one link a demo prints. Works once. */
export function signInLink(app: Server, signInKey: string | null, signIn: SignIn): void {
  const { sessions, attempts } = signIn
  let keys = createTokenCheck(signInKey)
  app.get(
    '/signin',
    {
      config: { access: 'open' },
      // A HEAD request (a chat program's preview) must not use the link up.
      exposeHeadRoute: false,
      schema: { hide: true, querystring: z.strictObject({ key: secret }) },
    },
    (request, reply) => {
      if (!keys.matches(request.query.key)) throw attempts.wrong(request.ip)
      keys = createTokenCheck(null)
      reply.setCookie(sessions.cookieName, sessions.start(ADMIN), sessions.cookieOptions)
      return reply.redirect('/ops/alerts', 303)
    },
  )
}
