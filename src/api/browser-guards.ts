// What browsers are told: the content security policy and its kin, and that answers of the API are not to be kept.

import { fastifyHelmet } from '@fastify/helmet'
import type { Server } from './server.ts'

const YEAR_SECONDS = 31_536_000

export async function guardBrowsers(app: Server, isHttps: boolean): Promise<void> {
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'same-origin' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    // On plain HTTP the header means nothing, and on a machine's bare address it would do harm.
    hsts: isHttps ? { maxAge: YEAR_SECONDS, includeSubDomains: false } : false,
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    reply.header(
      'permissions-policy',
      'camera=(self), microphone=(), geolocation=(), payment=(), usb=()',
    )
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
    done()
  })
}
