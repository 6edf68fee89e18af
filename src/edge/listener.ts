// Accepts TCP connections within the limits on their number; what happens on them is the broker's.

import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import type { Limits } from './limits.ts'
import type { RefusalReason } from './refusal.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface Listener {
  /** Rejects when the address cannot be taken. Port 0: any free one; the answer says which. */
  listen(endpoint: Endpoint): Promise<Endpoint>
  /** Stops accepting; open connections stay. */
  stop(): void
  /** Ends what is still open. */
  close(): Promise<void>
}

export function createListener(options: {
  readonly limits: Limits
  readonly accept: (socket: Socket, address: string | null) => void
  readonly refuse: (reason: RefusalReason, detail: string) => void
  readonly onError: (error: Error) => void
}): Listener {
  const { limits } = options
  const servers = new Set<Server>()
  const stopped: Promise<void>[] = []
  const sockets = new Set<Socket>()
  const perAddress = new Map<string, number>()

  function onConnection(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress)
    const fromThere = perAddress.get(address) ?? 0
    // Without a listener an early reset would end the process.
    socket.on('error', () => socket.destroy())
    if (sockets.size >= limits.connectionsMax) {
      socket.destroy()
      options.refuse(
        'too_many_connections',
        `Cannot accept ${address}: expected at most ${limits.connectionsMax} connections`,
      )
      return
    }
    if (fromThere >= limits.connectionsPerAddressMax && !isLoopback(address)) {
      socket.destroy()
      options.refuse(
        'too_many_per_address',
        `Cannot accept ${address}: expected at most ${limits.connectionsPerAddressMax} connections from it`,
      )
      return
    }
    sockets.add(socket)
    perAddress.set(address, fromThere + 1)
    socket.once('close', () => {
      sockets.delete(socket)
      const left = (perAddress.get(address) ?? 1) - 1
      if (left > 0) perAddress.set(address, left)
      else perAddress.delete(address)
    })
    options.accept(socket, address)
  }

  function stop(): void {
    for (const server of servers)
      stopped.push(new Promise((resolve) => server.close(() => resolve())))
    servers.clear()
  }

  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        const server = createServer({ noDelay: true }, onConnection)
        server.once('error', reject)
        server.listen({ host, port }, () => {
          server.off('error', reject)
          server.on('error', options.onError)
          servers.add(server)
          const bound = server.address()
          const isTcp = typeof bound === 'object' && bound !== null
          resolve({ host: isTcp ? bound.address : host, port: isTcp ? bound.port : port })
        })
      }),
    stop,
    async close() {
      stop()
      for (const socket of sockets) socket.destroy()
      await Promise.all(stopped)
    },
  }
}

/** `::ffff:10.0.0.1` is `10.0.0.1`: one host, one count. */
function plainAddress(address: string | undefined): string {
  return (address ?? 'unknown').replace(/^::ffff:/, '')
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
