// What this server calls itself. Requests for other hosts are turned away (a foreign page that rebinds its name to this machine),
// and so are writes with a cookie that another page sends.

import { hostname, networkInterfaces } from 'node:os'
import type { FastifyRequest } from 'fastify'
import { ApiError } from './errors.ts'
import type { Server } from './server.ts'

export interface OwnAddress {
  /** The server answers for the address it listens on from now on. */
  listening(host: string): void
  /** Comes behind the identification: it asks whether a cookie vouches for the request. */
  checkOrigins(): void
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'] as const
const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

export function checkOwnAddress(app: Server, publicUrl: string | null): OwnAddress {
  const publicAddress = publicUrl === null ? null : new URL(publicUrl)
  const names = new Set<string>(LOOPBACK_NAMES)
  if (publicAddress !== null) names.add(bare(publicAddress.hostname))

  app.addHook('onRequest', (request, _reply, done) => {
    const name = hostName(request.headers.host)
    if (isHealth(request) || (name !== null && names.has(name))) done()
    else
      done(
        new ApiError(
          'misdirected',
          'Expected a Host header with an address of this server (see HETAO_PUBLIC_URL)',
        ),
      )
  })

  function isOwnOrigin(request: FastifyRequest): boolean {
    const { origin } = request.headers
    const site = request.headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin') return false
    return (
      origin !== undefined &&
      (origin === publicAddress?.origin || origin === `http://${request.headers.host}`)
    )
  }

  return {
    listening(host) {
      names.add(bare(host))
      if (host !== '0.0.0.0' && host !== '::') return
      for (const list of Object.values(networkInterfaces()))
        for (const { address } of list ?? []) names.add(bare(address))
      names.add(bare(hostname()))
    },
    checkOrigins() {
      app.addHook('onRequest', (request, _reply, done) => {
        if (READS.has(request.method) || !needsOwnOrigin(request) || isOwnOrigin(request)) done()
        else
          done(
            new ApiError(
              'cross_origin',
              'Expected an Origin header with the address of this server',
            ),
          )
      })
    },
  }
}

/** A write that a browser may have added a cookie to, or that would sign a browser in. */
function needsOwnOrigin(request: FastifyRequest): boolean {
  if (request.principal !== null) return request.principal.session !== null
  return request.routeOptions.config.access === 'open' && request.headers.origin !== undefined
}

function isHealth(request: FastifyRequest): boolean {
  return request.routeOptions.url?.startsWith('/health/') === true
}

/** The host without port and brackets, in lower case; null when the header is not a host. */
function hostName(host: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.exec(host ?? '')
  return match?.[1] === undefined ? null : bare(match[1])
}

function bare(host: string): string {
  return host.replace(/^\[|\]$|%.*$/g, '').toLowerCase()
}
