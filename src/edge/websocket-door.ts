// MQTT over WebSocket [MQTT-6.0.0-1 to 4], on a connection that was accepted already: the upgrade within its time, on our path, for
// the subprotocol `mqtt`, never for the page of another site; then binary messages are the stream the broker reads.

import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { Clock } from '../ports.ts'
import type { Origin } from './origin.ts'
import type { RefusalReason } from './refusal.ts'

export interface WebSocketDoor {
  open(connection: Duplex, origin: Origin): void
}

const PATHS = new Set(['/', '/mqtt'])
/** What MQTT 3.1.1 and 3.1 clients ask for. */
const SUBPROTOCOLS = ['mqtt', 'mqttv3.1']
const HEADER_BYTES_MAX = 8 * 1024
/** For the other side's half of the closing handshake. */
const CLOSE_TIMEOUT_MS = 2_000

export function createWebSocketDoor(options: {
  readonly clock: Clock
  readonly upgradeTimeoutMs: number
  readonly messageBytesMax: number
  /** Further origins whose pages may connect, besides the one that is our own address. */
  readonly origins: readonly string[]
  readonly pass: (connection: Duplex, origin: Origin) => void
  readonly refuse: (reason: RefusalReason, address: string | null, detail: string) => void
}): WebSocketDoor {
  const { clock, pass, refuse } = options
  const waiting = new WeakMap<Duplex, { readonly origin: Origin; readonly arrived: () => void }>()
  const settings = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.messageBytesMax,
    // Not in the package's types yet.
    closeTimeout: CLOSE_TIMEOUT_MS,
    handleProtocols: (asked: ReadonlySet<string>) =>
      SUBPROTOCOLS.find((name) => asked.has(name)) ?? false,
  }
  const sockets = new WebSocketServer(settings)
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => {
    const address = waiting.get(request.socket)?.origin.address ?? null
    refuse('bad_upgrade', address, 'Cannot serve a plain HTTP request: expected a WebSocket')
    response.writeHead(426, { Connection: 'close', Upgrade: 'websocket' }).end()
  })
  server.on('clientError', (error, connection) => {
    const address = waiting.get(connection)?.origin.address ?? null
    refuse('bad_upgrade', address, `Cannot read the HTTP request: ${error.message}`)
    connection.destroy()
  })
  server.on('upgrade', (request, connection, head) => {
    const { origin, arrived } = waiting.get(connection) ?? {}
    if (origin === undefined || arrived === undefined) {
      connection.destroy()
      return
    }
    const problem = upgradeProblem(request, options.origins)
    if (problem !== null) {
      refuse(problem.reason, origin.address, problem.detail)
      answer(connection, problem.status)
      return
    }
    sockets.handleUpgrade(request, connection, head, (socket) => {
      arrived()
      pass(streamOf(socket, origin), origin)
    })
  })

  function streamOf(socket: WebSocket, { address }: Origin): Duplex {
    // Before the stream's own listener, so that a destroyed stream takes nothing more.
    socket.on('message', (_bytes, isBinary) => {
      if (isBinary || stream.destroyed) return
      refuse('bad_packet', address, 'Cannot take a WebSocket message: expected binary, got text')
      stream.destroy()
    })
    socket.on('error', (error) => {
      refuse('bad_packet', address, `Cannot read a WebSocket message: ${error.message}`)
    })
    const stream = createWebSocketStream(socket)
    return stream
  }

  return {
    open(connection, origin) {
      const cancel = clock.after(options.upgradeTimeoutMs, () => {
        refuse('connect_timeout', origin.address, 'Cannot wait any longer for the WebSocket')
        connection.destroy()
      })
      waiting.set(connection, { origin, arrived: cancel })
      connection.once('close', cancel)
      server.emit('connection', connection)
    },
  }
}

interface Problem {
  readonly status: string
  readonly reason: RefusalReason
  readonly detail: string
}

function upgradeProblem(request: IncomingMessage, origins: readonly string[]): Problem | null {
  const path = (request.url ?? '').split('?', 1)[0] ?? ''
  if (!PATHS.has(path))
    return bad('404 Not Found', `Cannot upgrade: expected the path /mqtt, got "${path}"`)
  const { host, origin } = request.headers
  if (origin !== undefined && !origins.includes(origin) && !isSameHost(origin, host))
    return {
      status: '403 Forbidden',
      reason: 'foreign_origin',
      detail: `Cannot upgrade for a page of another site: expected "${host ?? ''}", got "${origin}"`,
    }
  const asked = (request.headers['sec-websocket-protocol'] ?? '').split(',')
  // [MQTT-6.0.0-3]
  if (!asked.some((name) => SUBPROTOCOLS.includes(name.trim())))
    return bad('400 Bad Request', 'Cannot upgrade: expected the WebSocket subprotocol mqtt')
  return null
}

function bad(status: string, detail: string): Problem {
  return { status, reason: 'bad_upgrade', detail }
}

/** A browser says which page connects; the page must come from the address it connects to. */
function isSameHost(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false
  const { host: page, protocol } = new URL(origin)
  if (page === '' || (protocol !== 'http:' && protocol !== 'https:')) return false
  // The URL leaves the usual port of its scheme out; so does it here.
  const own = `${protocol}//${host}`
  return URL.canParse(own) && new URL(own).host === page
}

function answer(connection: Duplex, status: string): void {
  connection.once('finish', () => connection.destroy())
  connection.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
