// Mutated packets on real sockets, before and after CONNECT. `HETAO_TEST_FUZZ_SECONDS=600` runs for as long as that, with ever new
// seeds; a failure prints the seed that repeats it.

import * as fc from 'fast-check'
import { generate } from 'mqtt-packet'
import type { Packet } from 'mqtt-packet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLimits, openPolicy } from '../../conformance/open-policy.ts'
import { yieldToLoop } from '../../../src/clock.ts'
import type { Bench, Peer } from './fixtures.ts'
import {
  access,
  connectPacket,
  openBench,
  openCity,
  openConnected,
  openPeer,
  openWebSocketPeer,
  publishPacket,
  subscribePacket,
  topicOf,
} from './fixtures.ts'

const SECONDS = Number(process.env['HETAO_TEST_FUZZ_SECONDS'] ?? 0)
const AT_ONCE = 20
const RUNS = 150

const city = openCity()
const { password, hash } = city.credentials.make()
for (let n = 0; n < AT_ONCE; n++) city.directory.put(access(`F${n}`, { credential: hash }))

/** What a device may say, and what it may not; `n` is which of the connections at once. */
const words = (n: number): readonly Packet[] => [
  connectPacket(`F${n}`, { password }),
  connectPacket(`F${n}`, { password, clean: false, keepalive: 1 }),
  connectPacket(`F${n}`, {
    password,
    will: {
      topic: topicOf(`F${n}`, 'status'),
      payload: '{"state":"offline"}',
      qos: 1,
      retain: true,
    },
  }),
  connectPacket('x'.repeat(200)),
  publishPacket(topicOf(`F${n}`, 'up'), '{"v":1,"m":{"power":1}}', 1, 1),
  publishPacket(topicOf(`F${n}`, 'up'), 'zero'),
  publishPacket(topicOf(`F${n}`, 'up'), 'two', 2, 2),
  publishPacket('a/b', 'x', 2, 3, { retain: true, dup: true }),
  publishPacket('$SYS/x/new/clients', `F${n}`, 1, 4),
  publishPacket('up', 'x'.repeat(20_000), 1, 5),
  subscribePacket(6, [topicOf(`F${n}`, 'down'), 1], ['#', 2]),
  subscribePacket(7, ...Array.from({ length: 15 }, (_, at): [string, 1] => [`f/${at}/+`, 1])),
  { cmd: 'unsubscribe', messageId: 8, unsubscriptions: ['#', 'a/b'] },
  { cmd: 'puback', messageId: 1 },
  { cmd: 'pubrec', messageId: 2 },
  { cmd: 'pubrel', messageId: 2 },
  { cmd: 'pubcomp', messageId: 2 },
  { cmd: 'pingreq' },
  { cmd: 'disconnect' },
  // What only a server says.
  { cmd: 'connack', returnCode: 0, sessionPresent: false },
  { cmd: 'suback', messageId: 1, granted: [0] },
  { cmd: 'pingresp' },
]

const WORDS = words(0).length

const mutation = fc.oneof(
  fc.record({ kind: fc.constant('none' as const) }),
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(400), bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('set' as const), at: fc.nat(30), value: fc.nat(255) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(60) }),
  fc.record({ kind: fc.constant('header' as const), value: fc.nat(255) }),
  // A remaining length of up to 256 MB, or of five bytes, which is none.
  fc.record({ kind: fc.constant('length' as const), bytes: fc.integer({ min: 1, max: 5 }) }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.nat(60),
    bytes: fc.uint8Array({ maxLength: 8 }),
  }),
)
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never

function mutate(bytes: Buffer, how: Mutation): Buffer {
  const copy = Buffer.from(bytes)
  switch (how.kind) {
    case 'none':
      return copy
    case 'flip': {
      const at = how.at % copy.length
      copy[at] = (copy[at] ?? 0) ^ (1 << how.bit)
      return copy
    }
    case 'set':
      copy[how.at % copy.length] = how.value
      return copy
    case 'cut':
      return copy.subarray(0, how.at % copy.length)
    case 'header':
      copy[0] = how.value
      return copy
    case 'length': {
      const length = Buffer.alloc(how.bytes, 0xff)
      if (how.bytes < 5) length[how.bytes - 1] = 0x7f
      return Buffer.concat([copy.subarray(0, 1), length, copy.subarray(2)])
    }
    case 'insert': {
      const at = how.at % copy.length
      return Buffer.concat([copy.subarray(0, at), how.bytes, copy.subarray(at)])
    }
  }
}

const life = fc.record({
  door: fc.constantFrom('city', 'open', 'webSocket'),
  isConnected: fc.boolean(),
  said: fc.array(fc.record({ word: fc.nat(WORDS - 1), how: mutation }), {
    minLength: 1,
    maxLength: 8,
  }),
  /** All in one write, or each in its own. */
  isGlued: fc.boolean(),
  ending: fc.constantFrom('end', 'destroy'),
})
type Life = typeof life extends fc.Arbitrary<infer T> ? T : never

let closed: Bench
let open: Bench
let webSocketPort: number

beforeAll(async () => {
  closed = await openBench({ policy: city.policy, directory: city.directory })
  open = await openBench({ policy: openPolicy, limits: openLimits })
  const door = await closed.broker.listen({ host: '127.0.0.1', port: 0, kind: 'ws' })
  webSocketPort = door.port
})
afterAll(async () => {
  await closed.close()
  await open.close()
})

async function live({ door, isConnected, said, isGlued, ending }: Life, n: number): Promise<void> {
  const peer: Peer =
    door === 'webSocket'
      ? await openWebSocketPeer(`ws://127.0.0.1:${webSocketPort}/mqtt`)
      : await openPeer(door === 'city' ? closed.port : open.port)
  // What comes back may be cut off in the middle of a packet: nobody reads it here.
  peer.socket.removeAllListeners('data')
  peer.socket.resume()
  if (isConnected) peer.send(connectPacket(`F${n}`, { password }))
  const chunks = said.flatMap(({ word, how }) => {
    const packet = words(n)[word]
    return packet === undefined ? [] : [mutate(generate(packet), how)]
  })
  if (isGlued) peer.write(Buffer.concat(chunks))
  else
    for (const chunk of chunks) {
      peer.write(chunk)
      await yieldToLoop()
    }
  if (ending === 'end') peer.socket.end()
  else peer.end()
  await peer.closed()
}

/** The broker learns of the last closed sockets a little later than we do. */
async function settled(bench: Bench): Promise<void> {
  for (let turns = 0; turns < 10_000 && bench.broker.connections() > 0; turns++) await yieldToLoop()
}

async function isWell(bench: Bench): Promise<void> {
  await settled(bench)
  const { connections, unacknowledged, unacknowledgedBytes, kept } = bench.broker.stats()
  expect({ connections, unacknowledged, unacknowledgedBytes }).toEqual({
    connections: 0,
    unacknowledged: 0,
    unacknowledgedBytes: 0,
  })
  expect(kept.sessions).toBeLessThan(2_000)
  const good = await openConnected(bench.port, 'GW', { password: city.passwords['GW'] ?? '' })
  good.send(subscribePacket(1, [topicOf('GW', 'down'), 1]))
  expect((await good.next())?.cmd).toBe('suback')
  await bench.broker.publish(topicOf('GW', 'down'), 'command', 1)
  expect((await good.next())?.cmd).toBe('publish')
  good.send(publishPacket(topicOf('GW', 'up'), 'good', 1, 1))
  expect((await good.next())?.cmd).toBe('puback')
  good.end()
  await good.closed()
  await settled(bench)
}

describe('mutated packets', () => {
  it(
    'end their own connection at worst: the broker serves on, and leaks nothing',
    { timeout: (SECONDS + 30) * 1_000 },
    async () => {
      const deadline = performance.now() + SECONDS * 1_000
      do {
        await fc.assert(
          fc.asyncProperty(
            fc.array(life, { minLength: AT_ONCE, maxLength: AT_ONCE }),
            async (lives) => {
              await Promise.all(lives.map(live))
            },
          ),
          { numRuns: RUNS, ...(SECONDS > 0 ? { endOnFailure: true } : {}) },
        )
        await isWell(closed)
        await isWell(open)
      } while (performance.now() < deadline)
      expect(closed.refused.length).toBeGreaterThan(RUNS)
      // Whatever happened, only a device's own words were journaled.
      for (const { client, topic } of closed.journal.entries)
        expect(topic.startsWith(topicOf(client, '')), `${client} on ${topic}`).toBe(true)
      expect(closed.refused.filter(({ reason }) => reason === 'internal')).toEqual([])
    },
  )
})
