// Stands between a socket and aedes: refuses packets by size before they are buffered, by form before they are handled, and
// turns an exception in either into the end of that one connection.

import type { Clock } from '../ports.ts'
import type { ClientParts, Parser } from './aedes-parts.ts'
import type { Limits } from './limits.ts'
import type { RefusalReason } from './refusal.ts'
import type { Session } from './session.ts'
import { takeShortPath, type TakeProven } from './short-path.ts'
import { filterProblem, topicProblem } from './topic-rules.ts'

export interface PacketProblem {
  readonly reason: RefusalReason
  readonly topic: string | null
  readonly detail: string
}

interface GuardOptions {
  readonly parts: ClientParts
  readonly session: Session
  readonly limits: Limits
  readonly clock: Clock
  /** Counts and logs the problem and returns the error that ends the connection. */
  readonly refuse: (problem: PacketProblem) => Error
  /** Null: every packet goes through aedes. */
  readonly takeProven: TakeProven | null
}

export function guardPackets(options: GuardOptions): void {
  const { session, limits, refuse } = options
  const parser = options.parts._parser
  const own = new WeakSet<Error>()
  const fail = (problem: PacketProblem): Error => {
    const error = refuse(problem)
    own.add(error)
    return error
  }
  guardLength(parser, session, limits, fail)
  let isHeard = false
  guardParse(options, () => {
    const was = isHeard
    isHeard = false
    return was
  })
  inspectFirst(parser, (packet) => {
    isHeard = true
    const problem = inspect(packet, session, limits)
    if (problem === null) return true
    parser.emit('error', fail(problem))
    return false
  })
  parser.on('error', (error) => {
    if (own.has(error)) return
    refuse({
      reason:
        error.message === 'Client queue limit reached' ? 'queue_before_connack' : 'bad_packet',
      topic: null,
      detail: `Cannot read a packet: ${error.message}`,
    })
  })
}

function guardLength(
  parser: Parser,
  session: Session,
  limits: Limits,
  fail: (problem: PacketProblem) => Error,
): void {
  const readLength = parser._parseLength.bind(parser)
  parser._parseLength = () => {
    if (!readLength()) return false
    const max = session.isGreeted ? limits.packetBytesMax : limits.packetBeforeConnectBytesMax
    const length = parser.packet.length
    if (length <= max) return true
    const detail = `Cannot take a packet: expected at most ${max} bytes, got ${length}`
    parser._emitError(fail({ reason: 'packet_too_large', topic: null, detail }))
    return false
  }
}

/** `wasHeard` says whether a whole packet has come since it was asked last: half a packet keeps nobody alive. */
function guardParse(
  { parts, session, limits, clock, takeProven }: GuardOptions,
  wasHeard: () => boolean,
): void {
  const parser = parts._parser
  const parse = parser.parse.bind(parser)
  // Bytes of an unfinished packet that the parser holds: the short path begins where a packet begins.
  let held = 0
  parser.parse = (bytes) => {
    try {
      const taken =
        held > 0 || takeProven === null
          ? 0
          : takeShortPath(session, bytes, limits.packetBytesMax, takeProven)
      if (taken < bytes.length) held = parse(taken === 0 ? bytes : bytes.subarray(taken))
      if (wasHeard() || taken > 0) session.heardAt = clock.now()
      return held
    } catch (error) {
      // Covers aedes' synchronous handling of the packet too, which runs inside the parser.
      parser.emit('error', error instanceof Error ? error : new Error(String(error)))
      return 0
    }
  }
}

/** Puts `isFine` before aedes' own listener, which sees only what passes. */
function inspectFirst(parser: Parser, isFine: (packet: unknown) => boolean): void {
  const listeners = parser.listeners('packet')
  parser.removeAllListeners('packet')
  parser.on('packet', (packet) => {
    if (!isFine(packet)) return
    for (const listener of listeners)
      if (typeof listener === 'function') Reflect.apply(listener, parser, [packet])
  })
}

function inspect(packet: unknown, session: Session, limits: Limits): PacketProblem | null {
  if (!isPacket(packet)) return malformed('Cannot take a packet: expected an MQTT control packet')
  switch (packet.cmd) {
    case 'connect':
      session.isGreeted = true
      return null
    case 'publish':
      return publishProblem(packet, limits)
    case 'subscribe':
    case 'unsubscribe':
      return subscribeProblem(packet, session, limits)
    case 'pubrel':
      session.qos2Committed.delete(packet.messageId ?? 0)
      return null
    default:
      return null
  }
}

interface AnyPacket {
  readonly cmd: string
  readonly messageId?: number
  readonly qos?: number
  readonly topic?: string
  readonly subscriptions?: readonly { readonly topic: string }[]
  readonly unsubscriptions?: readonly string[]
}

/** The rest of the shape is what mqtt-packet promises for its own packets. */
function isPacket(packet: unknown): packet is AnyPacket {
  return (
    typeof packet === 'object' &&
    packet !== null &&
    'cmd' in packet &&
    typeof packet.cmd === 'string'
  )
}

function publishProblem(packet: AnyPacket, limits: Limits): PacketProblem | null {
  const topic = packet.topic ?? ''
  if ((packet.qos ?? 0) > 0 && !isMessageId(packet.messageId))
    return malformed('Cannot publish: expected a message id from 1 to 65535')
  const problem = topicProblem(topic, limits)
  return problem === null
    ? null
    : { reason: 'bad_topic', topic, detail: `Cannot publish: ${problem}` }
}

function subscribeProblem(
  packet: AnyPacket,
  session: Session,
  limits: Limits,
): PacketProblem | null {
  const filters =
    packet.unsubscriptions ?? packet.subscriptions?.map((subscription) => subscription.topic) ?? []
  // [MQTT-2.3.1-1], [MQTT-3.8.3-3], [MQTT-3.10.3-2]
  if (!isMessageId(packet.messageId) || filters.length === 0)
    return malformed(`Cannot ${packet.cmd}: expected a message id and at least one filter`)
  if (filters.length > limits.filtersPerPacketMax)
    return {
      reason: 'too_many_subscriptions',
      topic: null,
      detail: `Cannot ${packet.cmd}: expected at most ${limits.filtersPerPacketMax} filters, got ${filters.length}`,
    }
  for (const filter of filters) {
    const problem = filterProblem(filter, limits)
    if (problem !== null)
      return { reason: 'bad_topic', topic: filter, detail: `Cannot ${packet.cmd}: ${problem}` }
  }
  if (session.line !== null && !session.line.tryNow(0))
    return {
      reason: 'rate',
      topic: null,
      detail: `Cannot ${packet.cmd}: too many packets a second`,
    }
  return null
}

function isMessageId(id: number | undefined): boolean {
  return id !== undefined && id >= 1 && id <= 65_535
}

function malformed(detail: string): PacketProblem {
  return { reason: 'bad_packet', topic: null, detail }
}
