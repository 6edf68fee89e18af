import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { alternativeNames } from '../../../src/edge/certificate-names.ts'
import type { TlsFiles } from '../../../src/edge/tls-door.ts'
import type { Bench } from './fixtures.ts'
import {
  access,
  connectPacket,
  mutualFiles,
  openBench,
  openCity,
  openPeer,
  openTlsPeer,
  pem,
  publishPacket,
  serverFiles,
  topicOf,
} from './fixtures.ts'

const city = openCity()
const password = (id: string): string => city.passwords[id] ?? ''
let bench: Bench
const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
const listenTls = async (tls: TlsFiles): Promise<number> =>
  (await bench.broker.listen({ host: '127.0.0.1', port: 0, kind: 'mqtts', tls })).port

beforeEach(async () => {
  bench = await openBench({ policy: city.policy, directory: city.directory })
})
afterEach(() => bench.close())

describe('MQTT over TLS', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('serves a device over %s', async (version) => {
    const port = await listenTls(serverFiles)
    const peer = await openTlsPeer(port, null, { minVersion: version, maxVersion: version })
    peer.send(connectPacket('GW', { password: password('GW') }))
    expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    for (const id of [1, 2, 3]) peer.send(publishPacket(topicOf('GW', 'up'), `m${id}`, 1, id))
    for (const messageId of [1, 2, 3])
      expect(await peer.next()).toMatchObject({ cmd: 'puback', messageId })
    expect(bench.journal.entries.map((entry) => entry.payload)).toEqual(['m1', 'm2', 'm3'])
    peer.end()
    await peer.closed()
  })

  it('refuses TLS 1.1 and plain MQTT, and tells both from where', async () => {
    const port = await listenTls(serverFiles)
    await expect(
      openTlsPeer(port, null, {
        minVersion: 'TLSv1.1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      }),
    ).rejects.toThrow()
    const plain = await openPeer(port)
    plain.send(connectPacket('GW', { password: password('GW') }))
    await plain.closed()
    expect(bench.refused).toHaveLength(2)
    expect(bench.refused[0]).toMatchObject({ reason: 'tls_handshake', address: '127.0.0.1' })
  })

  it('ends a handshake that takes too long', async () => {
    await bench.close()
    bench = await openBench({ policy: city.policy, limits: { handshakeTimeoutMs: 50 } })
    const silent = await openPeer(await listenTls(serverFiles))
    await silent.closed()
    await bench.refusal('tls_handshake')
  })

  it('takes a renewed certificate for new connections, and keeps the old one when the files do not fit', async () => {
    const port = await listenTls(serverFiles)
    const served = async (): Promise<unknown> => {
      const peer = await openTlsPeer(port)
      const name = (peer.socket as TLSSocket).getPeerCertificate().subject.CN
      peer.end()
      return name
    }
    const open = await openTlsPeer(port)
    expect(await served()).toBe('localhost')
    bench.broker.renewTls({ cert: pem('server-renewed.crt'), key: pem('server-renewed.key') })
    expect(await served()).toBe('localhost renewed')
    for (const files of [
      { cert: pem('server.crt'), key: pem('server-renewed.key') },
      { cert: 'not a certificate', key: pem('server.key') },
      { cert: '', key: pem('server.key') },
      { cert: pem('server.crt'), key: '' },
      { cert: Buffer.alloc(0), key: Buffer.alloc(0) },
      { cert: pem('server.crt'), key: 'not a key' },
      { cert: `${String(pem('server.crt'))}${broken}`, key: pem('server.key') },
      mutualFiles,
    ])
      expect(() => bench.broker.renewTls(files)).toThrow()
    expect(await served()).toBe('localhost renewed')
    open.send(connectPacket('GW', { password: password('GW') }))
    expect(await open.next()).toMatchObject({ returnCode: 0 })
    open.end()
  })

  it.each([
    ['nothing', ''],
    ['nonsense', 'no authority at all'],
    ['one authority and one that is cut off', `${String(pem('authority.crt'))}${broken}`],
    ['an authority that is not closed', String(pem('authority.crt')).replace(/-----END.*/s, '')],
  ])('keeps its authority when the new file holds %s', async (_case, ca) => {
    const port = await listenTls(mutualFiles)
    expect(() => bench.broker.renewTls({ ...serverFiles, ca })).toThrow(/authority/)
    const peer = await openTlsPeer(port, 'device-gw')
    peer.send(connectPacket('GW'))
    expect(await peer.next()).toMatchObject({ returnCode: 0 })
    peer.end()
    await expect(listenTls({ ...serverFiles, ca })).rejects.toThrow(/authority/)
  })

  it('rejects at once when certificate and key do not fit', async () => {
    const tls = { cert: pem('server.crt'), key: pem('server-renewed.key') }
    await expect(
      bench.broker.listen({ host: '127.0.0.1', port: 0, kind: 'mqtts', tls }),
    ).rejects.toThrow('expected the private key of the certificate')
  })
})

describe('a client certificate', () => {
  it.each([
    ['of the client id, no user name and password', 'device-gw', connectPacket('GW'), 0],
    [
      'of the client id, beside a wrong password',
      'device-gw',
      connectPacket('GW', { password: 'x' }),
      4,
    ],
    [
      'of the client id, beside the right password',
      'device-gw',
      connectPacket('GW', { password: password('GW') }),
      0,
    ],
    [
      'of the client id, beside an empty password',
      'device-gw',
      connectPacket('GW', { password: '' }),
      0,
    ],
    [
      'with the client id as alternative name',
      'device-sx-by-alternative-name',
      connectPacket('SX'),
      0,
    ],
    ['of another name', 'device-gw', connectPacket('SX'), 5],
    [
      'of another name, beside the right password',
      'device-gw',
      connectPacket('SX', { password: password('SX') }),
      5,
    ],
    [
      'of the client id under another user name',
      'device-gw',
      connectPacket('GW', { username: 'SX', password: password('SX') }),
      5,
    ],
    ['of a device that is revoked', 'device-gw', connectPacket('RV'), 5],
    ['of a device nobody has registered', 'account-tts', connectPacket('tts'), 4],
    [
      'of an account, beside its password',
      'account-tts',
      connectPacket('tts', { password: password('tts') }),
      0,
    ],
    [
      'of an account, without its password',
      'account-tts',
      connectPacket('tts', { password: 'x' }),
      4,
    ],
    [
      'of a device, beside the password of an account',
      'device-gw',
      connectPacket('tts', { password: password('tts') }),
      5,
    ],
    ['not shown, right password', null, connectPacket('GW', { password: password('GW') }), 0],
    ['not shown, no password', null, connectPacket('GW'), 4],
  ] as const)('%s is answered by its return code', async (_case, name, packet, returnCode) => {
    const peer = await openTlsPeer(await listenTls(mutualFiles), name)
    peer.send(packet)
    expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode })
    peer.end()
    await peer.closed()
  })

  it.each(['device-gw-by-stranger', 'device-gw-expired'])(
    'that does not verify (%s) ends the connection before MQTT',
    async (name) => {
      const peer = await openTlsPeer(await listenTls(mutualFiles), name)
      peer.send(connectPacket('GW', { password: password('GW') }))
      expect(await peer.next()).toBeNull()
      expect(await bench.refusal('bad_certificate')).toMatchObject({ address: '127.0.0.1' })
    },
  )

  it('is not looked at where we have no authority', async () => {
    const peer = await openTlsPeer(await listenTls(serverFiles), 'device-gw')
    peer.send(connectPacket('GW'))
    expect(await peer.next()).toMatchObject({ returnCode: 4 })
    peer.end()
  })

  it('counts as shown when the TLS session is resumed', async () => {
    const port = await listenTls(mutualFiles)
    const first = await openTlsPeer(port, 'device-gw', { maxVersion: 'TLSv1.2' })
    const session = (first.socket as TLSSocket).getSession()
    first.end()
    const second = await openTlsPeer(port, 'device-gw', {
      maxVersion: 'TLSv1.2',
      ...(session === undefined ? {} : { session }),
    })
    expect((second.socket as TLSSocket).isSessionReused()).toBe(true)
    second.send(connectPacket('GW'))
    expect(await second.next()).toMatchObject({ returnCode: 0 })
    second.end()
  })

  it('keeps nobody in who is revoked, and ends the connection with itself', async () => {
    const own = openCity()
    await bench.close()
    bench = await openBench({ policy: own.policy, directory: own.directory })
    const peer = await openTlsPeer(await listenTls(mutualFiles), 'device-gw')
    peer.send(connectPacket('GW'))
    expect(await peer.next()).toMatchObject({ returnCode: 0 })
    own.directory.put(access('GW', { revoked: true }))
    await peer.closed()
    const clock = createManualClock(Date.parse('2119-12-31T23:59:59Z'))
    await bench.close()
    bench = await openBench({ policy: city.policy, clock })
    const late = await openTlsPeer(await listenTls(mutualFiles), 'device-gw')
    late.send(connectPacket('GW', { keepalive: 600 }))
    expect(await late.next()).toMatchObject({ returnCode: 0 })
    clock.set(Date.parse('2120-01-01T00:00:00Z'))
    await late.closed()
    await bench.refusal('credential_over')
    const closing = bench.close()
    clock.set(clock.now() + 60_000)
    await closing
  })

  it('is cut off when the handshake is left halfway, again and again', async () => {
    const port = await listenTls(mutualFiles)
    for (let round = 0; round < 20; round++) {
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false })
      socket.on('error', () => {})
      if (round % 2 === 0) await once(socket, 'secureConnect')
      socket.destroy()
    }
    const peer = await openTlsPeer(port, 'device-gw')
    peer.send(connectPacket('GW'))
    expect(await peer.next()).toMatchObject({ returnCode: 0 })
    peer.end()
  })
})

describe('alternativeNames()', () => {
  it.each([
    ['DNS:a, URI:urn:b, IP Address:10.0.0.1, email:x@y', ['a', 'urn:b']],
    ['', []],
    ['URI:"a, DNS:evil, b", DNS:good', ['good']],
    ['URI:"a\\", DNS:evil", DNS:good', ['good']],
    ['DNS:"evil', []],
    ['DNS:good, nonsense', []],
  ])('of %j are %j', (text, names) => {
    expect(alternativeNames(text)).toEqual(names)
  })
})
