// PUBLISH and last wills: policy, limits, then the journal; aedes sends the PUBACK when this hook calls back, so the call waits
// for the commit. A failure ends the connection without an acknowledgement, and the device sends again.
//
//   policy ─▶ in-flight limits ─▶ pace ─▶ journal.append ─▶ commit ─▶ callback ─▶ PUBACK / PUBREC

import type { AedesOptions, Client, PublishPacket } from 'aedes'
import type { Clock } from '../ports.ts'
import { markConsumed } from './consumed.ts'
import type { Ingest, Publication } from './ingest.ts'
import type { Limits } from './limits.ts'
import type { AccessPolicy, Principal, PublishDecision } from './access-policy.ts'
import type { RefusalReason, Refusals } from './refusal.ts'
import type { TakeProven } from './short-path.ts'
import type { Session, Sessions } from './session.ts'

type Done = (error?: Error | null) => void
/** aedes puts the client id on wills. */
type Will = PublishPacket & { clientId?: string }

export interface PublishHook {
  readonly authorizePublish: NonNullable<AedesOptions['authorizePublish']>
  /** The same for a QoS 1 publication that did not come through aedes. */
  readonly takeProven: TakeProven
  /** From now on nothing new is taken and wills stay unpublished, which MQTT allows at a shutdown (3.1.2.5). */
  stop(): void
  counts(): PublishCounts
}

export interface PublishCounts {
  /** Committed to the journal since start. */
  readonly ingested: number
  /** QoS 0 messages let go. */
  readonly dropped: number
  /** QoS 1 and 2 messages that waited because their client sent too many. */
  readonly slowed: number
  readonly unacknowledged: number
  readonly unacknowledgedBytes: number
}

/** Above this many unacknowledged messages aedes' own way is taken, which reads no further until they are committed. */
const SHORT_PATH_UNACKNOWLEDGED_MAX = 1_000
const TOLD_AGAIN_MS = 1_000

export function createPublishHook(options: {
  readonly policy: AccessPolicy
  readonly ingest: Ingest
  readonly sessions: Sessions
  readonly limits: Limits
  readonly refusals: Refusals
  readonly clock: Clock
}): PublishHook {
  const { ingest, sessions, limits, refusals, clock } = options
  let isStopped = false
  let dropped = 0
  let slowed = 0
  let unacknowledged = 0
  let unacknowledgedBytes = 0

  function decide(
    who: Principal,
    packet: Omit<Publication, 'payload'>,
    will: boolean,
  ): PublishDecision {
    const { topic, qos, retain } = packet
    try {
      return options.policy.publish(who, topic, { qos, retain, will })
    } catch (error) {
      const detail = `Cannot decide on the publication: ${String(error)}`
      return { action: 'refuse', reason: 'internal', detail }
    }
  }

  function refuse(session: Session, packet: PublishPacket, reason: RefusalReason, detail: string) {
    return refusals.refuse(reason, session, packet.topic, detail)
  }

  /** QoS 0 over a limit: counted and forgotten. Asynchronous, as aedes reads on from within the call. */
  function drop(
    session: Session,
    packet: PublishPacket,
    done: Done,
    reason: RefusalReason,
    detail: string,
  ) {
    dropped++
    markConsumed(packet)
    // Telling costs more than dropping, and a flood is where that matters.
    if (isToldEnough(session)) refusals.count(reason)
    else refuse(session, packet, reason, detail)
    setImmediate(() => {
      if (!session.isEnded) done(null)
    })
  }

  /** Once a second and connection. */
  function isToldEnough(session: Session): boolean {
    const now = clock.now()
    if (now - session.toldAt < TOLD_AGAIN_MS && now >= session.toldAt) return true
    session.toldAt = now
    return false
  }

  function publish(session: Session, who: Principal, packet: PublishPacket, done: Done): void {
    const decision = decide(who, packet, false)
    if (decision.action === 'refuse') {
      done(refuse(session, packet, decision.reason, decision.detail))
      return
    }
    const bytes = packet.payload.length + packet.topic.length
    const problem = overLimit(session, bytes)
    if (problem !== null) {
      if (packet.qos === 0) drop(session, packet, done, problem.reason, problem.detail)
      else done(refuse(session, packet, problem.reason, problem.detail))
      return
    }
    if (packet.qos === 0 && session.line?.tryNow(bytes) === false) {
      drop(session, packet, done, 'rate', 'Cannot take the message: too many a second')
      return
    }
    const proceed = admit(session, bytes, done)
    if (packet.qos === 0 || session.line === null || session.line.tryNow(bytes)) {
      take(session, who.clientId, packet, decision, proceed)
      return
    }
    slowed++
    if (!isToldEnough(session))
      refusals.slowed(
        session,
        'The client sends more than it may: its messages wait for their turn',
      )
    session.line.wait({
      bytes,
      run: () => take(session, who.clientId, packet, decision, proceed),
      drop: () => proceed(new Error('The connection is over')),
    })
  }

  function take(
    session: Session,
    id: string,
    packet: PublishPacket,
    decision: Exclude<PublishDecision, { action: 'refuse' }>,
    proceed: (error: Error | null) => void,
  ): void {
    if (decision.action === 'ingest') {
      if (session.proven?.topic !== packet.topic)
        session.proven = { topic: packet.topic, bytes: Buffer.from(packet.topic) }
      markConsumed(packet)
      ingest.message(session, id, packet, decision, proceed)
    } else {
      packet.retain = decision.retain
      proceed(null)
    }
  }

  function overLimit(
    session: Session,
    bytes: number,
  ): { reason: RefusalReason; detail: string } | null {
    if (session.unacknowledged >= limits.unacknowledgedPerClientMax)
      return {
        reason: 'too_many_unacknowledged',
        detail: `Cannot take the message: expected at most ${limits.unacknowledgedPerClientMax} unacknowledged ones`,
      }
    if (unacknowledgedBytes + bytes > limits.unacknowledgedBytesMax)
      return {
        reason: 'overloaded',
        detail: `Cannot take the message: ${unacknowledgedBytes} bytes wait for the journal`,
      }
    return null
  }

  /** Counts the message in; the returned function counts it out and passes the result on, unless the connection is over. */
  function admit(session: Session, bytes: number, done: Done): (error: Error | null) => void {
    session.unacknowledged++
    unacknowledged++
    unacknowledgedBytes += bytes
    return (error) => {
      session.unacknowledged--
      unacknowledged--
      unacknowledgedBytes -= bytes
      if (!session.isEnded) done(error)
    }
  }

  function publishWill(client: Client | null, will: Will, done: Done): void {
    const id = client?.id ?? will.clientId
    if (isStopped || id === undefined) {
      done(new Error('The last will stays unpublished'))
      return
    }
    // The policy drops the wills of accounts at CONNECT.
    const decision = decide({ clientId: id, account: null }, will, true)
    if (decision.action === 'refuse') {
      done(refusals.refuse(decision.reason, { id, address: null }, will.topic, decision.detail))
      return
    }
    if (decision.action === 'deliver') {
      will.retain = decision.retain
      done(null)
      return
    }
    markConsumed(will)
    ingest.will(id, will, decision, () => done(null))
  }

  return {
    authorizePublish(client, packet, done) {
      const guarded = once(done, (error) => {
        const detail = `Cannot finish the publication: ${String(error)}`
        refusals.refuse('internal', whomOf(client), packet.topic, detail)
        client?.conn.destroy()
      })
      try {
        if (isWill(packet)) {
          publishWill(client, packet, guarded)
          return
        }
        const session = sessions.of(client)
        if (session === undefined || session.principal === null || isStopped) return
        publish(session, session.principal, packet, guarded)
      } catch (error) {
        // aedes has no net under its hooks: what leaves this one ends the process.
        const detail = `Cannot handle the publication: ${String(error)}`
        guarded(refusals.refuse('internal', whomOf(client), packet.topic, detail))
      }
    },
    takeProven(session, { topic, messageId, payload }) {
      const { principal, line } = session
      if (
        isStopped ||
        principal === null ||
        session.unacknowledged >= SHORT_PATH_UNACKNOWLEDGED_MAX
      )
        return false
      const packet: Publication = { topic, messageId, payload, qos: 1, retain: false }
      const decision = decide(principal, packet, false)
      const bytes = payload.length + topic.length
      if (decision.action !== 'ingest' || overLimit(session, bytes) !== null) return false
      if (line !== null && !line.tryNow(bytes)) return false
      const proceed = admit(session, bytes, (error) => {
        if (error !== null && error !== undefined) session.client.conn.destroy()
      })
      ingest.message(session, principal.clientId, packet, decision, proceed)
      return true
    },
    stop() {
      isStopped = true
    },
    counts() {
      const { ingested, lost } = ingest.counts()
      return { ingested, dropped: dropped + lost, slowed, unacknowledged, unacknowledgedBytes }
    },
  }
}

function whomOf(client: Client | null): { id: string | null; address: null } {
  return { id: client?.id ?? null, address: null }
}

/** aedes gives wills to the same hook, as they stood in CONNECT: without a command. */
function isWill(packet: object): boolean {
  return !('cmd' in packet)
}

/** Calls aedes back at most once, and keeps what it throws away from the journal, which calls us. */
function once(done: Done, onThrow: (error: unknown) => void): Done {
  let isDone = false
  return (error) => {
    if (isDone) return
    isDone = true
    try {
      done(error)
    } catch (thrown) {
      onThrow(thrown)
    }
  }
}
