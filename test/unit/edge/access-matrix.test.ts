import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { flagsOfFormat } from '../../../src/core/messages/record.ts'
import type { Bench, Peer } from './fixtures.ts'
import {
  access,
  connectPacket,
  mutualFiles,
  openBench,
  openCity,
  openPeer,
  openTlsPeer,
  publishPacket,
  subscribePacket,
  topicOf,
} from './fixtures.ts'

const city = openCity()
const password = (id: string): string => city.passwords[id] ?? ''
let bench: Bench
let tlsPort: number

beforeAll(async () => {
  // MV hung on GW until now.
  const moved = city.directory.get('MV')
  city.directory.put(access('MV', { parent: 'G2', credential: moved?.credential ?? null }))
  bench = await openBench({ policy: city.policy, directory: city.directory })
  const tls = await bench.broker.listen({
    host: '127.0.0.1',
    port: 0,
    kind: 'mqtts',
    tls: mutualFiles,
  })
  tlsPort = tls.port
})
afterAll(() => bench.close())

type Will = { topic: string; payload: string; qos: 1; retain: true }
type Key = keyof typeof principals

/** Everybody signs in as itself; `id` is the client id, `sender` whom the journal names. */
const principals = {
  device: { id: 'CH', username: 'CH', sender: 'CH', flags: 0 },
  certified: { id: 'CH', username: null, sender: 'CH', flags: 0 },
  gateway: { id: 'GW', username: 'GW', sender: 'GW', flags: 0 },
  otherGateway: { id: 'G2', username: 'G2', sender: 'G2', flags: 0 },
  sibling: { id: 'C2', username: 'C2', sender: 'C2', flags: 0 },
  tts: { id: 'tts-bridge.1', username: 'tts', sender: '@tts', flags: flagsOfFormat('tts') },
  dtu: { id: 'dtu-east', username: 'dtu-east', sender: '@dtu-east', flags: flagsOfFormat('hj212') },
} as const
const everybody = Object.keys(principals) as readonly Key[]

const CH: readonly Key[] = ['device', 'certified', 'gateway']
const nobody: readonly Key[] = []

async function dial(key: Key, will?: Will): Promise<Peer> {
  const { id, username } = principals[key]
  const terms = will === undefined ? {} : { will }
  const peer =
    key === 'certified' ? await openTlsPeer(tlsPort, 'device-ch') : await openPeer(bench.port)
  peer.send(
    username === null
      ? connectPacket(id, terms)
      : connectPacket(id, { username, password: password(username), ...terms }),
  )
  return peer
}

async function join(key: Key): Promise<Peer> {
  const peer = await dial(key)
  expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
  return peer
}

async function leave(peer: Peer): Promise<void> {
  peer.send({ cmd: 'disconnect' })
  await peer.closed()
}

const publications: readonly [string, string, readonly Key[]][] = [
  ['up of the device', topicOf('CH', 'up'), CH],
  ['status of the device', topicOf('CH', 'status'), CH],
  ['ack of the device', topicOf('CH', 'ack'), CH],
  ['up of the gateway', topicOf('GW', 'up'), ['gateway']],
  ['up of the sibling', topicOf('C2', 'up'), ['sibling', 'gateway']],
  ['up of a child that has moved', topicOf('MV', 'up'), ['otherGateway']],
  ['a topic of an account', 'v3/app@tenant/devices/eui-1/up', ['tts']],
  ['a topic with a wildcard in the middle', 'lora/17/up', ['tts']],
  ['the level above a multi-level wildcard', 'v3', ['tts']],
  ['a topic of the other account', 'dtu/0001/data', ['dtu']],
  ['a dollar topic of an account', '$sys/east/0001', ['dtu']],
  ['down of the device', topicOf('CH', 'down'), nobody],
  ['down of the gateway', topicOf('GW', 'down'), nobody],
  ['up of a stranger', topicOf('SX', 'up'), nobody],
  ['up of a revoked device', topicOf('RV', 'up'), nobody],
  ['up of a device nobody has registered', topicOf('XX', 'up'), nobody],
  ['a topic beside an account', 'v4/app/up', nobody],
  ['a topic beside a wildcard in the middle', 'lora/17/down', nobody],
  ['a dollar topic beside an account', '$sys/west/0001', nobody],
  ['a dollar topic of the broker', '$SYS/x/new/clients', nobody],
  ['a wildcard in the device', topicOf('+', 'up'), nobody],
  ['a wildcard in an account', 'v3/+/up', nobody],
  ['everything', '#', nobody],
]

const subscriptions: readonly [string, string, readonly Key[]][] = [
  ['down of the device', topicOf('CH', 'down'), CH],
  ['down of the gateway', topicOf('GW', 'down'), ['gateway']],
  ['down of the sibling', topicOf('C2', 'down'), ['sibling', 'gateway']],
  ['down of a child that has moved', topicOf('MV', 'down'), ['otherGateway']],
  ["an account's own filter", 'v3/#', ['tts']],
  ["a part of an account's filter", 'v3/+/devices/+/down/push', ['tts']],
  ["an account's own wildcard", 'lora/+/up', ['tts']],
  ['one topic of a wildcard', 'lora/17/up', ['tts']],
  ["the other account's filter", 'dtu/#', ['dtu']],
  ["the other account's dollar filter", '$sys/east/#', ['dtu']],
  ['more than a wildcard', 'lora/#', nobody],
  ['more than a dollar filter', '$sys/#', nobody],
  ['up of the device', topicOf('CH', 'up'), nobody],
  ['down of a stranger', topicOf('SX', 'down'), nobody],
  ['down of all', 'city/v1/+/+/+/down', nobody],
  ['the city', 'city/#', nobody],
  ['everything', '#', nobody],
  ['everything of three levels', '+/+/+', nobody],
  ['everything in the second level', '+/#', nobody],
  ['the broker', '$SYS/#', nobody],
  ['a shared subscription', '$share/g/v3/#', nobody],
]

const offline = '{"state":"offline"}'
const wills: readonly [string, Key, string, 'published' | 'dropped' | 'refused'][] = [
  ['own status', 'device', topicOf('CH', 'status'), 'published'],
  ['own status', 'certified', topicOf('CH', 'status'), 'published'],
  ['own status', 'gateway', topicOf('GW', 'status'), 'published'],
  ['own topic', 'tts', 'v3/status', 'dropped'],
  ['status of a device', 'tts', topicOf('CH', 'status'), 'dropped'],
  ["the child's status", 'gateway', topicOf('CH', 'status'), 'refused'],
  ["the gateway's status", 'device', topicOf('GW', 'status'), 'refused'],
  ["the device's status", 'sibling', topicOf('CH', 'status'), 'refused'],
  ["the device's status", 'otherGateway', topicOf('CH', 'status'), 'refused'],
  ['own up', 'device', topicOf('CH', 'up'), 'refused'],
  ['own down', 'device', topicOf('CH', 'down'), 'refused'],
  ['the broker', 'device', '$SYS/x/new/clients', 'refused'],
]

const rowsOf = (table: readonly [string, string, readonly Key[]][]) =>
  table.flatMap(([what, topic, who]) =>
    everybody.map((key) => [key, what, who.includes(key) ? 'yes' : 'no', topic] as const),
  )

describe('access matrix', () => {
  it.each(everybody)('%s connects as itself', async (key) => {
    await leave(await join(key))
  })

  it.each(rowsOf(publications))('%s publishes to %s: %s', async (key, _what, expected, topic) => {
    const peer = await join(key)
    const before = bench.journal.entries.length
    peer.send(publishPacket(topic, 'probe', 1, 1, { retain: true }))
    const answer = await peer.next()
    const { sender, flags } = principals[key]
    if (expected === 'yes') {
      expect(answer).toMatchObject({ cmd: 'puback', messageId: 1 })
      expect(bench.journal.entries.slice(before)).toEqual([
        { kind: 'message', flags, client: sender, topic, payload: 'probe' },
      ])
      await leave(peer)
    } else {
      expect(answer).toBeNull()
      expect(bench.journal.entries).toHaveLength(before)
      expect(bench.refused.at(-1)?.reason).toMatch(/^(foreign|bad)_topic$/)
    }
    expect(bench.broker.stats().kept.retained).toBe(0)
  })

  it.each(rowsOf(subscriptions))('%s subscribes to %s: %s', async (key, _what, expected, topic) => {
    const peer = await join(key)
    peer.send(subscribePacket(1, [topic, 1]))
    expect(await peer.next()).toMatchObject({ granted: [expected === 'yes' ? 1 : 0x80] })
    await leave(peer)
  })

  it.each(wills)('a last will for %s of %s (%s) is %s', async (_what, key, topic, expected) => {
    const before = bench.journal.entries.length
    const peer = await dial(key, { topic, payload: offline, qos: 1, retain: true })
    expect(await peer.next()).toMatchObject({ returnCode: expected === 'refused' ? 5 : 0 })
    peer.end()
    await peer.closed()
    if (expected === 'published') await bench.journal.reached(before + 1)
    // Whoever comes now comes after the end of the one before.
    await leave(await join(key))
    expect(bench.journal.entries.slice(before).map((entry) => entry.topic)).toEqual(
      expected === 'published' ? [topic] : [],
    )
  })

  const doors: readonly [string, string, string | undefined, string | undefined, number][] = [
    ['a device under the name of another', 'GW', 'CH', password('CH'), 5],
    ["a device with another's password", 'GW', 'GW', password('CH'), 4],
    ["a gateway under its child's name", 'CH', 'CH', password('GW'), 4],
    ['a revoked device', 'RV', 'RV', password('RV'), 5],
    ['a revoked device with a wrong password', 'RV', 'RV', 'x', 4],
    ['nobody', 'XX', 'XX', 'x', 4],
    ['nobody, without anything', 'XX', undefined, undefined, 4],
    ['a device without anything', 'CH', undefined, undefined, 4],
    ['an account under a name of its own', 'tts:1', 'tts', password('tts'), 0],
    ['an account under a name that only begins like it', 'ttsx', 'tts', password('tts'), 5],
    [
      'an account under a name with nothing behind the separator',
      'tts-',
      'tts',
      password('tts'),
      5,
    ],
    ['an account under the name of a device', 'CH', 'tts', password('tts'), 5],
    ['an account without a name', '', 'tts', password('tts'), 5],
    ["an account with another's password", 'tts', 'tts', password('dtu-east'), 4],
    ['an account under the name of the other', 'dtu-east', 'tts', password('tts'), 5],
    ['an account with a wrong password', 'tts-1', 'tts', 'x', 4],
    ['a device under the name of an account', 'tts', 'tts', password('CH'), 4],
  ]
  it.each(doors)(
    '%s (client id %j, user name %j) gets its return code, and what it sends along is not taken',
    async (_who, clientId, username, secret, returnCode) => {
      const before = bench.journal.entries.length
      const peer = await openPeer(bench.port)
      const own = username === undefined ? {} : { username }
      peer.send(
        connectPacket(clientId, { ...own, ...(secret === undefined ? {} : { password: secret }) }),
        ...(returnCode === 0 ? [] : [publishPacket(topicOf('CH', 'up'), 'along', 1, 1)]),
      )
      expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode })
      if (returnCode === 0) peer.send({ cmd: 'disconnect' })
      expect(await peer.next()).toBeNull()
      expect(bench.journal.entries).toHaveLength(before)
    },
  )
})

describe('an integration account', () => {
  it('hears what is published for it, under several client ids at once, and nothing of the city', async () => {
    const peers = await Promise.all(
      ['tts', 'tts-1', 'tts/2'].map(async (id) => {
        const peer = await openPeer(bench.port)
        peer.send(connectPacket(id, { username: 'tts', password: password('tts') }))
        expect(await peer.next()).toMatchObject({ returnCode: 0 })
        peer.send(subscribePacket(1, ['v3/#', 1]))
        expect(await peer.next()).toMatchObject({ granted: [1] })
        return peer
      }),
    )
    await bench.broker.publish(topicOf('CH', 'down'), 'not theirs', 1)
    await bench.broker.publish('v3/app/down/push', 'theirs', 1)
    for (const peer of peers)
      expect(await peer.next()).toMatchObject({ cmd: 'publish', topic: 'v3/app/down/push', qos: 1 })
    // Every connection goes with the account.
    city.directory.removeIntegration('tts')
    await Promise.all(peers.map((peer) => peer.closed()))
    const late = await openPeer(bench.port)
    late.send(connectPacket('tts', { password: password('tts') }))
    expect(await late.next()).toMatchObject({ returnCode: 4 })
    late.end()
  })

  it('has a most of connections, in which a new one under the same client id does not count twice', async () => {
    const own = openCity()
    const full = await openBench({ policy: own.policy, limits: { connectionsPerAccountMax: 2 } })
    const dialAs = async (id: string): Promise<[Peer, number | undefined]> => {
      const peer = await openPeer(full.port)
      const secret = own.passwords['tts'] ?? ''
      peer.send(connectPacket(id, { username: 'tts', password: secret }))
      const answer = await peer.next()
      return [peer, answer?.cmd === 'connack' ? answer.returnCode : undefined]
    }
    const [first] = await dialAs('tts-1')
    expect((await dialAs('tts-2'))[1]).toBe(0)
    expect((await dialAs('tts-3'))[1]).toBe(3)
    expect((await dialAs('tts-1'))[1]).toBe(0)
    await first.closed()
    expect(full.broker.connections()).toBe(2)
    await full.close()
  })
})
