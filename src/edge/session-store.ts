// The state that aedes keeps between connections, in memory and bounded: subscriptions and queues of persistent sessions, QoS 2
// message ids, wills, retained messages. Lost at a restart, as MQTT allows: clients are told that no session is present.

import { Readable } from 'node:stream'
import type { Clock } from '../ports.ts'
import type { Limits } from './limits.ts'
import { createOfflineQueue } from './offline-queue.ts'
import type { OfflineQueue, StoredPacket } from './offline-queue.ts'
import { createRetainedMessages } from './retained-messages.ts'
import { createSubscriptionIndex } from './subscription-index.ts'
import type { StoredSubscription } from './subscription-index.ts'

interface KeptSession {
  readonly filters: Map<string, StoredSubscription>
  readonly queue: OfflineQueue
  readonly qos2: Set<number>
}

interface Will {
  topic: string
  brokerId?: string
  clientId?: string
}

type ClientId = { readonly id: string }

/** More than a connection may have in flight, so that only ids given up by earlier connections are forgotten. */
const QOS2_IDS_PER_SESSION = 100

/** `isAllowed` says whether the policy has let this very subscription pass; aedes would also store the denied ones. */
export function createSessionStore(options: {
  readonly limits: Limits
  readonly clock: Clock
  readonly isAllowed: (subscription: object) => boolean
}) {
  const { limits, clock } = options
  const sessions = new Map<string, KeptSession>()
  const subscriptions = createSubscriptionIndex()
  const retained = createRetainedMessages(limits.retainedMessagesMax, limits.retainedBytesMax)
  const wills = new Map<string, Will>()
  let brokerId = ''
  let queuedBytes = 0
  let dropped = 0

  function reserve(bytes: number): boolean {
    if (bytes > 0 && queuedBytes + bytes > limits.queuedBytesMax) return false
    queuedBytes += bytes
    return true
  }

  function open(id: string): KeptSession {
    const session: KeptSession = sessions.get(id) ?? {
      filters: new Map(),
      queue: createOfflineQueue({
        max: limits.queuedPerClientMax,
        keptForMs: limits.queuedForMs,
        reserve,
        onDropped: () => dropped++,
      }),
      qos2: new Set(),
    }
    // Moved to the end: the first entry is the longest unused one.
    sessions.delete(id)
    sessions.set(id, session)
    if (sessions.size > limits.sessionsMax) {
      const oldest = sessions.keys().next()
      if (oldest.done !== true) forget(oldest.value)
    }
    return session
  }

  function forget(id: string): void {
    const session = sessions.get(id)
    if (session === undefined) return
    for (const filter of session.filters.keys()) subscriptions.remove(filter, id)
    session.queue.clear()
    sessions.delete(id)
  }

  function closeIfEmpty(id: string): void {
    const session = sessions.get(id)
    if (session?.filters.size === 0 && session.queue.size === 0 && session.qos2.size === 0)
      sessions.delete(id)
  }

  function enqueue(id: string, packet: StoredPacket, qos: 0 | 1 | 2): void {
    const kept = keep(packet)
    open(id).queue.add({ ...kept, qos: lower(kept.qos, qos), retain: false }, clock.now())
  }

  return {
    // aedes insists on an async function here.
    async setup(broker: { readonly id: string }): Promise<void> {
      brokerId = broker.id
      await Promise.resolve()
    },

    // ------------------------------------------------------------------------------------------------- subscriptions
    async addSubscriptions(client: ClientId, added: readonly StoredSubscription[]): Promise<void> {
      for (const subscription of added) {
        if (!options.isAllowed(subscription)) continue
        const { topic, qos } = subscription
        open(client.id).filters.set(topic, { topic, qos })
        if (qos > 0) subscriptions.add(topic, client.id, qos)
        else subscriptions.remove(topic, client.id)
      }
    },
    async removeSubscriptions(client: ClientId, filters: readonly string[]): Promise<void> {
      for (const filter of filters) {
        sessions.get(client.id)?.filters.delete(filter)
        subscriptions.remove(filter, client.id)
      }
      closeIfEmpty(client.id)
    },
    async subscriptionsByClient(client: ClientId): Promise<StoredSubscription[]> {
      if (!sessions.has(client.id)) return []
      return [...open(client.id).filters.values()].map((subscription) => ({ ...subscription }))
    },
    /** One entry per client, with the highest QoS of its matching filters: it gets one copy. */
    async subscriptionsByTopic(topic: string) {
      return subscriptions.matching(topic)
    },
    async cleanSubscriptions(client: ClientId): Promise<void> {
      forget(client.id)
    },
    async countOffline() {
      return { subsCount: subscriptions.size, clientsCount: sessions.size }
    },

    // ------------------------------------------------------------------------------------------------------ outgoing
    async outgoingEnqueue(subscriber: { clientId: string }, packet: StoredPacket): Promise<void> {
      enqueue(subscriber.clientId, packet, 2)
    },
    async outgoingEnqueueCombi(
      subscribers: readonly { clientId: string; qos: 0 | 1 | 2 }[],
      packet: StoredPacket,
    ): Promise<void> {
      for (const { clientId, qos } of subscribers) enqueue(clientId, packet, qos)
    },
    /** A packet that fell out of the queue is still sent, only not repeated; so this never rejects. */
    async outgoingUpdate(client: ClientId, packet: StoredPacket): Promise<void> {
      const queue = sessions.get(client.id)?.queue
      if (queue === undefined || packet.messageId === undefined) return
      if (packet.cmd === 'pubrel') queue.received(packet.messageId)
      else queue.sent(packet.brokerCounter, packet.messageId)
    },
    /**
     * Without a message id aedes means "whichever has none yet", which for overlapping subscriptions is the copy that is just
     * being sent: nothing is removed then.
     */
    async outgoingClearMessageId(client: ClientId, packet: { readonly messageId?: number }) {
      if (packet.messageId === undefined) return undefined
      const taken = sessions.get(client.id)?.queue.take(packet.messageId)
      closeIfEmpty(client.id)
      return taken
    },
    outgoingStream(client: ClientId): Readable {
      return Readable.from(sessions.get(client.id)?.queue.list(clock.now()) ?? [])
    },

    // ----------------------------------------------------------------------------------------------- incoming, QoS 2
    async incomingStorePacket(client: ClientId, packet: { readonly messageId: number }) {
      this.receivedQos2(client.id, packet.messageId)
    },
    async incomingGetPacket(client: ClientId, packet: { readonly messageId: number }) {
      if (!this.hasQos2(client.id, packet.messageId)) throw new Error('No such QoS 2 message id')
      return { messageId: packet.messageId }
    },
    async incomingDelPacket(client: ClientId, packet: { readonly messageId: number }) {
      if (sessions.get(client.id)?.qos2.delete(packet.messageId) !== true)
        throw new Error('No such QoS 2 message id')
      closeIfEmpty(client.id)
    },
    async cleanIncoming(client: ClientId): Promise<void> {
      sessions.get(client.id)?.qos2.clear()
      closeIfEmpty(client.id)
    },
    hasQos2: (id: string, messageId: number): boolean =>
      sessions.get(id)?.qos2.has(messageId) === true,
    receivedQos2(id: string, messageId: number): void {
      const { qos2 } = open(id)
      qos2.add(messageId)
      if (qos2.size <= QOS2_IDS_PER_SESSION) return
      const oldest = qos2.values().next()
      if (oldest.done !== true) qos2.delete(oldest.value)
    },

    // ----------------------------------------------------------------------------------------------- wills, retained
    async putWill(client: ClientId, will: Will): Promise<void> {
      will.brokerId = brokerId
      will.clientId = client.id
      wills.set(client.id, will)
    },
    async getWill(client: ClientId) {
      return wills.get(client.id)
    },
    async delWill(client: ClientId) {
      const will = wills.get(client.id)
      wills.delete(client.id)
      return will
    },
    /** Wills of brokers that died: there are none, this store dies with its broker. */
    streamWill: (): Readable => Readable.from([]),
    async storeRetained(packet: StoredPacket): Promise<void> {
      if (!retained.store({ ...keep(packet), retain: true })) dropped++
    },
    createRetainedStream: (filter: string): Readable => Readable.from(retained.matching(filter)),
    createRetainedStreamCombi(filters: readonly string[]): Readable {
      return Readable.from(filters.flatMap((filter) => [...retained.matching(filter)]))
    },

    async destroy(): Promise<void> {
      for (const id of sessions.keys()) forget(id)
    },
    counts: () => ({ sessions: sessions.size, retained: retained.size, queuedBytes, dropped }),
  }
}

/** A copy that does not hold on to the 64 KiB block it was received in. */
function keep(packet: StoredPacket): StoredPacket {
  const { brokerId, brokerCounter, topic, qos, retain } = packet
  const payload = Buffer.from(packet.payload)
  return { cmd: 'publish', brokerId, brokerCounter, topic, payload, qos, retain, dup: false }
}

function lower(a: 0 | 1 | 2, b: 0 | 1 | 2): 0 | 1 | 2 {
  return a < b ? a : b
}
