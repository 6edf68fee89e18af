// Accepts connections within the limits on their number and leads them to the broker: as they are, through TLS, through WebSocket
// or both. Every way in has the same admission.
//
//   mqtt  admission ───────────────────────▶ broker
//   mqtts admission ─▶ TLS ────────────────▶ broker
//   ws    admission ───────▶ WebSocket ────▶ broker
//   wss   admission ─▶ TLS ─▶ WebSocket ───▶ broker

import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../ports.ts'
import { plainAddress } from './address.ts'
import { createAdmission } from './admission.ts'
import type { Limits } from './limits.ts'
import type { Origin } from './origin.ts'
import type { RefusalReason } from './refusal.ts'
import { createTlsDoor } from './tls-door.ts'
import type { TlsDoor, TlsFiles } from './tls-door.ts'
import { createWebSocketDoor } from './websocket-door.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** `kind` left out: plain MQTT. `origins`: pages of other sites that may connect over WebSocket, such as `https://portal.city`. */
export type ListenOptions = Endpoint &
  (
    | { readonly kind?: 'mqtt' }
    | { readonly kind: 'mqtts'; readonly tls: TlsFiles }
    | { readonly kind: 'ws'; readonly origins?: readonly string[] }
    | { readonly kind: 'wss'; readonly tls: TlsFiles; readonly origins?: readonly string[] }
  )

export interface Listener {
  /** Rejects when the address cannot be taken or the TLS files do not fit. Port 0: any free one; the answer says which. */
  listen(options: ListenOptions): Promise<Endpoint>
  /** For every TLS listener; throws, and changes nothing there, when the files do not fit together. */
  renew(files: TlsFiles): void
  /** Stops accepting; open connections stay. */
  stop(): void
  /** Ends what is still open. */
  close(): Promise<void>
}

export function createListener(options: {
  readonly limits: Limits
  readonly clock: Clock
  readonly accept: (connection: Duplex, origin: Origin) => void
  readonly refuse: (reason: RefusalReason, address: string | null, detail: string) => void
  readonly onError: (error: Error) => void
}): Listener {
  const { limits, clock, accept, refuse } = options
  const admission = createAdmission({ limits, clock })
  const tlsDoors = new Set<TlsDoor>()
  const servers = new Set<Server>()
  const stopped: Promise<void>[] = []
  const sockets = new Set<Socket>()

  function admit(socket: Socket, lead: (socket: Socket, address: string) => void): void {
    const address = plainAddress(socket.remoteAddress)
    // Without a listener an early reset would end the process.
    socket.on('error', () => socket.destroy())
    const problem = admission.enter(address)
    if (problem !== null) {
      socket.destroy()
      refuse(problem.reason, address, problem.detail)
      return
    }
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      admission.leave(address)
    })
    lead(socket, address)
  }

  function throughTls(
    files: TlsFiles,
    pass: (connection: Duplex, origin: Origin) => void,
  ): (socket: Socket) => void {
    const { handshakeTimeoutMs } = limits
    const door = createTlsDoor({ files, handshakeTimeoutMs, pass, refuse })
    tlsDoors.add(door)
    return (socket) => door.open(socket)
  }

  function throughWebSocket(
    origins: readonly string[],
  ): (connection: Duplex, origin: Origin) => void {
    const door = createWebSocketDoor({
      clock,
      upgradeTimeoutMs: limits.handshakeTimeoutMs,
      messageBytesMax: limits.webSocketMessageBytesMax,
      origins,
      pass: accept,
      refuse,
    })
    return (connection, origin) => door.open(connection, origin)
  }

  function wayIn(how: ListenOptions): (socket: Socket, address: string) => void {
    if (how.kind === 'mqtts') return throughTls(how.tls, accept)
    if (how.kind === 'wss') return throughTls(how.tls, throughWebSocket(how.origins ?? []))
    const open = how.kind === 'ws' ? throughWebSocket(how.origins ?? []) : accept
    return (socket, address) => open(socket, { address, certificate: null })
  }

  function stop(): void {
    for (const server of servers)
      stopped.push(new Promise((resolve) => server.close(() => resolve())))
    servers.clear()
  }

  return {
    listen: (how) =>
      new Promise((resolve, reject) => {
        const lead = wayIn(how)
        const server = createServer({ noDelay: true }, (socket) => admit(socket, lead))
        server.once('error', reject)
        server.listen({ host: how.host, port: how.port }, () => {
          server.off('error', reject)
          server.on('error', options.onError)
          servers.add(server)
          const bound = server.address()
          const isTcp = typeof bound === 'object' && bound !== null
          resolve({ host: isTcp ? bound.address : how.host, port: isTcp ? bound.port : how.port })
        })
      }),
    renew(files) {
      for (const door of tlsDoors) door.check(files)
      for (const door of tlsDoors) door.renew(files)
    },
    stop,
    async close() {
      stop()
      for (const socket of sockets) socket.destroy()
      await Promise.all(stopped)
    },
  }
}
