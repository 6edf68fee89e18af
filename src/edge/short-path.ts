// A short way for the one packet that comes all day: a whole QoS 1 PUBLISH on the topic this connection has published on before.
// It goes to the journal straight from the bytes; everything else, and everything in doubt, goes the usual way through aedes.
// Both ways meet in the same hook's admission, so limits, order and acknowledgements are the same.
//
//   0x32 | remaining length | u16 n, topic | u16 message id | payload

import type { Session } from './session.ts'

export interface ProvenPublication {
  readonly topic: string
  readonly messageId: number
  /** A view, valid during the call. */
  readonly payload: Buffer
}

/** False: not taken, let it go the usual way. */
export type TakeProven = (session: Session, publication: ProvenPublication) => boolean

const PUBLISH_QOS_1 = 0x32

/** Takes what it can from the start of `bytes`, which begin with a packet; returns where the rest begins. */
export function takeShortPath(
  session: Session,
  bytes: Buffer,
  packetBytesMax: number,
  take: TakeProven,
): number {
  const { proven, client } = session
  if (proven === null || !client.connected) return 0
  let at = 0
  while (bytes[at] === PUBLISH_QOS_1 && !session.isEnded) {
    // The remaining length: seven bits a byte, lowest first [MQTT-2.2.3].
    let length = 0
    let next = at + 1
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[next++]
      if (byte === undefined) return at
      length |= (byte & 0x7f) << shift
      if (byte < 0x80) break
      if (shift === 21) return at
    }
    const end = next + length
    const topicEnd = next + 2 + proven.bytes.length
    if (length > packetBytesMax || end > bytes.length || topicEnd + 2 > end) return at
    if (bytes.readUInt16BE(next) !== proven.bytes.length || !isSame(bytes, next + 2, proven.bytes))
      return at
    const messageId = bytes.readUInt16BE(topicEnd)
    const payload = bytes.subarray(topicEnd + 2, end)
    if (messageId === 0 || !take(session, { topic: proven.topic, messageId, payload })) return at
    at = end
  }
  return at
}

function isSame(bytes: Buffer, from: number, expected: Buffer): boolean {
  for (let n = 0; n < expected.length; n++) if (bytes[from + n] !== expected[n]) return false
  return true
}
