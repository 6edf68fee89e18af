// What the edge's tests share: a journal with a hand on its commits, a small registry, a broker, a raw MQTT peer.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import type { Duplex } from 'node:stream'
import { generate, parser } from 'mqtt-packet'
import type { Packet } from 'mqtt-packet'
import { createWebSocketStream, WebSocket } from 'ws'
import type { ClientOptions } from 'ws'
import { systemClock } from '../../../src/clock.ts'
import type { DeviceAccess } from '../../../src/core/registry/device.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { Entry } from '../../../src/core/messages/record.ts'
import type { AccessPolicy } from '../../../src/edge/access-policy.ts'
import { createBroker } from '../../../src/edge/broker.ts'
import type { Broker } from '../../../src/edge/broker.ts'
import { createCredentials } from '../../../src/edge/credentials.ts'
import { createDirectory } from '../../../src/edge/directory.ts'
import type { Limits } from '../../../src/edge/limits.ts'
import { createDevicePolicy } from '../../../src/edge/policy.ts'
import type { AppendOutcome, Clock, Journal } from '../../../src/ports.ts'

export interface HandJournal extends Pick<Journal, 'append'> {
  readonly entries: (Omit<Entry, 'payload'> & { readonly payload: string })[]
  /** Commits wait until `release`. */
  hold(): void
  release(): void
  /** The next appends end like this. */
  answer(outcome: AppendOutcome | null): void
  /** Resolves when so many entries were appended. */
  reached(count: number): Promise<void>
}

/** Appends in order, copies payloads, calls back asynchronously and in order: the port's rules, without a disk. */
export function createHandJournal(): HandJournal {
  const entries: HandJournal['entries'] = []
  const pending: (() => void)[] = []
  const watchers: { count: number; resolve: () => void }[] = []
  let isHeld = false
  let forced: AppendOutcome | null = null
  let sequence = 0

  function flush(): void {
    if (isHeld) return
    for (const commit of pending.splice(0)) commit()
  }

  return {
    entries,
    append(entry, done) {
      const outcome: AppendOutcome = forced ?? {
        kind: 'committed',
        position: positionAt(++sequence),
        receivedAt: sequence,
      }
      if (outcome.kind !== 'refused')
        entries.push({ ...entry, payload: Buffer.from(entry.payload).toString('utf8') })
      pending.push(() => done(outcome))
      setImmediate(flush)
      for (const watcher of watchers) if (entries.length >= watcher.count) watcher.resolve()
    },
    hold() {
      isHeld = true
    },
    release() {
      isHeld = false
      flush()
    },
    answer(outcome) {
      forced = outcome
    },
    reached: (count) =>
      new Promise((resolve) => {
        if (entries.length >= count) resolve()
        else watchers.push({ count, resolve })
      }),
  }
}

const silentLog = { debug() {}, info() {}, warn() {}, error() {} }

interface Refused {
  readonly reason: string
  readonly client: string | null
  readonly address: string | null
  readonly topic: string | null
  readonly detail: string
}

export interface Bench {
  readonly broker: Broker
  readonly journal: HandJournal
  readonly port: number
  readonly refused: readonly Refused[]
  /** Resolves with the first refusal for this reason, past or future. */
  refusal(reason: string): Promise<Refused>
  close(): Promise<void>
}

export async function openBench(
  options: {
    readonly policy: AccessPolicy
    readonly limits?: Partial<Limits>
    readonly clock?: Clock
  } & Partial<Parameters<typeof createBroker>[0]>,
): Promise<Bench> {
  const journal = createHandJournal()
  const refused: Refused[] = []
  const watchers: { reason: string; resolve: (found: Refused) => void }[] = []
  const broker = await createBroker({
    journal,
    clock: systemClock,
    log: silentLog,
    ...options,
    onRefused(reason, context) {
      const found = { reason, ...context }
      refused.push(found)
      for (const watcher of watchers) if (watcher.reason === reason) watcher.resolve(found)
    },
  })
  const { port } = await broker.listen({ host: '127.0.0.1', port: 0 })
  return {
    broker,
    journal,
    port,
    refused,
    refusal: (reason) =>
      new Promise((resolve) => {
        const found = refused.find((each) => each.reason === reason)
        if (found === undefined) watchers.push({ reason, resolve })
        else resolve(found)
      }),
    async close() {
      journal.answer(null)
      journal.release()
      await broker.close()
    },
  }
}

export function access(id: string, more: Partial<DeviceAccess> = {}): DeviceAccess {
  return {
    id,
    type: 'streetlight',
    division: '150802',
    parent: null,
    simulated: false,
    credential: null,
    ...more,
  }
}

export function topicOf(id: string, channel: string): string {
  return `city/v1/150802/streetlight/${id}/${channel}`
}

/**
 * A registry of GW, its children CH, C2 and MV, another gateway G2, a stranger SX, the revoked RV, and the accounts `tts` and
 * `dtu-east`; each with a password.
 */
export function openCity() {
  const credentials = createCredentials(Buffer.alloc(32, 7))
  const directory = createDirectory()
  const passwords: Record<string, string> = {}
  for (const [id, parent] of [
    ['GW', null],
    ['CH', 'GW'],
    ['C2', 'GW'],
    ['G2', null],
    ['MV', 'GW'],
    ['SX', null],
    ['RV', null],
  ] as const) {
    const { password, hash } = credentials.make()
    passwords[id] = password
    const marks = { simulated: id === 'SX', revoked: id === 'RV' }
    directory.put(access(id, { parent, credential: hash, ...marks }))
  }
  for (const [id, format, topics] of [
    ['tts', 'tts', ['v3/#', 'lora/+/up']],
    ['dtu-east', 'hj212', ['dtu/#', '$sys/east/#']],
  ] as const) {
    const { password, hash } = credentials.make('integration')
    passwords[id] = password
    directory.putIntegration({ id, format, topics, credential: hash, previous: null })
  }
  const policy = createDevicePolicy({ directory, credentials })
  return { credentials, directory, passwords, policy }
}

export interface Peer {
  readonly socket: Duplex
  send(...packets: Packet[]): void
  write(bytes: Uint8Array): void
  /** The next packet from the broker, or null once the connection is closed. */
  next(): Promise<Packet | null>
  closed(): Promise<void>
  end(): void
}

export async function openPeer(port: number): Promise<Peer> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  return createPeer(socket)
}

/** A file of the tests' certificates. */
export function pem(name: string): Buffer {
  return readFileSync(join(import.meta.dirname, '../../support/certificates', name))
}

/** What a TLS listener is given; with the authority it also asks for client certificates. */
export const serverFiles = { cert: pem('server.crt'), key: pem('server.key') }
export const mutualFiles = { ...serverFiles, ca: pem('authority.crt') }

/** The certificate of this name is shown; rejects when the handshake fails. */
export async function openTlsPeer(
  port: number,
  certificate: string | null = null,
  more: ConnectionOptions = {},
): Promise<Peer> {
  const own =
    certificate === null ? {} : { cert: pem(`${certificate}.crt`), key: pem(`${certificate}.key`) }
  const ca = pem('authority.crt')
  const socket = connectTls({
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    ca,
    ...own,
    ...more,
  })
  await once(socket, 'secureConnect')
  return createPeer(socket)
}

/** Rejects when the upgrade is refused. */
export async function openWebSocketPeer(
  url: string,
  options: ClientOptions = {},
  protocols: readonly string[] = ['mqtt'],
): Promise<Peer & { readonly webSocket: WebSocket }> {
  const webSocket = new WebSocket(url, [...protocols], { ca: pem('authority.crt'), ...options })
  await once(webSocket, 'open')
  const stream = createWebSocketStream(webSocket)
  // By itself it would wait for our half of the end.
  stream.once('end', () => stream.destroy())
  return { ...createPeer(stream), webSocket }
}

/** A raw MQTT 3.1.1 peer that does nothing by itself. */
export function createPeer(socket: Duplex): Peer {
  const incoming = parser({ protocolVersion: 4 })
  const queue: Packet[] = []
  const waiting: ((packet: Packet | null) => void)[] = []
  let isClosed = false
  incoming.on('packet', (packet) => {
    const first = waiting.shift()
    if (first === undefined) queue.push(packet)
    else first(packet)
  })
  socket.on('data', (bytes: Buffer) => incoming.parse(bytes))
  socket.on('error', () => socket.destroy())
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      isClosed = true
      for (const each of waiting.splice(0)) each(null)
      resolve()
    }),
  )
  return {
    socket,
    send(...packets) {
      socket.write(Buffer.concat(packets.map((packet) => generate(packet))))
    },
    write: (bytes) => socket.write(bytes),
    next: () =>
      new Promise((resolve) => {
        const first = queue.shift()
        if (first !== undefined) resolve(first)
        else if (isClosed) resolve(null)
        else waiting.push(resolve)
      }),
    closed: () => closed,
    end: () => socket.destroy(),
  }
}

export function connectPacket(
  clientId: string,
  more: {
    password?: string
    username?: string
    clean?: boolean
    keepalive?: number
    will?: { topic: string; payload: string; qos?: 0 | 1 | 2; retain?: boolean }
  } = {},
): Packet {
  const { password, username, clean = true, keepalive = 60, will } = more
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clientId,
    clean,
    keepalive,
    ...(password === undefined
      ? {}
      : { username: username ?? clientId, password: Buffer.from(password) }),
    ...(will === undefined
      ? {}
      : {
          will: {
            topic: will.topic,
            payload: Buffer.from(will.payload),
            qos: will.qos ?? 0,
            retain: will.retain ?? false,
          },
        }),
  }
}

/** Without a client id but with a persistent session, which no library would send. */
export function namelessPersistent(): Buffer {
  const bytes = generate(connectPacket(''))
  // Connect flags follow two bytes of header, six of protocol name and one of level; bit 1 is clean session.
  bytes.writeUInt8(bytes.readUInt8(9) & ~0x02, 9)
  return bytes
}

export function publishPacket(
  topic: string,
  payload: string,
  qos: 0 | 1 | 2 = 0,
  messageId?: number,
  more: { retain?: boolean; dup?: boolean } = {},
): Packet {
  return {
    cmd: 'publish',
    topic,
    payload: Buffer.from(payload),
    qos,
    retain: more.retain ?? false,
    dup: more.dup ?? false,
    ...(messageId === undefined ? {} : { messageId }),
  }
}

export function subscribePacket(
  messageId: number,
  ...filters: readonly [string, 0 | 1 | 2][]
): Packet {
  return {
    cmd: 'subscribe',
    messageId,
    subscriptions: filters.map(([topic, qos]) => ({ topic, qos })),
  }
}

/** A peer that is connected; fails when the broker says no. */
export async function openConnected(
  port: number,
  clientId: string,
  more: Parameters<typeof connectPacket>[1] = {},
): Promise<Peer> {
  const peer = await openPeer(port)
  peer.send(connectPacket(clientId, more))
  const answer = await peer.next()
  if (answer?.cmd !== 'connack' || answer.returnCode !== 0)
    throw new Error(`Cannot connect as ${clientId}: got ${JSON.stringify(answer)}`)
  return peer
}
