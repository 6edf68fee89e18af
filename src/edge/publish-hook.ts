// PUBLISH and last wills: policy, limits, then the journal; aedes sends the PUBACK when this hook calls back, so the call waits
// for the commit. A failure ends the connection without an acknowledgement, and the device sends again.
//
//   policy ─▶ in-flight limits ─▶ pace ─▶ journal.append ─▶ commit ─▶ callback ─▶ PUBACK / PUBREC

import type { AedesOptions, Client, PublishPacket } from 'aedes'
import type { AppendOutcome, Journal } from '../ports.ts'
import type { Limits } from './limits.ts'
import type { AccessPolicy, PublishDecision } from './access-policy.ts'
import type { RefusalReason, Refusals } from './refusal.ts'
import type { Session, Sessions } from './session.ts'

type Done = (error?: Error | null) => void
type Ingest = PublishDecision & { action: 'ingest' }
/** aedes puts the client id on wills. */
type Will = PublishPacket & { clientId?: string }

export interface PublishHook {
  readonly authorizePublish: NonNullable<AedesOptions['authorizePublish']>
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

export function createPublishHook(options: {
  readonly policy: AccessPolicy
  readonly journal: Pick<Journal, 'append'>
  readonly sessions: Sessions
  readonly limits: Limits
  readonly refusals: Refusals
  /** Packets that are not to be handed to subscribers. */
  readonly consumed: WeakSet<object>
  /** The session store's memory of QoS 2 message ids. */
  readonly qos2: {
    hasQos2(id: string, messageId: number): boolean
    receivedQos2(id: string, messageId: number): void
  }
}): PublishHook {
  const { journal, sessions, limits, refusals, consumed, qos2 } = options
  let isStopped = false
  let ingested = 0
  let dropped = 0
  let unacknowledged = 0
  let unacknowledgedBytes = 0

  function decide(id: string, packet: PublishPacket, will: boolean): PublishDecision {
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
    consumed.add(packet)
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
    const proceed = admit(session, bytes, (error) => done(error))
    const run = (): void => {
      if (decision.action === 'ingest') ingest(session, id, packet, decision, proceed)
      else {
        packet.retain = decision.retain
        proceed(null)
      }
    }
    if (packet.qos === 0 || session.line === null) run()
    else session.line.wait({ run, drop: () => proceed(new Error('The connection is over')) })
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
  function admit(
    session: Session,
    bytes: number,
    done: (error: Error | null) => void,
  ): (error: Error | null) => void {
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

  function ingest(
    session: Session,
    id: string,
    packet: PublishPacket,
    decision: Ingest,
    done: (error: Error | null) => void,
  ): void {
    consumed.add(packet)
    const messageId = packet.messageId ?? 0
    if (packet.qos === 2) {
      // aedes looks for duplicates only after this hook, so it is done here [MQTT-4.3.3-2].
      if (qos2.hasQos2(id, messageId)) {
        setImmediate(done, null)
        return
      }
      const pending = session.qos2Pending.get(messageId)
      if (pending !== undefined) {
        pending.push(done)
        return
      }
      if (session.qos2Pending.size + session.qos2Committed.size >= limits.qos2InFlightMax) {
        const detail = `Cannot take the message: expected at most ${limits.qos2InFlightMax} of QoS 2 in flight`
        done(refuse(session, packet, 'qos2_window', detail))
        return
      }
      session.qos2Pending.set(messageId, [done])
    }
    append(id, packet, decision, (outcome) => {
      const error = settle(session, packet, outcome)
      if (packet.qos !== 2) {
        done(error)
        return
      }
      if (error === null) {
        qos2.receivedQos2(id, messageId)
        session.qos2Committed.add(messageId)
      }
      const waiting = session.qos2Pending.get(messageId) ?? []
      session.qos2Pending.delete(messageId)
      for (const each of waiting) each(error)
    })
  }

  function settle(session: Session, packet: PublishPacket, outcome: AppendOutcome): Error | null {
    if (outcome.kind === 'committed') {
      ingested++
      return null
    }
    const error =
      outcome.kind === 'refused'
        ? refuse(session, packet, 'journal_refused', `Cannot keep the message: ${outcome.reason}`)
        : refuse(session, packet, 'journal_unknown', `Cannot keep the message: ${outcome.cause}`)
    if (packet.qos > 0) return error
    dropped++
    return null
  }

  function append(
    client: string,
    packet: PublishPacket,
    decision: Ingest,
    done: (outcome: AppendOutcome) => void,
  ): void {
    const payload =
      typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    let isInside = true
    const { flags, topic } = decision
    journal.append({ kind: 'message', flags, client, topic, payload }, (outcome) => {
      // A refusal may come at once; aedes must not be called back while it is still parsing.
      if (isInside) setImmediate(done, outcome)
      else done(outcome)
    })
    isInside = false
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
    consumed.add(will)
    append(id, will, decision, (outcome) => {
      if (outcome.kind === 'committed') ingested++
      else refusals.refuse('journal_refused', id, will.topic, 'Cannot keep the last will')
      done(null)
    })
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
    stop() {
      isStopped = true
    },
    counts: () => ({ ingested, dropped, unacknowledged, unacknowledgedBytes }),
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
