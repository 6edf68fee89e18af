import { once } from 'node:events'
import { connect } from 'node:net'
import { generate } from 'mqtt-packet'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import type { Bench } from './fixtures.ts'
import {
  connectPacket,
  mutualFiles,
  openBench,
  openCity,
  openPeer,
  openWebSocketPeer,
  pem,
  publishPacket,
  serverFiles,
  subscribePacket,
  topicOf,
} from './fixtures.ts'

const city = openCity()
const password = (id: string): string => city.passwords[id] ?? ''
let bench: Bench
let port: number
const url = (path = '/mqtt'): string => `ws://127.0.0.1:${port}${path}`

beforeEach(async () => {
  bench = await openBench({ policy: city.policy })
  port = (await listen()).port
})
afterEach(() => bench.close())

const listen = (origins: readonly string[] = []) =>
  bench.broker.listen({ host: '127.0.0.1', port: 0, kind: 'ws', origins })

describe('MQTT over WebSocket', () => {
  it.each(['/mqtt', '/', '/mqtt?from=browser'])('serves a device on %s', async (path) => {
    const peer = await openWebSocketPeer(url(path))
    expect(peer.webSocket.protocol).toBe('mqtt')
    expect(peer.webSocket.extensions).toBe('')
    peer.send(connectPacket('GW', { password: password('GW') }))
    expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    peer.send(subscribePacket(1, [topicOf('GW', 'down'), 1]))
    expect(await peer.next()).toMatchObject({ granted: [1] })
    await bench.broker.publish(topicOf('GW', 'down'), 'command', 1)
    expect(await peer.next()).toMatchObject({ cmd: 'publish', topic: topicOf('GW', 'down') })
    for (const id of [1, 2, 3]) peer.send(publishPacket(topicOf('GW', 'up'), `m${id}`, 1, id))
    for (const messageId of [1, 2, 3])
      expect(await peer.next()).toMatchObject({ cmd: 'puback', messageId })
    expect(bench.broker.connections()).toBe(1)
    peer.webSocket.close()
    await peer.closed()
  })

  it('reads several packets in one message and one packet in several', async () => {
    const { webSocket, ...peer } = await openWebSocketPeer(url())
    const bytes = Buffer.concat([
      generate(connectPacket('GW', { password: password('GW') })),
      generate(publishPacket(topicOf('GW', 'up'), 'a', 1, 1)),
      generate(publishPacket(topicOf('GW', 'up'), 'b', 1, 2)),
    ])
    for (const [from, to] of [
      [0, 3],
      [3, 60],
      [60, bytes.length],
    ] as const)
      webSocket.send(bytes.subarray(from, to))
    expect((await peer.next())?.cmd).toBe('connack')
    for (const messageId of [1, 2])
      expect(await peer.next()).toMatchObject({ cmd: 'puback', messageId })
    peer.end()
  })

  it('serves with TLS and a client certificate', async () => {
    const { port } = await bench.broker.listen({
      host: '127.0.0.1',
      port: 0,
      kind: 'wss',
      tls: mutualFiles,
    })
    const peer = await openWebSocketPeer(`wss://localhost:${port}/mqtt`, {
      cert: pem('device-gw.crt'),
      key: pem('device-gw.key'),
      origin: `https://localhost:${port}`,
    })
    peer.send(connectPacket('GW'))
    expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    peer.end()
  })

  it.each([
    ['another path', '/other', ['mqtt'], {}, 404, 'bad_upgrade'],
    ['no subprotocol', '/mqtt', [], {}, 400, 'bad_upgrade'],
    ['another subprotocol', '/mqtt', ['chat'], {}, 400, 'bad_upgrade'],
    ['a page of another site', '/mqtt', ['mqtt'], { origin: 'https://evil.example' }, 403],
    ['a page of another port', '/mqtt', ['mqtt'], { origin: 'http://127.0.0.1:1' }, 403],
    ['a page without an address', '/mqtt', ['mqtt'], { origin: 'null' }, 403],
    ['a file', '/mqtt', ['mqtt'], { origin: 'file://' }, 403],
  ] as const)('refuses %s', async (_case, path, protocols, options, status, reason?) => {
    await expect(openWebSocketPeer(url(path), options, protocols)).rejects.toThrow(`${status}`)
    expect(bench.refused).toMatchObject([
      { reason: reason ?? 'foreign_origin', address: '127.0.0.1' },
    ])
  })

  it('takes the pages of its own address and those it was told of', async () => {
    const own = await openWebSocketPeer(url(), { origin: `http://127.0.0.1:${port}` })
    own.end()
    const { port: other } = await listen(['https://portal.example'])
    const told = await openWebSocketPeer(`ws://127.0.0.1:${other}`, {
      origin: 'https://portal.example',
    })
    told.end()
    expect(bench.refused).toEqual([])
  })

  it('takes MQTT 3.1 under its own subprotocol, and prefers mqtt', async () => {
    const old = await openWebSocketPeer(url(), {}, ['mqttv3.1'])
    expect(old.webSocket.protocol).toBe('mqttv3.1')
    const both = await openWebSocketPeer(url(), {}, ['mqttv3.1', 'mqtt'])
    expect(both.webSocket.protocol).toBe('mqtt')
    for (const peer of [old, both]) peer.end()
  })

  it('closes on a text message, and takes nothing of it', async () => {
    const peer = await openWebSocketPeer(url())
    const bytes = generate(connectPacket('GW', { password: password('GW') }))
    peer.webSocket.send(bytes, { binary: false })
    expect(await peer.next()).toBeNull()
    await bench.refusal('bad_packet')
    expect(bench.broker.connections()).toBe(0)
  })

  it('closes on a message that is too large, before MQTT sees it', async () => {
    const { webSocket } = await openWebSocketPeer(url())
    const closed = once(webSocket, 'close')
    webSocket.send(Buffer.alloc(256 * 1024 + 1))
    expect((await closed)[0]).toBe(1009)
    await bench.refusal('bad_packet')
  })

  it('closes on an MQTT packet that is too large, as everywhere', async () => {
    const peer = await openWebSocketPeer(url())
    peer.send(connectPacket('GW', { password: 'x'.repeat(2_100) }))
    await peer.closed()
    await bench.refusal('packet_too_large')
  })

  it('answers pings and plain HTTP requests, the latter with 426', async () => {
    const { webSocket } = await openWebSocketPeer(url())
    const pong = once(webSocket, 'pong')
    webSocket.ping('x')
    expect(String((await pong)[0])).toBe('x')
    webSocket.terminate()
    const { status } = await fetch(`http://127.0.0.1:${port}/mqtt`)
    expect(status).toBe(426)
    await bench.refusal('bad_upgrade')
  })

  it.each([
    ['an MQTT packet', generate(connectPacket('GW'))],
    ['endless headers', Buffer.from(`GET /mqtt HTTP/1.1\r\n${'A: b\r\n'.repeat(5_000)}`)],
    ['an upgrade without a key', Buffer.from(upgrade([]))],
    ['a short key', Buffer.from(upgrade(['Sec-WebSocket-Key: x', 'Sec-WebSocket-Version: 13']))],
  ])('closes on %s instead of an upgrade', async (_case, bytes) => {
    const peer = await openPeer(port)
    peer.socket.removeAllListeners('data')
    peer.socket.resume()
    peer.write(bytes)
    await peer.closed()
    const good = await openWebSocketPeer(url())
    good.end()
  })

  it('closes when the upgrade does not come in time', async () => {
    const clock = createManualClock(0)
    const own = await openBench({ policy: city.policy, clock })
    const at = await own.broker.listen({ host: '127.0.0.1', port: 0, kind: 'ws' })
    const slow = await openPeer(at.port)
    slow.write(Buffer.from('GET /mqtt HTTP/1.1\r\nHost: x\r\n'))
    // Another connection through the same door shows that the first one has arrived.
    const other = connect({ host: '127.0.0.1', port: at.port })
    other.end('nonsense\r\n\r\n')
    await own.refusal('bad_upgrade')
    clock.set(10_000)
    await slow.closed()
    await own.refusal('connect_timeout')
    const closing = own.close()
    clock.set(20_000)
    await closing
  })

  it('is under the same admission as the others', async () => {
    await bench.close()
    bench = await openBench({ policy: city.policy, limits: { connectionsMax: 2 } })
    port = (await listen()).port
    const tls = await bench.broker.listen({
      host: '127.0.0.1',
      port: 0,
      kind: 'mqtts',
      tls: serverFiles,
    })
    const peers = [await openWebSocketPeer(url()), await openPeer(bench.port)]
    const third = await openPeer(tls.port)
    await third.closed()
    await bench.refusal('too_many_connections')
    await expect(openWebSocketPeer(url())).rejects.toThrow()
    for (const peer of peers) peer.end()
  })

  it('evicts a reader who does not read', async () => {
    await bench.close()
    bench = await openBench({ policy: city.policy, limits: { unreadBytesMax: 256 * 1024 } })
    port = (await listen()).port
    const peer = await openWebSocketPeer(url())
    peer.send(connectPacket('GW', { password: password('GW') }))
    expect((await peer.next())?.cmd).toBe('connack')
    peer.send(subscribePacket(1, [topicOf('GW', 'down'), 0]))
    expect((await peer.next())?.cmd).toBe('suback')
    peer.webSocket.pause()
    const payload = Buffer.alloc(60_000)
    for (let sent = 0; sent < 1_000 && bench.refused.length === 0; sent++)
      await bench.broker.publish(topicOf('GW', 'down'), payload, 0)
    await bench.refusal('slow_reader')
    peer.webSocket.terminate()
  })
})

function upgrade(headers: readonly string[]): string {
  const first = ['GET /mqtt HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket']
  return [...first, 'Sec-WebSocket-Protocol: mqtt', ...headers, '', ''].join('\r\n')
}
