import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Bench } from './fixtures.ts'
import {
  access,
  connectPacket,
  createPeer,
  openBench,
  openCity,
  openConnected,
  openPeer,
  publishPacket,
  subscribePacket,
  topicOf,
} from './fixtures.ts'

const city = openCity()
const password = (id: string): string => city.passwords[id] ?? ''
const offline = '{"state":"offline"}'

describe('device policy at the broker', () => {
  let bench: Bench
  beforeAll(async () => {
    bench = await openBench({ policy: city.policy, directory: city.directory })
  })
  afterAll(() => bench.close())

  it.each([
    ['the right password', connectPacket('GW', { password: password('GW') }), 0],
    ['no credentials', connectPacket('GW'), 4],
    ['a wrong password', connectPacket('GW', { password: 'x' }), 4],
    ["another device's password", connectPacket('GW', { password: password('SX') }), 4],
    ['another user name', connectPacket('GW', { username: 'SX', password: password('SX') }), 5],
    ['the id in another case', connectPacket('gw', { password: password('GW') }), 4],
    ['a full-width id', connectPacket('ＧＷ', { password: password('GW') }), 4],
    ['a wildcard as id', connectPacket('+', { password: password('GW') }), 4],
    ['a NUL in the id', connectPacket('GW\0', { password: password('GW') }), 2],
    ['an empty id', connectPacket('', { password: password('GW'), username: 'GW' }), 5],
    ['an id of 129 bytes', connectPacket('a'.repeat(129), { password: 'x' }), 2],
  ])('answers a CONNECT with %s by its return code', async (_case, packet, returnCode) => {
    const peer = await openPeer(bench.port)
    peer.send(packet)
    expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode })
    if (returnCode !== 0) expect(await peer.next()).toBeNull()
    peer.end()
  })

  const topics: readonly [string, string, 'up' | 'down' | null][] = [
    ['own up', topicOf('GW', 'up'), 'up'],
    ['own status', topicOf('GW', 'status'), 'up'],
    ['own ack', topicOf('GW', 'ack'), 'up'],
    ['own down', topicOf('GW', 'down'), 'down'],
    ["the child's up", topicOf('CH', 'up'), 'up'],
    ["the child's ack", topicOf('CH', 'ack'), 'up'],
    ["the child's down", topicOf('CH', 'down'), 'down'],
    ["a stranger's up", topicOf('SX', 'up'), null],
    ["a stranger's down", topicOf('SX', 'down'), null],
    ['an unknown device', topicOf('XX', 'up'), null],
    ['another division', 'city/v1/150823/streetlight/GW/up', null],
    ['another type', 'city/v1/150802/hydrant/GW/up', null],
    ['another version', 'city/v2/150802/streetlight/GW/up', null],
    ['another channel', topicOf('GW', 'config'), null],
    ['a level more', `${topicOf('GW', 'up')}/x`, null],
    ['a level less', 'city/v1/150802/streetlight/GW', null],
    ['a slash before it', `/${topicOf('GW', 'up')}`, null],
    ['a plus for the device', topicOf('+', 'up'), null],
    ['a plus for the device, down', topicOf('+', 'down'), null],
    ['everything', '#', null],
    ['everything below', 'city/v1/150802/streetlight/GW/#', null],
    ['$SYS', '$SYS/a/new/clients', null],
    ['a dollar topic', '$share/g/city', null],
    ['prototype names', 'city/v1/150802/streetlight/__proto__/up', null],
  ]

  it.each(topics)('publishing to %s (%s): %s', async (_case, topic, way) => {
    const peer = await openConnected(bench.port, 'GW', { password: password('GW') })
    const before = bench.journal.entries.length
    // The good message before it must stay, whatever comes of the second one.
    peer.send(publishPacket(topicOf('GW', 'up'), 'good', 1, 1), publishPacket(topic, 'probe', 1, 2))
    if (way === 'up') {
      expect(await peer.next()).toMatchObject({ cmd: 'puback', messageId: 1 })
      expect(await peer.next()).toMatchObject({ cmd: 'puback', messageId: 2 })
      expect(bench.journal.entries.at(-1)).toMatchObject({ client: 'GW', topic, payload: 'probe' })
    } else {
      await peer.closed()
      expect(bench.refused.at(-1)?.topic).toBe(topic)
      expect(bench.refused.at(-1)?.reason).toMatch(/^(foreign|bad)_topic$/)
      expect(bench.journal.entries.slice(before).map((entry) => entry.payload)).toEqual(['good'])
    }
    peer.end()
    await peer.closed()
  })

  it.each(topics)('subscribing to %s (%s): %s', async (_case, topic, way) => {
    const peer = await openConnected(bench.port, 'GW', { password: password('GW') })
    peer.send(subscribePacket(1, [topic, 1], [topicOf('GW', 'down'), 1]))
    const granted = topic === topicOf('GW', 'down') ? [1] : [way === 'down' ? 1 : 0x80, 1]
    expect(await peer.next()).toMatchObject({ cmd: 'suback', granted })
    peer.end()
    await peer.closed()
  })

  it.each([
    ['own status, offline', topicOf('GW', 'status'), offline, 0],
    ['own status, online', topicOf('GW', 'status'), '{"state":"online"}', 0],
    ['own status, other JSON', topicOf('GW', 'status'), '{"state": "offline"}', 5],
    ['own status, empty', topicOf('GW', 'status'), '', 5],
    ['own status, 1 KiB', topicOf('GW', 'status'), 'x'.repeat(1024), 5],
    ['own up', topicOf('GW', 'up'), offline, 5],
    ['own down', topicOf('GW', 'down'), offline, 5],
    ["the child's status", topicOf('CH', 'status'), offline, 5],
    ["a stranger's status", topicOf('SX', 'status'), offline, 5],
    ['a wildcard', 'city/#', offline, 5],
    ['$SYS', '$SYS/x/new/clients', offline, 5],
  ])(
    'a last will for %s (%s, %s) is answered with %i',
    async (_case, topic, payload, returnCode) => {
      const peer = await openPeer(bench.port)
      peer.send(
        connectPacket('GW', { password: password('GW'), will: { topic, payload, retain: true } }),
      )
      expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode })
      if (returnCode !== 0) expect(bench.refused.at(-1)?.reason).toBe('will_not_allowed')
      peer.send({ cmd: 'disconnect' })
      await peer.closed()
    },
  )

  it('journals the last will of a lost connection, not that of a proper end', async () => {
    const will = { topic: topicOf('SX', 'status'), payload: offline, retain: true }
    const count = (): number =>
      bench.journal.entries.filter((entry) => entry.topic === will.topic).length
    const proper = await openConnected(bench.port, 'SX', { password: password('SX'), will })
    proper.send({ cmd: 'disconnect' })
    await proper.closed()
    const before = bench.journal.entries.length
    const lost = await openConnected(bench.port, 'SX', { password: password('SX'), will })
    lost.end()
    await bench.journal.reached(before + 1)
    expect(count()).toBe(1)
    expect(bench.journal.entries.at(-1)).toMatchObject({ client: 'SX', payload: offline, flags: 1 })
  })

  it('keeps no retained message of a device', async () => {
    const peer = await openConnected(bench.port, 'GW', { password: password('GW') })
    peer.send(publishPacket(topicOf('GW', 'status'), offline, 1, 1, { retain: true }))
    expect((await peer.next())?.cmd).toBe('puback')
    expect(bench.broker.stats().kept.retained).toBe(0)
    peer.end()
    await peer.closed()
  })
})

describe('accounts whose ids begin alike', () => {
  it('keep the client ids of the longest one for it', () => {
    const own = openCity()
    const passwords: Record<string, string> = {}
    for (const id of ['xx-hj212', 'xx-hj212-1', 'xx']) {
      const { password: made, hash } = own.credentials.make('integration')
      passwords[id] = made
      const account = { id, format: 'hj212', topics: ['dtu/#'], previous: null } as const
      own.directory.putIntegration({ ...account, credential: hash })
    }
    const signIn = (username: string, clientId: string) =>
      own.policy.connect({
        at: 0,
        clientId,
        username,
        password: Buffer.from(passwords[username] ?? ''),
        clean: true,
        will: null,
        keepaliveSeconds: 60,
        address: null,
        certificate: null,
      })
    for (const [username, clientId] of [
      ['xx-hj212', 'xx-hj212-1'],
      ['xx-hj212', 'xx-hj212-1.a'],
      ['xx-hj212', 'xx-hj212-1:'],
      ['xx', 'xx-hj212/1'],
    ] as const)
      expect(signIn(username, clientId), clientId).toMatchObject({
        allow: false,
        returnCode: 5,
        reason: 'foreign_identity',
      })
    for (const [username, clientId] of [
      ['xx-hj212', 'xx-hj212'],
      ['xx-hj212', 'xx-hj212-10'],
      ['xx-hj212', 'xx-hj212-2-1'],
      ['xx-hj212-1', 'xx-hj212-1'],
      ['xx-hj212-1', 'xx-hj212-1-xx-hj212'],
    ] as const)
      expect(signIn(username, clientId), clientId).toMatchObject({ allow: true, account: username })
    own.directory.removeIntegration('xx-hj212-1')
    expect(signIn('xx-hj212', 'xx-hj212-1')).toMatchObject({ allow: true })
  })
})

describe('a CONNECT without a client id', () => {
  it('is counted and told, and is no unknown client', async () => {
    const bench = await openBench({ policy: city.policy, directory: city.directory })
    const peer = await openPeer(bench.port)
    peer.send(connectPacket('', { username: 'nobody', password: 'x' }))
    expect(await peer.next()).toMatchObject({ cmd: 'connack' })
    peer.end()
    expect(bench.refused).toHaveLength(1)
    expect(bench.refused[0]).toMatchObject({ client: null, address: '127.0.0.1' })
    for (const id of ['', 'aedes_named']) {
      const other = await openPeer(bench.port)
      other.send(connectPacket(id, { username: id, password: 'x' }))
      expect(await other.next()).toMatchObject({ cmd: 'connack', returnCode: 4 })
      other.end()
    }
    const unknown = bench.broker.memory().unknownClients()
    expect(unknown.map(({ client }) => client)).toEqual(['aedes_named'])
    await bench.close()
  })
})

describe('device policy over time', () => {
  let bench: Bench
  afterEach(() => bench.close())

  it('lets only the credential take a connection over', async () => {
    bench = await openBench({ policy: city.policy })
    const first = await openConnected(bench.port, 'GW', { password: password('GW') })
    const thief = await openPeer(bench.port)
    thief.send(connectPacket('GW', { password: 'guess' }))
    expect(await thief.next()).toMatchObject({ returnCode: 4 })
    first.send({ cmd: 'pingreq' })
    expect((await first.next())?.cmd).toBe('pingresp')
    const second = await openConnected(bench.port, 'GW', { password: password('GW') })
    await first.closed()
    expect(bench.broker.connections()).toBe(1)
    second.end()
    await second.closed()
  })

  it('leaves one connection, and can still end it, when many come for one id at once', async () => {
    bench = await openBench({ policy: city.policy })
    const peers = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const peer = await openPeer(bench.port)
        peer.send(
          connectPacket('GW', { password: password('GW'), clean: false }),
          subscribePacket(1, [topicOf('GW', 'down'), 1]),
        )
        return peer
      }),
    )
    let open = peers.length
    await new Promise<void>((resolve) => {
      for (const peer of peers)
        peer.socket.once('close', () => {
          if (--open === 1) resolve()
        })
    })
    expect(bench.broker.connections()).toBe(1)
    bench.broker.disconnect('GW')
    await Promise.all(peers.map((peer) => peer.closed()))
    expect(bench.broker.connections()).toBe(0)
  })

  it('leaves one connection when the old one is lost at any moment of a takeover', async () => {
    bench = await openBench({ policy: city.policy })
    // Pairs of streams do not tell each other of a destroy(), so the broker's end is what is watched.
    const join = () => {
      const [mine, theirs] = duplexPair()
      bench.broker.handle(theirs)
      const peer = createPeer(mine)
      peer.send(connectPacket('GW', { password: password('GW') }))
      return { peer, theirs, closed: once(theirs, 'close') }
    }
    for (let ticks = 0; ticks < 12; ticks++) {
      const first = join()
      expect(await first.peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
      first.peer.send(subscribePacket(1, [topicOf('GW', 'down'), 1]))
      expect((await first.peer.next())?.cmd).toBe('suback')
      const second = join()
      for (let tick = 0; tick < ticks; tick++) await new Promise((resolve) => setImmediate(resolve))
      first.theirs.destroy()
      expect(await second.peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
      const third = join()
      expect(await third.peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
      await second.closed
      expect(bench.broker.connections()).toBe(1)
      third.theirs.destroy()
      await third.closed
    }
  })

  it('ends the connection when the credential changes or the device goes', async () => {
    const own = openCity()
    bench = await openBench({ policy: own.policy, directory: own.directory })
    const first = await openConnected(bench.port, 'GW', { password: own.passwords['GW'] ?? '' })
    const { password: fresh, hash } = own.credentials.make()
    own.directory.put(access('GW', { credential: hash }))
    await first.closed()
    const second = await openConnected(bench.port, 'GW', { password: fresh })
    own.directory.remove('GW')
    await second.closed()
    const third = await openPeer(bench.port)
    third.send(connectPacket('GW', { password: fresh }))
    expect(await third.next()).toMatchObject({ returnCode: 4 })
  })

  it('follows a child to its new gateway while the connection is open', async () => {
    const own = openCity()
    bench = await openBench({ policy: own.policy, directory: own.directory })
    const peer = await openConnected(bench.port, 'GW', { password: own.passwords['GW'] ?? '' })
    peer.send(publishPacket(topicOf('CH', 'up'), 'mine', 1, 1))
    expect((await peer.next())?.cmd).toBe('puback')
    peer.send(subscribePacket(2, [topicOf('CH', 'down'), 1]))
    expect((await peer.next())?.cmd).toBe('suback')
    const child = own.directory.get('CH')
    if (child !== undefined) own.directory.put({ ...child, parent: 'SX' })
    await bench.broker.publish(topicOf('CH', 'down'), 'command', 1)
    peer.send({ cmd: 'pingreq' })
    expect((await peer.next())?.cmd).toBe('pingresp')
    peer.send(publishPacket(topicOf('CH', 'up'), 'not mine', 1, 3))
    await peer.closed()
    expect(bench.journal.entries.map((entry) => entry.payload)).toEqual(['mine'])
  })

  it('queues commands for a device that is away, the newest hundred of them, and only its own', async () => {
    bench = await openBench({ policy: city.policy })
    const options = { password: password('GW'), clean: false }
    const down = topicOf('GW', 'down')
    const first = await openConnected(bench.port, 'GW', options)
    // A denied filter in the same packet must not come in through the session.
    first.send(subscribePacket(1, [down, 1], [topicOf('SX', 'down'), 1]))
    expect(await first.next()).toMatchObject({ granted: [1, 0x80] })
    first.end()
    await first.closed()
    for (let index = 0; index < 130; index++) await bench.broker.publish(down, `${index}`, 1)
    await bench.broker.publish(topicOf('SX', 'down'), 'secret', 1)
    expect(bench.broker.stats().kept.dropped).toBe(30)
    const second = await openPeer(bench.port)
    second.send(connectPacket('GW', options))
    expect(await second.next()).toMatchObject({ cmd: 'connack', sessionPresent: true })
    for (let index = 30; index < 130; index++) {
      const packet = await second.next()
      expect(packet).toMatchObject({ cmd: 'publish', topic: down })
      if (packet?.cmd !== 'publish') break
      expect(packet.payload.toString()).toBe(`${index}`)
      second.send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
    }
    second.send({ cmd: 'pingreq' })
    expect((await second.next())?.cmd).toBe('pingresp')
    second.end()
    await second.closed()
  })
})
