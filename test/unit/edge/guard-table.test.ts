// What the broker library leaves open or does dangerously, row by row: which test shows our guard. The rows that no other file had
// are below the table.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openPolicy } from '../../conformance/open-policy.ts'
import type { Bench } from './fixtures.ts'
import {
  connectPacket,
  openBench,
  openCity,
  openConnected,
  openPeer,
  publishPacket,
  subscribePacket,
  topicOf,
} from './fixtures.ts'

const table: readonly [row: string, file: string, test: string][] = [
  ['packet size before CONNECT', 'guards', 'close on a CONNECT of more than 2 KiB'],
  ['packet size, announced only', 'guards', 'close a connection that announces too much'],
  ['packet size after CONNECT', 'guards', 'take 64 KiB of payload after CONNECT'],
  ['packet size over WebSocket', 'websocket', 'closes on a message that is too large'],
  ['no CONNECT in time', 'guards', 'close a connection that does not CONNECT in time'],
  ['no TLS handshake in time', 'tls', 'ends a handshake that takes too long'],
  ['no upgrade in time', 'websocket', 'closes when the upgrade does not come in time'],
  ['connections in total', 'guards', 'close connections above the total'],
  ['connections of one address', 'admission', 'bounds the connections of one address'],
  ['new connections a second', 'admission', 'bounds the new connections of one address'],
  ['failed sign-ins', 'sign-in-brake', 'blocks a client id from one address'],
  ['packets before CONNACK', 'guards', 'close when more packets come before the CONNACK'],
  ['keepalive 0', 'guards', 'close a connection whose keepalive is over, also when it asked'],
  ['keepalive while the journal stalls', 'connection-time', 'nobody is kicked whom we do not read'],
  ['takeover by a stranger', 'access', 'lets only the credential take a connection over'],
  ['takeover, many at once', 'access', 'leaves one connection, and can still end it'],
  ['takeover while the old one closes', 'access', 'leaves one connection when the old one is lost'],
  ['empty client id with a kept session', 'guards', 'refuse a persistent session without a client'],
  ['foreign publication', 'access-matrix', '%s publishes to %s'],
  ['last will', 'access-matrix', 'a last will for %s'],
  ['publication to $SYS', 'guards', 'a publication to $SYS'],
  ['subscription to $SYS and #', 'access-matrix', '%s subscribes to %s'],
  ['subscriptions per client', 'guards', 'deny the 21st subscription and $SYS'],
  ['filters per packet', 'guards', '21 filters at once'],
  ['retained messages of devices', 'access', 'keeps no retained message of a device'],
  ['retained messages in number', 'session-store', 'is bounded in topics and bytes'],
  ['queue of a kept session', 'session-store', 'keeps the newest messages, and none longer'],
  ['queues of all kept sessions', 'session-store', 'takes nothing above the bytes for all queues'],
  ['kept sessions', 'session-store', 'forgets the longest unused session beyond its bound'],
  ['QoS 2 in flight', 'broker-acks', 'end a connection that has too many QoS 2 messages'],
  ['QoS 2 repeated', 'broker-acks', 'journal a QoS 2 message once'],
  ['QoS 1 sent and never acknowledged', 'guard-table', 'costs no more than its queue'],
  ['slow subscriber', 'guards', 'evict a subscriber that does not read'],
  ['slow reader of acknowledgements', 'broker-acks', 'publishes and never reads its PUBACKs'],
  ['silent sockets', 'guard-table', 'keep no good device out'],
  ['malformed packets', 'fuzz', 'end their own connection at worst'],
  ['deep topics', 'guards', 'a publication to eleven levels'],
  ['names of the prototype', 'guard-table', 'are names like any other'],
  ['a hook that throws', 'guards', 'survive a policy that throws, hook by hook'],
  ['messages a second', 'broker-acks', 'slow a client above its rate'],
  ['bytes a second', 'pace', 'makes up for heavy messages'],
  ['unacknowledged messages of a client', 'broker-acks', 'end a connection above its unack'],
  ['unacknowledged bytes of all', 'broker-acks', 'drop QoS 0 and end QoS 1 when all clients'],
  ['MQTT 5', 'guards', 'answer MQTT 5 with the refusal of version 3'],
  ['TLS', 'tls', 'serves a device over %s'],
  ['WebSocket', 'websocket', 'serves a device on %s'],
]

describe('guard table', () => {
  it.each(table)('%s is shown by %s: %s', (_row, file, test) => {
    const text = readFileSync(join(import.meta.dirname, `${file}.test.ts`), 'utf8')
    // Names of this table itself do not count.
    const tests = text
      .split('\n')
      .filter((line) => !line.startsWith("  ['") || file !== 'guard-table')
    expect(tests.join('\n')).toContain(test)
  })
})

describe('guards of the table', () => {
  let bench: Bench
  afterEach(() => bench.close())

  it('silent sockets keep no good device out', async () => {
    bench = await openBench({ policy: openPolicy })
    const silent = await Promise.all(Array.from({ length: 500 }, () => openPeer(bench.port)))
    const before = performance.now()
    const good = await openConnected(bench.port, 'good')
    expect(performance.now() - before).toBeLessThan(2_000)
    for (const peer of [...silent, good]) peer.end()
    await Promise.all(silent.map((peer) => peer.closed()))
  })

  it('a subscriber that never acknowledges costs no more than its queue', async () => {
    const city = openCity()
    bench = await openBench({ policy: city.policy })
    const down = topicOf('GW', 'down')
    const peer = await openConnected(bench.port, 'GW', {
      password: city.passwords['GW'] ?? '',
      clean: false,
    })
    peer.send(subscribePacket(1, [down, 1]))
    expect((await peer.next())?.cmd).toBe('suback')
    for (let n = 0; n < 300; n++) {
      await bench.broker.publish(down, 'x'.repeat(100), 1)
      expect((await peer.next())?.cmd).toBe('publish')
    }
    const { queuedBytes, dropped } = bench.broker.stats().kept
    expect(dropped).toBe(200)
    expect(queuedBytes).toBeLessThan(100 * 400)
    peer.end()
    await peer.closed()
  })

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])(
    'client ids and topics such as %s are names like any other',
    async (name) => {
      bench = await openBench({ policy: openPolicy })
      const reader = await openConnected(bench.port, name, { clean: false })
      reader.send(subscribePacket(1, [name, 1], [`${name}/+`, 1]))
      expect(await reader.next()).toMatchObject({ granted: [1, 1] })
      const writer = await openPeer(bench.port)
      writer.send(connectPacket('writer'), publishPacket(`${name}/${name}`, 'x', 1, 1))
      expect(await reader.next()).toMatchObject({ cmd: 'publish', topic: `${name}/${name}` })
      reader.end()
      await reader.closed()
      const again = await openPeer(bench.port)
      again.send(connectPacket(name, { clean: false }))
      expect(await again.next()).toMatchObject({ cmd: 'connack', sessionPresent: true })
      for (const peer of [writer, again]) peer.end()
    },
  )
})
