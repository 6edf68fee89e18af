import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { defaultLimits } from '../../../src/edge/limits.ts'
import type { Limits } from '../../../src/edge/limits.ts'
import type { StoredPacket } from '../../../src/edge/offline-queue.ts'
import { createRetainedMessages } from '../../../src/edge/retained-messages.ts'
import { createSessionStore } from '../../../src/edge/session-store.ts'

function open(limits: Partial<Limits> = {}) {
  const clock = createManualClock(0)
  const store = createSessionStore({
    limits: { ...defaultLimits, ...limits },
    clock,
    isAllowed: () => true,
  })
  return { clock, store }
}

let counter = 0
function message(topic: string, payload: string): StoredPacket {
  const base = { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1 } as const
  return { ...base, retain: false, dup: false, brokerId: 'b', brokerCounter: ++counter }
}

async function queued(store: ReturnType<typeof open>['store'], id: string): Promise<string[]> {
  const packets: StoredPacket[] = await store.outgoingStream({ id }).toArray()
  return packets.map((packet) => packet.payload.toString())
}

describe('createSessionStore()', () => {
  it('keeps the newest messages, and none longer than its time', async () => {
    const { clock, store } = open({ queuedPerClientMax: 3, queuedForMs: 1_000 })
    for (const [at, text] of ['a', 'b', 'c', 'd'].entries()) {
      clock.set(at * 100)
      await store.outgoingEnqueue({ clientId: 'x' }, message('t', text))
    }
    expect(await queued(store, 'x')).toEqual(['b', 'c', 'd'])
    clock.set(1_200)
    expect(await queued(store, 'x')).toEqual(['d'])
    expect(store.counts()).toMatchObject({ dropped: 3, queuedBytes: 1 })
  })

  it('takes nothing above the bytes for all queues, and gives them back', async () => {
    const { store } = open({ queuedBytesMax: 10 })
    await store.outgoingEnqueue({ clientId: 'x' }, message('t', '123456'))
    await store.outgoingEnqueue({ clientId: 'y' }, message('t', '123456'))
    expect(await queued(store, 'y')).toEqual([])
    await store.cleanSubscriptions({ id: 'x' })
    await store.outgoingEnqueue({ clientId: 'y' }, message('t', '123456'))
    expect(await queued(store, 'y')).toEqual(['123456'])
    expect(store.counts()).toMatchObject({ queuedBytes: 6, dropped: 1 })
  })

  it('forgets the longest unused session beyond its bound', async () => {
    const { store } = open({ sessionsMax: 2 })
    for (const id of ['a', 'b']) await store.addSubscriptions({ id }, [{ topic: 't', qos: 1 }])
    await store.subscriptionsByClient({ id: 'a' })
    await store.addSubscriptions({ id: 'c' }, [{ topic: 't', qos: 1 }])
    const ids = (await store.subscriptionsByTopic('t')).map(({ clientId }) => clientId)
    expect(ids.toSorted()).toEqual(['a', 'c'])
  })

  it('names a client once per topic, with its highest matching QoS', async () => {
    const { store } = open()
    await store.addSubscriptions({ id: 'a' }, [
      { topic: 't/#', qos: 1 },
      { topic: 't/x', qos: 2 },
      { topic: 't/+', qos: 0 },
    ])
    expect(await store.subscriptionsByTopic('t/x')).toEqual([
      { clientId: 'a', topic: 't/x', qos: 2 },
    ])
    await store.removeSubscriptions({ id: 'a' }, ['t/x'])
    expect(await store.subscriptionsByTopic('t/x')).toMatchObject([{ topic: 't/#', qos: 1 }])
    await store.addSubscriptions({ id: 'a' }, [{ topic: 't/#', qos: 0 }])
    expect(await store.subscriptionsByTopic('t/x')).toEqual([])
  })

  it('does not hold on to the block a payload came in', async () => {
    const { store } = open()
    const block = Buffer.alloc(64 * 1024, 'x')
    const packet = { ...message('t', ''), payload: block.subarray(0, 3) }
    await store.outgoingEnqueue({ clientId: 'x' }, packet)
    block.fill('y')
    expect(await queued(store, 'x')).toEqual(['xxx'])
  })
})

describe('createRetainedMessages()', () => {
  it('is bounded in topics and bytes, and replaces without growing', () => {
    const retained = createRetainedMessages(2, 10)
    expect(retained.store(message('a', '12345'))).toBe(true)
    expect(retained.store(message('b', '123'))).toBe(true)
    expect(retained.store(message('c', '1'))).toBe(false)
    expect(retained.store(message('a', '12345678'))).toBe(false)
    expect(retained.store(message('a', '1'))).toBe(true)
    expect(retained.store(message('b', ''))).toBe(true)
    expect(retained.store(message('c', '123456789'))).toBe(true)
    expect([...retained.matching('#')].map(({ topic }) => topic)).toEqual(['a', 'c'])
  })
})
