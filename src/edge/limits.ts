// Every limit of the MQTT door in one value, with the figures we start from. None of them depends on who may do what.

const KIB = 1024
const MIB = 1024 * KIB

export interface Limits {
  readonly connectionsMax: number
  /** Loopback is exempt: proxies and simulators live there. */
  readonly connectionsPerAddressMax: number
  /** New connections of one address; loopback is exempt here too. */
  readonly connectionsPerSecondMax: number
  readonly connectionsBurstMax: number
  /** Of one integration account, under different client ids. */
  readonly connectionsPerAccountMax: number
  /** TLS handshake, and the same again for the upgrade to WebSocket. */
  readonly handshakeTimeoutMs: number
  readonly connectTimeoutMs: number
  /** Failed sign-ins: see the sign-in brake. */
  readonly failuresPerClientMax: number
  readonly failuresPerAddressMax: number
  readonly failuresForgottenMs: number
  readonly failureDelayMs: number
  readonly packetBeforeConnectBytesMax: number
  /** Remaining length of any later packet. */
  readonly packetBytesMax: number
  /** One WebSocket message, which may hold several packets; it is in memory as a whole. */
  readonly webSocketMessageBytesMax: number
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
  /** What a message may weigh on average: a client's bytes per second are its messages per second times this. */
  readonly messageBytesMean: number
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
  // Behind a carrier's address translation many devices share one address.
  connectionsPerAddressMax: 2_000,
  connectionsPerSecondMax: 50,
  connectionsBurstMax: 500,
  connectionsPerAccountMax: 1_000,
  handshakeTimeoutMs: 10_000,
  connectTimeoutMs: 10_000,
  failuresPerClientMax: 10,
  failuresPerAddressMax: 20,
  failuresForgottenMs: 15 * 60 * 1_000,
  failureDelayMs: 1_000,
  packetBeforeConnectBytesMax: 2 * KIB,
  // A payload of 64 KiB with the longest topic, its length field and a message id.
  packetBytesMax: 64 * KIB + TOPIC_BYTES + 4,
  webSocketMessageBytesMax: 256 * KIB,
  keepaliveSecondsMax: 600,
  clientIdBytesMax: 128,
  // Ali's gateways publish for their sub-devices on nine.
  topicLevelsMax: 10,
  topicBytesMax: TOPIC_BYTES,
  willPayloadBytesMax: 64,
  packetsBeforeConnackMax: 100,
  unacknowledgedPerClientMax: 4_000,
  unacknowledgedBytesMax: 64 * MIB,
  qos2InFlightMax: 20,
  messagesPerSecondMax: 1_000,
  messagesBurstMax: 5_000,
  messageBytesMean: KIB,
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
