// Every limit of the MQTT door in one value, with the figures we start from. None of them depends on who may do what.

const KIB = 1024
const MIB = 1024 * KIB

export interface Limits {
  readonly connectionsMax: number
  /** Loopback is exempt: proxies and simulators live there. */
  readonly connectionsPerAddressMax: number
  readonly connectTimeoutMs: number
  readonly packetBeforeConnectBytesMax: number
  /** Remaining length of any later packet. */
  readonly packetBytesMax: number
  /** A longer keepalive, or none, is taken as this one: a silent connection must end some time. */
  readonly keepaliveSecondsMax: number
  readonly clientIdBytesMax: number
  readonly topicLevelsMax: number
  readonly topicBytesMax: number
  readonly willPayloadBytesMax: number
  readonly packetsBeforeConnackMax: number
  /** Publications of one client between their arrival and their commit; above the most that one read of a socket brings. */
  readonly unacknowledgedPerClientMax: number
  /** The same for all clients together, in bytes. */
  readonly unacknowledgedBytesMax: number
  readonly qos2InFlightMax: number
  /** Per client id, also across reconnects: over it QoS 0 is dropped, and QoS 1 and 2 wait for their turn. */
  readonly messagesPerSecondMax: number
  readonly messagesBurstMax: number
  readonly subscriptionsPerClientMax: number
  readonly filtersPerPacketMax: number
  /** Bytes waiting for a client that does not read; more end its connection. */
  readonly unreadBytesMax: number
  readonly drainTimeoutMs: number
  /** Messages kept for one client that is away; the oldest go first. */
  readonly queuedPerClientMax: number
  readonly queuedBytesMax: number
  readonly queuedForMs: number
  /** Sessions that outlive their connection; the longest unused go first. */
  readonly sessionsMax: number
  readonly retainedMessagesMax: number
  readonly retainedBytesMax: number
}

const TOPIC_BYTES = 256

export const defaultLimits: Limits = {
  connectionsMax: 20_000,
  connectionsPerAddressMax: 200,
  connectTimeoutMs: 10_000,
  packetBeforeConnectBytesMax: 2 * KIB,
  // A payload of 64 KiB with the longest topic, its length field and a message id.
  packetBytesMax: 64 * KIB + TOPIC_BYTES + 4,
  keepaliveSecondsMax: 600,
  clientIdBytesMax: 128,
  topicLevelsMax: 8,
  topicBytesMax: TOPIC_BYTES,
  willPayloadBytesMax: 64,
  packetsBeforeConnackMax: 100,
  unacknowledgedPerClientMax: 4_000,
  unacknowledgedBytesMax: 64 * MIB,
  qos2InFlightMax: 20,
  messagesPerSecondMax: 1_000,
  messagesBurstMax: 5_000,
  subscriptionsPerClientMax: 20,
  filtersPerPacketMax: 20,
  unreadBytesMax: MIB,
  drainTimeoutMs: 10_000,
  queuedPerClientMax: 100,
  queuedBytesMax: 64 * MIB,
  queuedForMs: 60 * 60 * 1_000,
  sessionsMax: 100_000,
  retainedMessagesMax: 10_000,
  retainedBytesMax: 64 * MIB,
}
