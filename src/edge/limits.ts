// Every limit of the MQTT door in one value, with the figures we start from. None of them depends on who may do what.

const KIB = 1024
const MIB = 1024 * KIB

export interface Limits {
  readonly connections: number
  /** Loopback is exempt: proxies and simulators live there. */
  readonly connectionsPerAddress: number
  readonly connectTimeoutMs: number
  readonly packetBeforeConnectBytes: number
  /** Remaining length of any later packet. */
  readonly packetBytes: number
  /** A longer keepalive, or none, is taken as this one: a silent connection must end some time. */
  readonly keepaliveSeconds: number
  readonly clientIdBytes: number
  readonly topicLevels: number
  readonly topicBytes: number
  readonly willPayloadBytes: number
  readonly packetsBeforeConnack: number
  /** Publications of one client between their arrival and their commit; above the most that one read of a socket brings. */
  readonly unacknowledgedPerClient: number
  /** The same for all clients together, in bytes. */
  readonly unacknowledgedBytes: number
  readonly qos2InFlight: number
  /** Per client id, also across reconnects: over it QoS 0 is dropped, and QoS 1 and 2 wait for their turn. */
  readonly messagesPerSecond: number
  readonly messagesBurst: number
  readonly subscriptionsPerClient: number
  readonly filtersPerPacket: number
  /** Bytes waiting for a client that does not read; more end its connection. */
  readonly unreadBytes: number
  readonly drainTimeoutMs: number
  /** Messages kept for one client that is away; the oldest go first. */
  readonly queuedPerClient: number
  readonly queuedBytes: number
  readonly queuedForMs: number
  /** Sessions that outlive their connection; the longest unused go first. */
  readonly sessions: number
  readonly retainedMessages: number
  readonly retainedBytes: number
}

const TOPIC_BYTES = 256

export const defaultLimits: Limits = {
  connections: 20_000,
  connectionsPerAddress: 200,
  connectTimeoutMs: 10_000,
  packetBeforeConnectBytes: 2 * KIB,
  // A payload of 64 KiB with the longest topic, its length field and a message id.
  packetBytes: 64 * KIB + TOPIC_BYTES + 4,
  keepaliveSeconds: 600,
  clientIdBytes: 128,
  topicLevels: 8,
  topicBytes: TOPIC_BYTES,
  willPayloadBytes: 64,
  packetsBeforeConnack: 100,
  unacknowledgedPerClient: 4_000,
  unacknowledgedBytes: 64 * MIB,
  qos2InFlight: 20,
  messagesPerSecond: 1_000,
  messagesBurst: 5_000,
  subscriptionsPerClient: 20,
  filtersPerPacket: 20,
  unreadBytes: MIB,
  drainTimeoutMs: 10_000,
  queuedPerClient: 100,
  queuedBytes: 64 * MIB,
  queuedForMs: 60 * 60 * 1_000,
  sessions: 100_000,
  retainedMessages: 10_000,
  retainedBytes: 64 * MIB,
}
