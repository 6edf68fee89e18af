import { duplexPair } from 'node:stream'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createManualClock, yieldToLoop } from '../../../src/clock.ts'
import type { ManualClock } from '../../../src/clock.ts'
import { endAt } from '../../../src/edge/end-at.ts'
import type { Bench, Peer } from './fixtures.ts'
import {
  access,
  connectPacket,
  createPeer,
  openBench,
  openCity,
  publishPacket,
  topicOf,
} from './fixtures.ts'

const up = topicOf('GW', 'up')
let city: ReturnType<typeof openCity>
let clock: ManualClock
let bench: Bench

beforeEach(async () => {
  city = openCity()
  clock = createManualClock(1_000_000)
  bench = await openBench({ policy: city.policy, directory: city.directory, clock })
})
afterEach(async () => {
  const closing = bench.close()
  clock.set(clock.now() + 10_000)
  await closing
  // Nothing of ours is left to run.
  expect(clock.nextDue()).toBeNull()
})

interface Joined extends Peer {
  readonly theirs: Duplex
  /** Answers to a ping: it is served. */
  ping(): Promise<void>
}

async function join(id: string, password: string, keepalive = 600): Promise<Joined> {
  const [mine, theirs] = duplexPair()
  bench.broker.handle(theirs)
  const peer = createPeer(mine)
  peer.send(connectPacket(id, { password, keepalive }))
  expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
  return {
    ...peer,
    theirs,
    async ping() {
      peer.send({ cmd: 'pingreq' })
      expect((await peer.next())?.cmd).toBe('pingresp')
    },
  }
}

async function isRefused(id: string, password: string): Promise<void> {
  const [mine, theirs] = duplexPair()
  bench.broker.handle(theirs)
  const peer = createPeer(mine)
  peer.send(connectPacket(id, { password }))
  expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 4 })
}

const password = (id: string): string => city.passwords[id] ?? ''
const pass = (ms: number): void => clock.set(clock.now() + ms)

describe('the keepalive', () => {
  it('ends a connection after one and a half of it, and not a moment earlier', async () => {
    const peer = await join('GW', password('GW'), 10)
    pass(14_000)
    await peer.ping()
    pass(14_999)
    expect(peer.theirs.destroyed).toBe(false)
    pass(1)
    expect(peer.theirs.destroyed).toBe(true)
  })

  it('counts publications on the short path, and no half packets', async () => {
    const peer = await join('GW', password('GW'), 10)
    for (let id = 1; id <= 4; id++) {
      peer.send(publishPacket(up, 'x', 1, id))
      expect((await peer.next())?.cmd).toBe('puback')
      pass(14_000)
    }
    peer.write(Buffer.from([0x30, 0x10, 0x00]))
    await yieldToLoop()
    await yieldToLoop()
    pass(1_000)
    expect(peer.theirs.destroyed).toBe(true)
  })

  it('does not run while the journal stalls: nobody is kicked whom we do not read', async () => {
    const peer = await join('GW', password('GW'), 1)
    bench.journal.hold()
    // More than one read of the socket brings, so that the broker stops reading and never sees the pings.
    for (let id = 1; id <= 2_500; id++) peer.send(publishPacket(up, `m${id}`, 1, id))
    await bench.journal.reached(1_000)
    for (let seconds = 0; seconds < 60; seconds++) {
      peer.send({ cmd: 'pingreq' })
      pass(1_000)
      await yieldToLoop()
    }
    expect(peer.theirs.destroyed).toBe(false)
    bench.journal.release()
    let pings = 0
    let acknowledged = 0
    while (pings < 60 || acknowledged < 2_500) {
      const answer = await peer.next()
      if (answer?.cmd === 'puback') acknowledged++
      else if (answer?.cmd === 'pingresp') pings++
      else throw new Error(`Expected a PUBACK or PINGRESP, got ${JSON.stringify(answer)}`)
    }
    // And begins again when it goes on.
    pass(3_000)
    expect(peer.theirs.destroyed).toBe(true)
  })
})

describe('a credential that ends', () => {
  const rotate = (until: number | null): string => {
    const before = city.directory.get('GW')?.credential ?? ''
    const { password: fresh, hash } = city.credentials.make()
    const previous = until === null ? null : { hash: before, until }
    city.directory.put(access('GW', { credential: hash, previous }))
    return fresh
  }

  it('is good beside the new one until its time, and the connections with it', async () => {
    const old = password('GW')
    const open = await join('GW', old)
    const until = clock.now() + 2_000
    const fresh = rotate(until)
    await open.ping()
    // The same client id again: takes the connection over, with the old password.
    const again = await join('GW', old)
    expect(open.theirs.destroyed).toBe(true)
    pass(1_999)
    await again.ping()
    pass(1)
    expect(again.theirs.destroyed).toBe(true)
    expect(await bench.refusal('credential_over')).toMatchObject({ client: 'GW' })
    await isRefused('GW', old)
    const renewed = await join('GW', fresh)
    pass(500_000)
    await renewed.ping()
  })

  it('takes connections along that were open before the rotation', async () => {
    const open = await join('GW', password('GW'))
    const other = await join('SX', password('SX'))
    rotate(clock.now() + 5_000)
    pass(4_999)
    await open.ping()
    pass(1)
    expect(open.theirs.destroyed).toBe(true)
    await other.ping()
  })

  it('ends at once without an overlap, and with a revocation', async () => {
    const open = await join('GW', password('GW'))
    const fresh = rotate(null)
    expect(open.theirs.destroyed).toBe(true)
    const second = await join('GW', fresh)
    const { credential } = city.directory.get('GW') ?? { credential: null }
    city.directory.put(access('GW', { credential, revoked: true }))
    expect(second.theirs.destroyed).toBe(true)
  })

  it('of an account works the same', async () => {
    const before = city.directory.integration('tts')
    const open = await join('tts', password('tts'))
    const { hash, password: fresh } = city.credentials.make('integration')
    if (before !== undefined)
      city.directory.putIntegration({
        ...before,
        credential: hash,
        previous: { hash: before.credential, until: clock.now() + 2_000 },
      })
    await open.ping()
    const late = await join('tts', password('tts'))
    pass(2_000)
    expect(late.theirs.destroyed).toBe(true)
    expect(open.theirs.destroyed).toBe(true)
    await (await join('tts', fresh)).ping()
  })
})

describe('endAt()', () => {
  it('waits for months, looks at the clock again, and can be called off', () => {
    const clock = createManualClock(0)
    const ran: number[] = []
    const day = 86_400_000
    endAt(100 * day, clock, () => ran.push(clock.now()))
    const cancel = endAt(50 * day, clock, () => ran.push(-1))
    clock.set(49 * day)
    cancel()
    clock.set(100 * day - 1)
    expect(ran).toEqual([])
    clock.set(101 * day)
    expect(ran).toEqual([100 * day])
  })
})
