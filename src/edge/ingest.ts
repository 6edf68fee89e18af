// From an admitted publication to its commit: one journal record, QoS 2 repetitions taken once, and what each outcome means for
// the sender.

import type { PublishPacket } from 'aedes'
import type { AppendOutcome, Journal } from '../ports.ts'
import type { PublishDecision } from './access-policy.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import type { Limits } from './limits.ts'
import type { Refusals, Whom } from './refusal.ts'
import type { Session } from './session.ts'

type Ingestion = PublishDecision & { readonly action: 'ingest' }
/** What the journal needs of a PUBLISH packet; once acknowledged here, it counts as QoS 0. */
export type Publication = Pick<PublishPacket, 'topic' | 'payload' | 'qos' | 'retain' | 'messageId'>
type Settled = (error: Error | null) => void

/** The session store's memory of QoS 2 message ids. */
export interface Qos2Memory {
  hasQos2(id: string, messageId: number): boolean
  receivedQos2(id: string, messageId: number): void
}

export interface Ingest {
  /** `done` comes once, after the commit and never within the call; an error means: no acknowledgement, end the connection. */
  message(
    session: Session,
    id: string,
    packet: Publication,
    decision: Ingestion,
    done: Settled,
  ): void
  will(id: string, will: Publication, decision: Ingestion, done: () => void): void
  counts(): { readonly ingested: number; readonly lost: number }
}

export function createIngest(options: {
  readonly journal: Pick<Journal, 'append'>
  readonly limits: Limits
  readonly refusals: Refusals
  readonly qos2: Qos2Memory
  readonly acknowledgements: Acknowledgements
}): Ingest {
  const { journal, limits, refusals, qos2, acknowledgements } = options
  let ingested = 0
  let lost = 0

  function append(
    id: string,
    packet: Publication,
    { flags, topic, sender }: Ingestion,
    done: (outcome: AppendOutcome) => void,
  ): void {
    const payload =
      typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    let isInside = true
    try {
      const client = sender ?? id
      journal.append({ kind: 'message', flags, client, topic, payload }, (outcome) => {
        // A refusal may come at once; aedes must not be called back while it is still parsing.
        if (isInside) setImmediate(done, outcome)
        else done(outcome)
      })
    } catch (error) {
      setImmediate(done, { kind: 'unknown', cause: String(error) })
    }
    isInside = false
  }

  function settle(whom: Whom, packet: Publication, outcome: AppendOutcome): Error | null {
    if (outcome.kind === 'committed') {
      ingested++
      return null
    }
    const error =
      outcome.kind === 'refused'
        ? refuse('journal_refused', outcome.reason)
        : refuse('journal_unknown', outcome.cause)
    if (packet.qos > 0) return error
    lost++
    return null

    function refuse(reason: 'journal_refused' | 'journal_unknown', why: string): Error {
      return refusals.refuse(reason, whom, packet.topic, `Cannot keep the message: ${why}`)
    }
  }

  /** aedes looks for repetitions only after its hook, that is, after the commit; so it is done here [MQTT-4.3.3-2]. */
  function once(
    session: Session,
    id: string,
    packet: Publication,
    decision: Ingestion,
    done: Settled,
  ): void {
    const messageId = packet.messageId ?? 0
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
      setImmediate(done, refusals.refuse('qos2_window', session, packet.topic, detail))
      return
    }
    session.qos2Pending.set(messageId, [done])
    append(id, packet, decision, (outcome) => {
      const error = settle(session, packet, outcome)
      if (error === null) {
        qos2.receivedQos2(id, messageId)
        session.qos2Committed.add(messageId)
      }
      const waiting = session.qos2Pending.get(messageId) ?? []
      session.qos2Pending.delete(messageId)
      for (const each of waiting) each(error)
    })
  }

  return {
    message(session, id, packet, decision, done) {
      if (packet.qos === 2) once(session, id, packet, decision, done)
      else
        append(id, packet, decision, (outcome) => {
          const error = settle(session, packet, outcome)
          if (error === null && packet.qos === 1) {
            acknowledgements.add(session, packet.messageId ?? 0)
            // To aedes it is a QoS 0 message from here on: it sends no PUBACK of its own.
            packet.qos = 0
          }
          done(error)
        })
    },
    will(id, will, decision, done) {
      append(id, will, decision, (outcome) => {
        settle({ id, address: null }, will, outcome)
        done()
      })
    },
    counts: () => ({ ingested, lost }),
  }
}
