// CONNECT: limits first, then the policy; the answer is decided once and given where aedes asks for it.

import type { AedesOptions, AuthenticateError, ConnectPacket } from 'aedes'
import type { Clock } from '../ports.ts'
import type { Limits } from './limits.ts'
import { createBuckets, createLine } from './pace.ts'
import type { AccessPolicy, ConnectDecision, WillRequest } from './access-policy.ts'
import type { Refusals } from './refusal.ts'
import type { Session, Sessions } from './session.ts'
import { topicProblem } from './topic-rules.ts'

type Hooks = Required<Pick<AedesOptions, 'preConnect' | 'authenticate'>>

export function createConnectHooks(options: {
  readonly policy: AccessPolicy
  readonly sessions: Sessions
  readonly limits: Limits
  readonly refusals: Refusals
  readonly clock: Clock
}): Hooks {
  const { sessions, limits, refusals, clock } = options
  const bucketOf = createBuckets({
    clock,
    perSecond: limits.messagesPerSecondMax,
    burst: limits.messagesBurstMax,
    entriesMax: limits.connectionsMax * 2,
  })

  function decide(session: Session, packet: ConnectPacket): ConnectDecision {
    try {
      const decision = guard(packet, limits) ?? askPolicy(session, packet, options.policy)
      if (decision.allow) adapt(packet, decision, limits)
      return decision
    } catch (error) {
      const detail = `Cannot decide on the connection: ${String(error)}`
      return { allow: false, returnCode: 3, reason: 'internal', detail }
    }
  }

  return {
    preConnect(client, packet, done) {
      const session = sessions.of(client)
      if (session !== undefined) {
        if (isSupported(packet)) session.decision = decide(session, packet)
        // aedes itself answers other versions with return code 1 in the form of version 3 [MQTT-3.1.2-2].
        else
          refusals.refuse(
            'unsupported_version',
            packet.clientId,
            null,
            `Cannot connect: expected MQTT 3.1.1, got protocol level ${packet.protocolVersion}`,
          )
      }
      done(null, true)
    },
    authenticate(client, _username, _password, done) {
      const session = sessions.of(client)
      const decision = session?.decision ?? null
      if (session === undefined || decision === null || session.isEnded) {
        done(failure(3, 'Cannot connect: the connection is over'), null)
        return
      }
      if (!decision.allow) {
        const { reason, detail, returnCode } = decision
        refusals.refuse(reason, client.id, null, detail)
        done(failure(returnCode, detail), null)
        return
      }
      sessions.authenticated(session, client.id, createLine(bucketOf(client.id), clock))
      done(null, true)
    },
  }
}

function isSupported(packet: ConnectPacket): boolean {
  return packet.protocolVersion === 3 || packet.protocolVersion === 4
}

function guard(packet: ConnectPacket, limits: Limits): ConnectDecision | null {
  const id = packet.clientId
  // [MQTT-3.1.3-8]
  if (id.length === 0 && packet.clean !== true)
    return refused(2, 'bad_client_id', 'Cannot connect: expected a client id with clean session 0')
  if (Buffer.byteLength(id) > limits.clientIdBytesMax || id.includes('\0'))
    return refused(
      2,
      'bad_client_id',
      `Cannot connect: expected a client id of at most ${limits.clientIdBytesMax} bytes, got ${Buffer.byteLength(id)}`,
    )
  const will = willOf(packet)
  if (will === null) return null
  const problem = topicProblem(will.topic, limits)
  if (problem !== null)
    return refused(5, 'will_not_allowed', `Cannot accept the last will: ${problem}`)
  if (will.payload.length > limits.willPayloadBytesMax)
    return refused(
      5,
      'will_not_allowed',
      `Cannot accept the last will: expected at most ${limits.willPayloadBytesMax} bytes, got ${will.payload.length}`,
    )
  return null
}

function askPolicy(session: Session, packet: ConnectPacket, policy: AccessPolicy): ConnectDecision {
  return policy.connect({
    clientId: packet.clientId,
    username: packet.username ?? null,
    password: packet.password ?? null,
    clean: packet.clean === true,
    will: willOf(packet),
    keepaliveSeconds: packet.keepalive ?? 0,
    address: session.address,
  })
}

/** aedes reads the session's terms from the packet after this. */
function adapt(packet: ConnectPacket, decision: ConnectDecision & { allow: true }, limits: Limits) {
  const asked = packet.keepalive ?? 0
  packet.keepalive =
    asked === 0 ? limits.keepaliveSecondsMax : Math.min(asked, limits.keepaliveSecondsMax)
  if (decision.clean !== undefined) packet.clean = decision.clean
  if (decision.keepWill === false) delete packet.will
  // A slice of the block it was received in, which would stay in memory as long as the connection.
  else if (packet.will !== undefined) packet.will.payload = Buffer.from(packet.will.payload)
}

function willOf(packet: ConnectPacket): WillRequest | null {
  const will = packet.will
  if (will === undefined) return null
  const payload = typeof will.payload === 'string' ? Buffer.from(will.payload) : will.payload
  return { topic: will.topic, payload, qos: will.qos ?? 0, retain: will.retain === true }
}

function refused(
  returnCode: 2 | 5,
  reason: 'bad_client_id' | 'will_not_allowed',
  detail: string,
): ConnectDecision {
  return { allow: false, returnCode, reason, detail }
}

function failure(returnCode: 2 | 3 | 4 | 5, detail: string): AuthenticateError {
  return Object.assign(new Error(detail), { returnCode })
}
