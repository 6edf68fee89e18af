// PUBACKs of ingested messages. All that one commit allows leave in one write per connection; aedes would make and send each by
// itself, which costs more than the rest of its work on the message.

import type { Limits } from './limits.ts'
import type { Refusals } from './refusal.ts'
import type { Session } from './session.ts'

export interface Acknowledgements {
  /** Sends PUBACK for this message id, after those added before it [MQTT-4.6.0-2] and within this turn of the loop. */
  add(session: Session, messageId: number): void
}

const PUBACK_BYTES = 4

export function createAcknowledgements(options: {
  readonly limits: Pick<Limits, 'unreadBytesMax'>
  readonly refusals: Refusals
}): Acknowledgements {
  const { limits, refusals } = options
  let waiting: Session[] = []

  function flush(): void {
    const sessions = waiting
    waiting = []
    for (const session of sessions) {
      const ids = session.toAcknowledge.splice(0)
      if (!session.isEnded) send(session, ids)
    }
  }

  function send(session: Session, messageIds: readonly number[]): void {
    const { conn } = session.client
    if (conn.destroyed) return
    const bytes = Buffer.allocUnsafe(PUBACK_BYTES * messageIds.length)
    messageIds.forEach((messageId, index) => {
      bytes.writeUInt32BE(0x40020000 + messageId, PUBACK_BYTES * index)
    })
    conn.write(bytes)
    if (conn.writableLength <= limits.unreadBytesMax) return
    const detail = `Cannot acknowledge any more: ${conn.writableLength} bytes wait for the client to read`
    refusals.refuse('slow_reader', session, null, detail)
    conn.destroy()
  }

  return {
    add(session, messageId) {
      if (waiting.length === 0) queueMicrotask(flush)
      if (session.toAcknowledge.length === 0) waiting.push(session)
      session.toAcknowledge.push(messageId)
    },
  }
}
