// The few MQTT packets that a publisher needs, made and read by hand: thousands of connections must cost less than the server
// they load.

export interface Ack {
  readonly kind: 'connack' | 'puback'
  /** Return code of a CONNACK, message id of a PUBACK. */
  readonly value: number
}

const CONNECT = 0x10
const PUBLISH = 0x30
const DUP = 0x08
const QOS_1 = 0x02
const CLEAN = 0x02
const NAME_AND_PASSWORD = 0xc0
const LEVEL_3_1_1 = 4

export function connectPacket(options: {
  readonly clientId: string
  readonly username: string
  readonly password: string
  readonly keepaliveSeconds: number
}): Buffer {
  const fixed = Buffer.from([LEVEL_3_1_1, NAME_AND_PASSWORD | CLEAN, 0, 0])
  fixed.writeUInt16BE(options.keepaliveSeconds, 2)
  return packet(CONNECT, [
    text('MQTT'),
    fixed,
    text(options.clientId),
    text(options.username),
    text(options.password),
  ])
}

/** The message id stands behind the topic, when the QoS is 1. */
export function publishPacket(options: {
  readonly topic: string
  readonly payload: string
  readonly qos: 0 | 1
  readonly messageId: number
  readonly dup?: boolean
}): Buffer {
  const { qos, messageId } = options
  return packet(PUBLISH | (qos === 1 ? QOS_1 : 0) | (options.dup === true ? DUP : 0), [
    text(options.topic),
    ...(qos === 1 ? [Buffer.from([messageId >> 8, messageId & 0xff])] : []),
    Buffer.from(options.payload),
  ])
}

export function subscribePacket(filter: string, qos: 0 | 1): Buffer {
  return packet(0x82, [Buffer.from([0, 1]), text(filter), Buffer.from([qos])])
}

export function pingPacket(): Buffer {
  return packet(0xc0, [])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}

/** First byte, remaining length in groups of seven bits, the rest [MQTT-2.2.3]. */
function packet(first: number, parts: readonly Buffer[]): Buffer {
  const head = [first]
  let length = parts.reduce((sum, part) => sum + part.length, 0)
  do {
    head.push((length & 0x7f) | (length > 0x7f ? 0x80 : 0))
    length >>= 7
  } while (length > 0)
  return Buffer.concat([Buffer.from(head), ...parts])
}

const CONNACK = 0x20
const PUBACK = 0x40
const ACK_BYTES = 4

/** Reads the server's side of a connection that only publishes: CONNACK and PUBACK, four bytes each; throws at anything else. */
export function createAckReader(): (chunk: Buffer) => Iterable<Ack> {
  let carry: Buffer = Buffer.alloc(0)
  return function* read(chunk) {
    const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk])
    let at = 0
    for (; at + ACK_BYTES <= bytes.length; at += ACK_BYTES) {
      if (bytes[at] === CONNACK) yield { kind: 'connack', value: bytes[at + 3] ?? -1 }
      else if (bytes[at] === PUBACK) yield { kind: 'puback', value: bytes.readUInt16BE(at + 2) }
      else
        throw new Error(`Cannot read the server's packet: expected an ack, got byte ${bytes[at]}`)
    }
    carry = Buffer.from(bytes.subarray(at))
  }
}
