// Accepts TCP connections within the limits on their number; what happens on them is the broker's.

import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { createAdmission, plainAddress } from './admission.ts'
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
  const admission = createAdmission(options.limits)
  const servers = new Set<Server>()
  const stopped: Promise<void>[] = []
  const sockets = new Set<Socket>()

  function onConnection(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress)
    // Without a listener an early reset would end the process.
    socket.on('error', () => socket.destroy())
    const problem = admission.enter(address)
    if (problem !== null) {
      socket.destroy()
      options.refuse(problem.reason, problem.detail)
      return
    }
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      admission.leave(address)
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
