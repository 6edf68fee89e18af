import { duplexPair } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { generate } from 'mqtt-packet'
import { openPolicy } from '../../conformance/open-policy.ts'
import type { AccessPolicy } from '../../../src/edge/access-policy.ts'
import type { Bench } from './fixtures.ts'
import {
  connectPacket,
  createPeer,
  namelessPersistent,
  openBench,
  openConnected,
  openPeer,
  publishPacket,
  subscribePacket,
} from './fixtures.ts'

let bench: Bench
const open = async (limits: Parameters<typeof openBench>[0]['limits'] = {}): Promise<void> => {
  bench = await openBench({ policy: openPolicy, limits })
}

afterEach(() => bench.close())

/** The start of a PUBLISH that announces 200 MB. */
const HUGE = Buffer.from([0x30, 0x80, 0xc2, 0xd7, 0x5f, 0x00, 0x01, 0x61])

async function isAlive(): Promise<void> {
  const peer = await openConnected(bench.port, 'probe')
  peer.send({ cmd: 'pingreq' })
  expect((await peer.next())?.cmd).toBe('pingresp')
  peer.end()
  await peer.closed()
}

describe('broker guards', () => {
  it('close a connection that announces too much before it has connected, without buffering it', async () => {
    await open()
    const before = process.memoryUsage().rss
    const peer = await openPeer(bench.port)
    peer.write(HUGE)
    for (let sent = 0; sent < 50; sent++) peer.write(Buffer.alloc(64 * 1024))
    await peer.closed()
    expect(await bench.refusal('packet_too_large')).toMatchObject({ client: null })
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20)
    await isAlive()
  })

  it('close on a CONNECT of more than 2 KiB', async () => {
    await open()
    const peer = await openPeer(bench.port)
    peer.send(connectPacket('a', { password: 'x'.repeat(2_100) }))
    await peer.closed()
    await bench.refusal('packet_too_large')
  })

  it('take 64 KiB of payload after CONNECT, and not a byte more than the packet limit', async () => {
    await open()
    const peer = await openConnected(bench.port, 'a')
    peer.send(publishPacket('t'.repeat(256), 'x'.repeat(64 * 1024), 1, 1))
    expect(await peer.next()).toMatchObject({ cmd: 'puback', messageId: 1 })
    peer.send(publishPacket('t'.repeat(256), 'x'.repeat(64 * 1024 + 1), 1, 2))
    await peer.closed()
    expect(await bench.refusal('packet_too_large')).toMatchObject({ client: 'a' })
    const other = await openConnected(bench.port, 'b')
    other.write(HUGE)
    await other.closed()
  })

  it('close a connection that does not CONNECT in time', async () => {
    await open({ connectTimeoutMs: 50 })
    const peer = await openPeer(bench.port)
    await peer.closed()
    await bench.refusal('connect_timeout')
  })

  it('close a connection whose keepalive is over, also when it asked for none', async () => {
    await open({ keepaliveSecondsMax: 0.05 })
    const peer = await openConnected(bench.port, 'a', { keepalive: 0 })
    await peer.closed()
  })

  it('answer MQTT 5 with the refusal of version 3', async () => {
    await open()
    const peer = await openPeer(bench.port)
    peer.write(
      generate({ cmd: 'connect', protocolVersion: 5, clientId: 'a', clean: true, keepalive: 1 }),
    )
    expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 1, length: 2 })
    await peer.closed()
    await bench.refusal('unsupported_version')
  })

  it('refuse a persistent session without a client id with return code 2', async () => {
    await open()
    const peer = await openPeer(bench.port)
    peer.write(namelessPersistent())
    expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 2 })
    await peer.closed()
    const anonymous = await openConnected(bench.port, '')
    anonymous.end()
    await anonymous.closed()
  })

  it.each([
    ['a publication to $SYS', publishPacket('$SYS/x/new/clients', 'a', 1, 1), 'bad_topic'],
    [
      'a publication to eleven levels',
      publishPacket('1/2/3/4/5/6/7/8/9/10/11', 'a', 1, 1),
      'bad_topic',
    ],
    ['a topic of 257 bytes', publishPacket('t'.repeat(257), 'a', 1, 1), 'bad_topic'],
    ['a topic with NUL', publishPacket('a\0b', 'a', 1, 1), 'bad_topic'],
    ['a filter of eleven levels', subscribePacket(1, ['1/2/3/4/5/6/7/8/9/10/#', 0]), 'bad_topic'],
    ['a filter with # inside', subscribePacket(1, ['a#', 0]), 'bad_topic'],
    [
      '21 filters at once',
      subscribePacket(1, ...Array.from({ length: 21 }, (_, n): [string, 0] => [`f${n}`, 0])),
      'too_many_subscriptions',
    ],
    [
      '21 filters to unsubscribe',
      {
        cmd: 'unsubscribe',
        messageId: 1,
        unsubscriptions: Array.from({ length: 21 }, (_, n) => `f${n}`),
      },
      'too_many_subscriptions',
    ],
  ] as const)('close on %s', async (_case, packet, reason) => {
    await open()
    const peer = await openConnected(bench.port, 'a')
    peer.send(packet)
    await peer.closed()
    await bench.refusal(reason)
  })

  it.each([
    ['a QoS 1 publication with message id 0', [0x32, 0x05, 0x00, 0x01, 0x61, 0x00, 0x00]],
    ['a QoS 1 publication without message id', [0x32, 0x03, 0x00, 0x01, 0x61]],
    ['a subscription without filters', [0x82, 0x02, 0x00, 0x01]],
    ['QoS 3', [0x36, 0x05, 0x00, 0x01, 0x61, 0x00, 0x01]],
  ])('close on %s', async (_case, bytes) => {
    await open()
    const peer = await openConnected(bench.port, 'a')
    peer.write(Buffer.from(bytes))
    await peer.closed()
    await bench.refusal('bad_packet')
  })

  it('deny the 21st subscription and $SYS with 0x80 and keep the connection', async () => {
    await open()
    const peer = await openConnected(bench.port, 'a')
    for (let index = 0; index < 20; index++) {
      peer.send(subscribePacket(index + 1, [`f${index}`, 0]))
      expect(await peer.next()).toMatchObject({ granted: [0] })
    }
    peer.send(subscribePacket(30, ['one more', 0]))
    expect(await peer.next()).toMatchObject({ granted: [0x80] })
    peer.send({ cmd: 'unsubscribe', messageId: 31, unsubscriptions: ['f0'] })
    expect((await peer.next())?.cmd).toBe('unsuback')
    peer.send(subscribePacket(32, ['one more', 0]))
    expect(await peer.next()).toMatchObject({ granted: [0] })
    peer.send(subscribePacket(33, ['$SYS/#', 0]))
    expect(await peer.next()).toMatchObject({ granted: [0x80] })
    peer.end()
    await peer.closed()
  })

  it('close when more packets come before the CONNACK than may wait', async () => {
    await open({ packetsBeforeConnackMax: 10 })
    const peer = await openPeer(bench.port)
    peer.send(
      connectPacket('a'),
      ...Array.from({ length: 12 }, (_, n) => publishPacket('t', `${n}`)),
    )
    await peer.closed()
    await bench.refusal('queue_before_connack')
    const fine = await openPeer(bench.port)
    fine.send(connectPacket('b'), publishPacket('t', 'x', 1, 1))
    expect((await fine.next())?.cmd).toBe('connack')
    expect((await fine.next())?.cmd).toBe('puback')
    fine.end()
    await fine.closed()
  })

  it('close connections above the total and count those that end', async () => {
    await open({ connectionsMax: 2 })
    const peers = [await openConnected(bench.port, 'a'), await openConnected(bench.port, 'b')]
    const third = await openPeer(bench.port)
    await third.closed()
    await bench.refusal('too_many_connections')
    expect(bench.broker.connections()).toBe(2)
    peers[0]?.send({ cmd: 'disconnect' })
    await peers[0]?.closed()
    await isAlive()
    peers[1]?.end()
  })

  it('evict a subscriber that does not read, while the others get everything', async () => {
    await open({ unreadBytesMax: 256 * 1024, messagesBurstMax: 10_000 })
    const stuck = await openConnected(bench.port, 'stuck')
    stuck.send(subscribePacket(1, ['t', 0]))
    expect((await stuck.next())?.cmd).toBe('suback')
    stuck.socket.pause()
    const reader = await openConnected(bench.port, 'reader')
    reader.send(subscribePacket(1, ['t', 0]))
    expect((await reader.next())?.cmd).toBe('suback')
    const writer = await openConnected(bench.port, 'writer')
    const payload = 'x'.repeat(30_000)
    // Enough to fill the kernel's buffers on both sides and then ours.
    let sent = 0
    let received = 0
    while (sent < 2_000 && bench.refused.length === 0) {
      for (let each = 0; each < 20; each++)
        writer.send(publishPacket('t', payload, 1, (sent++ % 60_000) + 1))
      for (; received < sent; received++) expect((await reader.next())?.cmd).toBe('publish')
      for (let each = 0; each < 20; each++) expect((await writer.next())?.cmd).toBe('puback')
    }
    expect(await bench.refusal('slow_reader')).toMatchObject({ client: 'stuck' })
    expect(received).toBe(sent)
    stuck.socket.resume()
    await stuck.closed()
    for (const peer of [stuck, reader, writer]) peer.end()
  })

  it('survive a policy that throws, hook by hook', async () => {
    const failing: { name: keyof AccessPolicy | null } = { name: null }
    const pass = (name: keyof AccessPolicy): void => {
      if (failing.name === name) throw new Error(`${name} failed`)
    }
    const policy: AccessPolicy = {
      connect: (request) => (pass('connect'), openPolicy.connect(request)),
      publish: (who, topic, traits) => (pass('publish'), openPolicy.publish(who, topic, traits)),
      subscribe: (who, filter, qos) => (pass('subscribe'), openPolicy.subscribe(who, filter, qos)),
      forward: (who, topic) => (pass('forward'), openPolicy.forward(who, topic)),
    }
    bench = await openBench({ policy })
    const peer = await openConnected(bench.port, 'a', { will: { topic: 'w', payload: 'x' } })
    failing.name = 'subscribe'
    peer.send(subscribePacket(1, ['t', 1]))
    expect(await peer.next()).toMatchObject({ granted: [0x80] })
    failing.name = null
    peer.send(subscribePacket(2, ['t', 1]))
    expect(await peer.next()).toMatchObject({ granted: [1] })
    failing.name = 'forward'
    peer.send(publishPacket('t', 'x', 1, 3))
    expect((await peer.next())?.cmd).toBe('puback')
    failing.name = 'publish'
    peer.send(publishPacket('t', 'x', 1, 4))
    await peer.closed()
    failing.name = 'connect'
    const other = await openPeer(bench.port)
    other.send(connectPacket('b'))
    expect(await other.next()).toMatchObject({ cmd: 'connack', returnCode: 3 })
    failing.name = null
    expect(bench.refused.filter(({ reason }) => reason === 'internal').length).toBeGreaterThan(3)
    await isAlive()
  })

  it('survive a journal that throws', async () => {
    bench = await openBench({
      policy: { ...openPolicy, publish: (_who, topic) => ({ action: 'ingest', topic, flags: 0 }) },
      journal: {
        append() {
          throw new Error('broken')
        },
      },
    })
    const peer = await openConnected(bench.port, 'a')
    peer.send(publishPacket('t', 'x', 1, 1))
    await peer.closed()
    await bench.refusal('journal_unknown')
    await isAlive()
    expect(bench.broker.stats().unacknowledged).toBe(0)
  })

  it('serve any duplex stream', async () => {
    await open()
    const [mine, theirs] = duplexPair()
    bench.broker.handle(theirs)
    const peer = createPeer(mine)
    peer.send(connectPacket('a'))
    expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    expect(bench.broker.connections()).toBe(1)
    peer.end()
  })
})
