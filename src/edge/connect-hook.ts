// CONNECT: limits first, then the policy; the answer is decided once and given where aedes asks for it.

import type { AedesOptions, AuthenticateError, ConnectPacket } from 'aedes'
import type { Millis } from '../core/position.ts'
import type { Clock } from '../ports.ts'
import type { AccessPolicy, ConnectDecision, ConnectRequest, WillRequest } from './access-policy.ts'
import type { CredentialWatch } from './credential-watch.ts'
import { KEEPALIVE_FACTOR_MS, watchKeepalive } from './keepalive.ts'
import type { Limits } from './limits.ts'
import { createBuckets, createLine } from './pace.ts'
import type { RefusalReason, Refusals } from './refusal.ts'
import type { Session, Sessions } from './session.ts'
import type { SignInBrake } from './sign-in-brake.ts'
import { topicProblem } from './topic-rules.ts'

type Hooks = Required<Pick<AedesOptions, 'preConnect' | 'authenticate'>>

export function createConnectHooks(options: {
  readonly policy: AccessPolicy
  readonly sessions: Sessions
  readonly limits: Limits
  readonly refusals: Refusals
  readonly brake: SignInBrake
  readonly watch: Pick<CredentialWatch, 'limit'>
  readonly clock: Clock
  readonly onSignedIn: (clientId: string) => void
}): Hooks {
  const { sessions, limits, refusals, brake, watch, clock } = options
  const bucketOf = createBuckets({
    clock,
    perSecond: limits.messagesPerSecondMax,
    burst: limits.messagesBurstMax,
    bytesEach: limits.messageBytesMean,
    entriesMax: limits.connectionsMax * 2,
  })

  function decide(session: Session, packet: ConnectPacket): ConnectDecision {
    try {
      const decision = guard(packet, limits) ?? signIn(session, packet)
      if (decision.allow) adapt(session, packet, decision, limits)
      return decision
    } catch (error) {
      const detail = `Cannot decide on the connection: ${String(error)}`
      return { allow: false, returnCode: 3, reason: 'internal', detail }
    }
  }

  function signIn(session: Session, packet: ConnectPacket): ConnectDecision {
    const { clientId } = packet
    if (brake.isBlocked(clientId, session.address))
      // "Unavailable" makes a device try again later; "not authorized" makes some give up for good.
      return refused(
        3,
        'sign_in_brake',
        `Cannot connect: too many failed sign-ins as "${clientId}" from this address, try again later`,
      )
    const decision = options.policy.connect(requestOf(session, packet, clock.now()))
    if (decision.allow) brake.succeeded(clientId, session.address)
    else if (FAILURES.has(decision.reason))
      session.answerDelayMs = brake.failed(clientId, session.address)
    return decision
  }

  function admit(session: Session, decision: ConnectDecision & { allow: true }, id: string): void {
    const principal = { clientId: id, account: decision.account ?? null }
    sessions.authenticated(session, principal, createLine(bucketOf(id), clock))
    watchKeepalive(session, clock)
    watch.limit(session, decision.until ?? Number.POSITIVE_INFINITY)
    watch.limit(session, session.origin.certificate?.until ?? Number.POSITIVE_INFINITY)
    options.onSignedIn(id)
  }

  function turnAway(
    session: Session,
    id: string,
    { reason, detail, returnCode }: ConnectDecision & { allow: false },
    answer: (error: AuthenticateError) => void,
  ): void {
    const whom = { id: session.isAnonymous ? null : id, address: session.address }
    refusals.refuse(reason, whom, null, detail)
    const error = failure(returnCode, detail)
    if (session.answerDelayMs === 0) answer(error)
    else
      session.onEnd.push(
        clock.after(session.answerDelayMs, () => {
          if (!session.isEnded) answer(error)
        }),
      )
  }

  return {
    preConnect(client, packet, done) {
      const session = sessions.of(client)
      if (session !== undefined) {
        session.isAnonymous = packet.clientId === ''
        if (isSupported(packet)) session.decision = decide(session, packet)
        // aedes itself answers other versions with return code 1 in the form of version 3 [MQTT-3.1.2-2].
        else
          refusals.refuse(
            'unsupported_version',
            { id: session.isAnonymous ? null : packet.clientId, address: session.address },
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
      const denial = decision.allow ? accountIsFull(decision, client.id) : decision
      if (denial !== null) {
        turnAway(session, client.id, denial, (error) => done(error, null))
        return
      }
      if (decision.allow) admit(session, decision, client.id)
      done(null, true)
    },
  }

  function accountIsFull(
    { account }: ConnectDecision & { allow: true },
    clientId: string,
  ): (ConnectDecision & { allow: false }) | null {
    const max = limits.connectionsPerAccountMax
    if (account === undefined || sessions.othersOf({ account, clientId }) < max) return null
    const detail = `Cannot connect: expected at most ${max} connections of the account "${account}"`
    return refused(3, 'too_many_connections', detail)
  }
}

/** What counts as a failed sign-in; a wrong last will or a limit does not. */
const FAILURES: ReadonlySet<RefusalReason> = new Set([
  'bad_credentials',
  'unknown_client',
  'foreign_identity',
  'revoked',
])

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

function requestOf(session: Session, packet: ConnectPacket, at: Millis): ConnectRequest {
  return {
    at,
    clientId: packet.clientId,
    username: packet.username ?? null,
    password: packet.password ?? null,
    clean: packet.clean === true,
    will: willOf(packet),
    keepaliveSeconds: packet.keepalive ?? 0,
    address: session.address,
    certificate: session.origin.certificate?.names ?? null,
  }
}

/** aedes reads the session's terms from the packet after this. */
function adapt(
  session: Session,
  packet: ConnectPacket,
  decision: ConnectDecision & { allow: true },
  limits: Limits,
): void {
  const asked = packet.keepalive ?? 0
  const seconds =
    asked === 0 ? limits.keepaliveSecondsMax : Math.min(asked, limits.keepaliveSecondsMax)
  session.keepaliveMs = seconds * KEEPALIVE_FACTOR_MS
  // The keepalive is watched here, not by aedes.
  packet.keepalive = 0
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
  returnCode: 2 | 3 | 5,
  reason: RefusalReason,
  detail: string,
): ConnectDecision & { allow: false } {
  return { allow: false, returnCode, reason, detail }
}

function failure(returnCode: 2 | 3 | 4 | 5, detail: string): AuthenticateError {
  return Object.assign(new Error(detail), { returnCode })
}
