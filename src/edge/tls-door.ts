// TLS on a connection that was accepted already: handshake within its time, and a client certificate when we have an authority.

import { createSecureContext, createServer } from 'node:tls'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import type { Socket } from 'node:net'
import { tlsProblems } from '../tls-files.ts'
import { plainAddress } from './address.ts'
import { namesOf } from './certificate-names.ts'
import type { Origin } from './origin.ts'
import { NOWHERE } from './origin.ts'
import type { RefusalReason } from './refusal.ts'

/** PEM. With an authority, clients may show a certificate; one that the authority has not signed ends the connection. */
export interface TlsFiles {
  readonly cert: Buffer | string
  readonly key: Buffer | string
  readonly ca?: Buffer | string | null
}

export interface TlsDoor {
  open(socket: Socket): void
  /** Throws when the files do not fit together, or not to this door. */
  check(files: TlsFiles): void
  /** New connections get the new certificate. */
  renew(files: TlsFiles): void
}

export function createTlsDoor(options: {
  readonly files: TlsFiles
  readonly handshakeTimeoutMs: number
  readonly pass: (socket: TLSSocket, origin: Origin) => void
  readonly refuse: (reason: RefusalReason, address: string, detail: string) => void
}): TlsDoor {
  const { files, handshakeTimeoutMs, pass, refuse } = options
  checkFiles(files)
  const asksForCertificate = hasAuthority(files)
  const server = createServer(
    {
      ...contextOptions(files),
      handshakeTimeout: handshakeTimeoutMs,
      requestCert: asksForCertificate,
      // Looked at below: a client without any certificate may still come with its password.
      rejectUnauthorized: false,
    },
    (socket) => {
      const address = plainAddress(socket.remoteAddress)
      const shown = asksForCertificate ? socket.getPeerX509Certificate() : undefined
      if (shown !== undefined && !socket.authorized) {
        const why = String(socket.authorizationError)
        refuse('bad_certificate', address, `Cannot accept the client certificate: ${why}`)
        socket.destroy()
        return
      }
      const certificate =
        shown === undefined ? null : { names: namesOf(shown), until: Date.parse(shown.validTo) }
      pass(socket, { ...NOWHERE, address, certificate })
    },
  )
  server.on('tlsClientError', (error, socket) => {
    const detail = `Cannot finish the TLS handshake: ${error.message}`
    refuse('tls_handshake', plainAddress(socket.remoteAddress), detail)
    socket.destroy()
  })

  return {
    open(socket) {
      server.emit('connection', socket)
    },
    check(next) {
      // Without an authority of ours Node would trust the whole world's.
      if (hasAuthority(next) !== asksForCertificate)
        throw new TypeError(
          `Cannot renew the certificate: expected ${asksForCertificate ? 'an' : 'no'} authority (CA) as at the start`,
        )
      checkFiles(next)
      createSecureContext(contextOptions(next))
    },
    renew(next) {
      server.setSecureContext(contextOptions(next))
    },
  }
}

function checkFiles(files: TlsFiles): void {
  const problems = tlsProblems(files).map(({ file, problem }) => `${file}: ${problem}`)
  if (problems.length > 0) throw new TypeError(`Cannot use the TLS files: ${problems.join('; ')}`)
}

function hasAuthority({ ca }: Pick<TlsFiles, 'ca'>): boolean {
  return ca !== undefined && ca !== null && ca.length > 0
}

function contextOptions({ cert, key, ca }: TlsFiles): SecureContextOptions {
  const authority = ca !== undefined && ca !== null && ca.length > 0 ? { ca } : {}
  return { cert, key, minVersion: 'TLSv1.2', ...authority }
}
