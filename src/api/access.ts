// Who may call what. Every route declares its access, and the server does not start while one lacks it: deny by default.

import { ApiError } from './errors.ts'
import type { Server } from './server.ts'

export const roles = [
  'viewer',
  'operator',
  'crew',
  'engineer',
  'admin',
  'auditor',
  'integration',
] as const
export type Role = (typeof roles)[number]

/** `open` to everyone; `signature`: the request proves itself by its signature, a credential does not help. */
export type Access = 'open' | 'signature' | readonly Role[]

/** The rows of the authorisation matrix, by what they let people do. */
export const access = {
  signedIn: ['viewer', 'operator', 'crew', 'engineer', 'admin', 'auditor'],
  read: ['viewer', 'operator', 'crew', 'engineer', 'admin'],
  watchSystem: ['viewer', 'operator', 'engineer', 'admin'],
  scrape: ['viewer', 'operator', 'engineer', 'admin'],
  operate: ['operator', 'engineer', 'admin'],
  engineer: ['engineer', 'admin'],
  admin: ['admin'],
  retention: ['engineer', 'admin', 'auditor'],
  ingest: ['engineer', 'admin', 'integration'],
} as const satisfies Record<string, readonly Role[]>

/** Must be called before the first route is declared. */
export function denyByDefault(app: Server): void {
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined)
      throw new Error(
        `Cannot declare ${String(route.method)} ${route.url}: expected config.access, got none`,
      )
  })
  app.addHook('onRequest', (request, _reply, done) => {
    const needed = request.routeOptions.config.access
    if (needed === undefined || needed === 'open' || needed === 'signature') {
      done()
      return
    }
    const role = request.principal?.role
    const account = request.principal?.account
    if (account !== undefined && request.routeOptions.config.door !== account.format)
      done(
        new ApiError(
          'forbidden',
          `Account ${account.id} may only use the door of its format, ${account.format}`,
        ),
      )
    else if (role === undefined)
      done(new ApiError('unauthenticated', 'Expected a credential, got none'))
    else if (needed.includes(role)) done()
    else done(new ApiError('forbidden', `Role ${role} may not do this`))
  })
}
