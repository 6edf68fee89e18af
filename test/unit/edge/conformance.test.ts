import mqtt from 'mqtt'
import type { IClientOptions, IPublishPacket, MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLimits, openPolicy } from '../../conformance/open-policy.ts'
import type { Bench, Peer } from './fixtures.ts'
import {
  connectPacket,
  openBench,
  openPeer,
  openWebSocketPeer,
  publishPacket,
  subscribePacket,
} from './fixtures.ts'

let bench: Bench
let clients: MqttClient[] = []

/** Set by the table below: the same checks over plain TCP and over WebSocket. */
let via: 'mqtt' | 'ws' = 'mqtt'
let webSocketPort = 0

beforeEach(async () => {
  bench = await openBench({ policy: openPolicy, limits: openLimits })
  const bound = await bench.broker.listen({ host: '127.0.0.1', port: 0, kind: 'ws' })
  webSocketPort = bound.port
})

const dial = (): Promise<Peer> =>
  via === 'ws' ? openWebSocketPeer(`ws://127.0.0.1:${webSocketPort}/mqtt`) : openPeer(bench.port)

async function dialConnected(
  clientId: string,
  more: Parameters<typeof connectPacket>[1] = {},
): Promise<Peer> {
  const peer = await dial()
  peer.send(connectPacket(clientId, more))
  expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
  return peer
}

afterEach(async () => {
  await Promise.all(clients.map((client) => client.endAsync(true)))
  clients = []
  await bench.close()
})

interface Listening {
  readonly client: MqttClient
  /** The next message as `topic payload qos`, with `retained` where it was. */
  readonly next: () => Promise<string>
}

async function join(clientId: string, options: IClientOptions = {}): Promise<Listening> {
  const port = via === 'ws' ? webSocketPort : bench.port
  const client = mqtt.connect(`${via}://127.0.0.1:${port}`, {
    clientId,
    reconnectPeriod: 0,
    ...options,
  })
  clients.push(client)
  const seen: string[] = []
  const waiting: ((text: string) => void)[] = []
  client.on('message', (topic: string, payload: Buffer, packet: IPublishPacket) => {
    const text = `${topic} ${payload.toString()} ${packet.qos}${packet.retain ? ' retained' : ''}`
    const first = waiting.shift()
    if (first === undefined) seen.push(text)
    else first(text)
  })
  await new Promise<void>((resolve) => client.once('connect', () => resolve()))
  return {
    client,
    next: () =>
      new Promise((resolve) => {
        const first = seen.shift()
        if (first === undefined) waiting.push(resolve)
        else resolve(first)
      }),
  }
}

describe.each(['mqtt', 'ws'] as const)('broker under the open policy, over %s', (scheme) => {
  beforeEach(() => {
    via = scheme
  })

  it.each([0, 1, 2] as const)('delivers QoS %i in order', async (qos) => {
    const { client, next } = await join('a')
    await client.subscribeAsync('t/+', { qos })
    const sent = Array.from({ length: 20 }, (_, n) => client.publishAsync('t/x', `${n}`, { qos }))
    for (const index of sent.keys()) expect(await next()).toBe(`t/x ${index} ${qos}`)
    await Promise.all(sent)
  })

  it.each([
    ['t/x', 0, 2, 0],
    ['t/x', 1, 2, 1],
    ['t/x', 2, 1, 1],
    ['t/#', 0, 1, 0],
    ['t/#', 1, 2, 1],
    ['t/+', 2, 2, 2],
  ] as const)(
    'lowers to the granted QoS: %s at %i, published at %i, comes at %i',
    async (filter, granted, qos, got) => {
      const { client, next } = await join('a')
      await client.subscribeAsync(filter, { qos: granted })
      await client.publishAsync('t/x', 'live', { qos })
      expect(await next()).toBe(`t/x live ${got}`)
      await client.publishAsync('t/kept', 'r', { qos, retain: true })
      if (filter !== 't/x') await next()
      const late = await join('b')
      await late.client.subscribeAsync(filter.replace('t/x', 't/kept'), { qos: granted })
      expect(await late.next()).toBe(`t/kept r ${got} retained`)
    },
  )

  it('gives overlapping subscriptions one copy at the highest QoS, whatever their order', async () => {
    for (const filters of [
      ['o/#', 'o/x'],
      ['o/x', 'o/#'],
    ]) {
      const { client, next } = await join('a')
      for (const [index, filter] of filters.entries())
        await client.subscribeAsync(filter, { qos: index === 0 ? 2 : 0 })
      await client.publishAsync('o/x', 'one', { qos: 2 })
      await client.publishAsync('o/x', 'two', { qos: 2 })
      expect(await next()).toBe('o/x one 2')
      expect(await next()).toBe('o/x two 2')
      await client.endAsync()
    }
  })

  it('keeps, replaces and forgets retained messages', async () => {
    const { client } = await join('a')
    await client.publishAsync('r/1', 'old', { qos: 1, retain: true })
    await client.publishAsync('r/1', 'new', { qos: 1, retain: true })
    await client.publishAsync('r/2', 'gone', { qos: 1, retain: true })
    await client.publishAsync('r/2', '', { qos: 1, retain: true })
    await client.publishAsync('r/3', 'plain', { qos: 1 })
    const late = await join('b')
    await late.client.subscribeAsync('r/#', { qos: 1 })
    expect(await late.next()).toBe('r/1 new 1 retained')
    await client.publishAsync('r/1', 'live', { qos: 1, retain: true })
    expect(await late.next()).toBe('r/1 live 1')
    expect(bench.broker.stats().kept.retained).toBe(1)
  })

  it('queues QoS 1 and 2 for a persistent session that is away, and forgets it on a clean start', async () => {
    const first = await join('p', { clean: false })
    await first.client.subscribeAsync({ 'q/#': { qos: 2 }, 'q/x': { qos: 1 } })
    await first.client.endAsync()
    const other = await join('o')
    await other.client.publishAsync('q/x', 'zero', { qos: 0 })
    await other.client.publishAsync('q/x', 'one', { qos: 1 })
    await other.client.publishAsync('q/y', 'two', { qos: 2 })
    const second = await join('p', { clean: false })
    expect(await second.next()).toBe('q/x one 1')
    expect(await second.next()).toBe('q/y two 2')
    await other.client.publishAsync('q/y', 'live', { qos: 2 })
    expect(await second.next()).toBe('q/y live 2')
    await second.client.endAsync()
    const clean = await join('p', { clean: true })
    await clean.client.endAsync()
    const peer = await dial()
    peer.send(connectPacket('p', { clean: false }))
    expect(await peer.next()).toMatchObject({ cmd: 'connack', sessionPresent: false })
    peer.end()
    await peer.closed()
    expect(bench.broker.stats().kept).toMatchObject({ sessions: 0, queuedBytes: 0 })
  })

  it('repeats what was not acknowledged, with DUP and the same id, and PUBREL after PUBREC', async () => {
    const away = async (): Promise<Peer> => {
      const peer = await dial()
      peer.send(connectPacket('p', { clean: false }))
      expect((await peer.next())?.cmd).toBe('connack')
      return peer
    }
    const one = await away()
    one.send(subscribePacket(1, ['d/#', 2]))
    expect((await one.next())?.cmd).toBe('suback')
    await bench.broker.publish('d/1', 'first', 1)
    await bench.broker.publish('d/2', 'second', 2)
    const first = await one.next()
    const second = await one.next()
    if (first?.cmd !== 'publish' || second?.cmd !== 'publish') throw new Error('No delivery')
    expect([first.dup, second.dup]).toEqual([false, false])
    const secondId = second.messageId ?? 0
    one.send({ cmd: 'pubrec', messageId: secondId })
    expect(await one.next()).toMatchObject({ cmd: 'pubrel', messageId: secondId })
    one.end()
    await one.closed()
    const two = await away()
    expect(await two.next()).toMatchObject({
      cmd: 'publish',
      dup: true,
      messageId: first.messageId,
    })
    expect(await two.next()).toMatchObject({ cmd: 'pubrel', messageId: secondId })
    two.send({ cmd: 'puback', messageId: first.messageId ?? 0 })
    two.send({ cmd: 'pubcomp', messageId: secondId }, { cmd: 'pingreq' })
    expect((await two.next())?.cmd).toBe('pingresp')
    two.end()
    await two.closed()
    const three = await away()
    three.send({ cmd: 'pingreq' })
    expect((await three.next())?.cmd).toBe('pingresp')
    three.end()
  })

  it('publishes the will of a lost connection, retained when asked, and not after DISCONNECT', async () => {
    const { client, next } = await join('a')
    await client.subscribeAsync('w/#', { qos: 1 })
    const will = { topic: 'w/lost', payload: 'gone', qos: 1, retain: true } as const
    const lost = await dialConnected('lost', { will })
    lost.end()
    expect(await next()).toBe('w/lost gone 1')
    const proper = await dialConnected('proper', { will: { ...will, topic: 'w/no' } })
    proper.send({ cmd: 'disconnect' })
    await proper.closed()
    await client.publishAsync('w/end', 'end', { qos: 1 })
    expect(await next()).toBe('w/end end 1')
    const late = await join('b')
    await late.client.subscribeAsync('w/#', { qos: 1 })
    expect(await late.next()).toBe('w/lost gone 1 retained')
  })

  it('denies test/nosubscribe with 0x80 and grants the rest of the packet', async () => {
    const peer = await dialConnected('a')
    peer.send(subscribePacket(1, ['a', 0], ['test/nosubscribe', 2], ['b', 2]))
    expect(await peer.next()).toMatchObject({ cmd: 'suback', granted: [0, 0x80, 2] })
    peer.end()
  })

  it('ends deliveries at UNSUBSCRIBE, and says yes to one that was never there', async () => {
    const { client, next } = await join('a')
    await client.subscribeAsync(['u/1', 'u/2'], { qos: 1 })
    await client.unsubscribeAsync(['u/1', 'u/never'])
    await client.publishAsync('u/1', 'no', { qos: 1 })
    await client.publishAsync('u/2', 'yes', { qos: 1 })
    expect(await next()).toBe('u/2 yes 1')
  })

  it('does not match $ topics with a leading wildcard', async () => {
    const { client, next } = await join('a')
    await client.subscribeAsync(['#', '+/x', '$own/x'], { qos: 1 })
    await client.publishAsync('$own/x', 'dollar', { qos: 1 })
    expect(await next()).toBe('$own/x dollar 1')
    await client.publishAsync('plain', 'p', { qos: 1 })
    expect(await next()).toBe('plain p 1')
  })

  it('closes on a second CONNECT and on a packet before CONNECT', async () => {
    const twice = await dialConnected('a')
    twice.send(connectPacket('a'))
    await twice.closed()
    const rude = await dial()
    rude.send(publishPacket('t', 'x'))
    await rude.closed()
  })
})
