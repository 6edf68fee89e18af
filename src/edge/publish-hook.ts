// PUBLISH and last wills: policy, limits, then the journal; aedes sends the PUBACK when this hook calls back, so the call waits
// for the commit. A failure ends the connection without an acknowledgement, and the device sends again.
//
//   policy ─▶ in-flight limits ─▶ pace ─▶ journal.append ─▶ commit ─▶ callback ─▶ PUBACK / PUBREC

import type { AedesOptions, Client, PublishPacket } from 'aedes'
import { markConsumed } from './consumed.ts'
import type { Ingest, Publication } from './ingest.ts'
import type { Limits } from './limits.ts'
import type { AccessPolicy, PublishDecision } from './access-policy.ts'
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
  readonly unacknowledged: number
  readonly unacknowledgedBytes: number
}

/** Above this many unacknowledged messages aedes' own way is taken, which reads no further until they are committed. */
const SHORT_PATH_UNACKNOWLEDGED_MAX = 1_000

export function createPublishHook(options: {
  readonly policy: AccessPolicy
  readonly ingest: Ingest
  readonly sessions: Sessions
  readonly limits: Limits
  readonly refusals: Refusals
}): PublishHook {
  const { ingest, sessions, limits, refusals } = options
  let isStopped = false
  let dropped = 0
  let unacknowledged = 0
  let unacknowledgedBytes = 0

  function decide(
    id: string,
    packet: Omit<Publication, 'payload'>,
    will: boolean,
  ): PublishDecision {
    const { topic, qos, retain } = packet
    try {
      return options.policy.publish(id, topic, { qos, retain, will })
    } catch (error) {
      const detail = `Cannot decide on the publication: ${String(error)}`
      return { action: 'refuse', reason: 'internal', detail }
    }
  }

  function refuse(session: Session, packet: PublishPacket, reason: RefusalReason, detail: string) {
    return refusals.refuse(reason, session.id, packet.topic, detail)
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
    refuse(session, packet, reason, detail)
    setImmediate(() => {
      if (!session.isEnded) done(null)
    })
  }

  function publish(session: Session, id: string, packet: PublishPacket, done: Done): void {
    const decision = decide(id, packet, false)
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
    if (packet.qos === 0 && session.line?.tryNow() === false) {
      drop(session, packet, done, 'rate', 'Cannot take the message: too many a second')
      return
    }
    const proceed = admit(session, bytes, done)
    if (packet.qos === 0 || session.line === null || session.line.tryNow())
      take(session, id, packet, decision, proceed)
    else
      session.line.wait({
        run: () => take(session, id, packet, decision, proceed),
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
    const decision = decide(id, will, true)
    if (decision.action === 'refuse') {
      done(refusals.refuse(decision.reason, id, will.topic, decision.detail))
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
        refusals.refuse('internal', client?.id ?? null, packet.topic, detail)
        client?.conn.destroy()
      })
      try {
        if (isWill(packet)) {
          publishWill(client, packet, guarded)
          return
        }
        const session = sessions.of(client)
        if (session === undefined || session.id === null || isStopped) return
        publish(session, session.id, packet, guarded)
      } catch (error) {
        // aedes has no net under its hooks: what leaves this one ends the process.
        const detail = `Cannot handle the publication: ${String(error)}`
        guarded(refusals.refuse('internal', client?.id ?? null, packet.topic, detail))
      }
    },
    takeProven(session, { topic, messageId, payload }) {
      const { id, line } = session
      if (isStopped || id === null || session.unacknowledged >= SHORT_PATH_UNACKNOWLEDGED_MAX)
        return false
      const packet: Publication = { topic, messageId, payload, qos: 1, retain: false }
      const decision = decide(id, packet, false)
      const bytes = payload.length + topic.length
      if (decision.action !== 'ingest' || overLimit(session, bytes) !== null) return false
      if (line !== null && !line.tryNow()) return false
      const proceed = admit(session, bytes, (error) => {
        if (error !== null && error !== undefined) session.client.conn.destroy()
      })
      ingest.message(session, id, packet, decision, proceed)
      return true
    },
    stop() {
      isStopped = true
    },
    counts() {
      const { ingested, lost } = ingest.counts()
      return { ingested, dropped: dropped + lost, unacknowledged, unacknowledgedBytes }
    },
  }
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
