import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import type { ManualClock } from '../../../src/clock.ts'
import { defaultLimits } from '../../../src/edge/limits.ts'
import { createSignInBrake } from '../../../src/edge/sign-in-brake.ts'
import type { SignInBrake } from '../../../src/edge/sign-in-brake.ts'
import type { Bench } from './fixtures.ts'
import { access, connectPacket, createPeer, openBench, openCity } from './fixtures.ts'

const MINUTE = 60_000
const ATTACKER = '203.0.113.9'
const HOME = '198.51.100.1'
let clock: ManualClock

describe('createSignInBrake()', () => {
  let brake: SignInBrake
  const fail = (client: string, address: string | null, times: number): number[] =>
    Array.from({ length: times }, () => brake.failed(client, address))
  beforeEach(() => {
    clock = createManualClock(0)
    brake = createSignInBrake({ clock, limits: defaultLimits })
  })

  it('blocks a client id from one address after ten failures, and from no other', () => {
    fail('GW', ATTACKER, 9)
    expect(brake.isBlocked('GW', ATTACKER)).toBe(false)
    fail('GW', ATTACKER, 1)
    expect(brake.isBlocked('GW', ATTACKER)).toBe(true)
    expect(brake.isBlocked('GW', HOME)).toBe(false)
    expect(brake.isBlocked('SX', ATTACKER)).toBe(false)
  })

  it('takes all addresses of one IPv6 network for one', () => {
    for (let host = 1; host <= 10; host++) fail('GW', `2001:db8:0:7::${host}`, 1)
    expect(brake.isBlocked('GW', '2001:db8:0:7:ffff::1')).toBe(true)
    expect(brake.isBlocked('GW', '2001:db8:0:8::1')).toBe(false)
  })

  it('opens slowly: one try each minute and a half, ten after a quarter of an hour', () => {
    fail('GW', ATTACKER, 10)
    clock.set(1.5 * MINUTE - 1)
    expect(brake.isBlocked('GW', ATTACKER)).toBe(true)
    clock.set(1.5 * MINUTE)
    expect(brake.isBlocked('GW', ATTACKER)).toBe(false)
    fail('GW', ATTACKER, 1)
    expect(brake.isBlocked('GW', ATTACKER)).toBe(true)
    clock.set(20 * MINUTE)
    fail('GW', ATTACKER, 9)
    expect(brake.isBlocked('GW', ATTACKER)).toBe(false)
  })

  it('never blocks a place from which the client id has signed in before', () => {
    brake.succeeded('GW', HOME)
    fail('GW', HOME, 30)
    expect(brake.isBlocked('GW', HOME)).toBe(false)
    fail('GW', ATTACKER, 10)
    expect(brake.isBlocked('GW', ATTACKER)).toBe(true)
  })

  it('forgets with a new credential, and with a success', () => {
    fail('GW', ATTACKER, 10)
    brake.forget('GW')
    expect(brake.isBlocked('GW', ATTACKER)).toBe(false)
    fail('GW', ATTACKER, 9)
    brake.succeeded('GW', HOME)
    fail('GW', ATTACKER, 1)
    expect(brake.isBlocked('GW', ATTACKER)).toBe(false)
  })

  it('answers an address late after its twentieth failure, whoever it claims to be', () => {
    for (let n = 0; n < 20; n++) expect(brake.failed(`guess-${n}`, ATTACKER)).toBe(0)
    expect(brake.failed('guess-20', ATTACKER)).toBe(1_000)
    expect(brake.failed('GW', HOME)).toBe(0)
    clock.set(15 * MINUTE)
    expect(brake.failed('guess-21', ATTACKER)).toBe(0)
  })

  it.each([null, '127.0.0.1', '127.8.8.8', '::1'])('does not count %s', (address) => {
    expect(fail('GW', address, 50)).toEqual(Array.from({ length: 50 }, () => 0))
    expect(brake.isBlocked('GW', address)).toBe(false)
  })
})

describe('failed sign-ins at the broker', () => {
  const city = openCity()
  let bench: Bench
  beforeEach(async () => {
    clock = createManualClock(1_000)
    bench = await openBench({ policy: city.policy, directory: city.directory, clock })
  })
  afterEach(async () => {
    const closing = bench.close()
    clock.set(clock.now() + MINUTE)
    await closing
  })

  /** The return code; a string when there is none without waiting. */
  async function signIn(id: string, password: string, address: string): Promise<number | string> {
    const [mine, theirs] = duplexPair()
    bench.broker.handle(theirs, { address })
    const peer = createPeer(mine)
    const { refused } = bench
    const before = refused.length
    peer.send(connectPacket(id, { password }))
    const first = peer.next()
    const answer = await Promise.race([
      first,
      // Refused and not answered: the answer waits.
      new Promise<'late'>((resolve) => {
        const look = (turns: number): void => {
          if (refused.length > before && turns > 10) resolve('late')
          else setImmediate(look, refused.length > before ? turns + 1 : 0)
        }
        look(0)
      }),
    ])
    if (answer === 'late') {
      clock.set(clock.now() + 1_000)
      const late = await first
      return `late ${late?.cmd === 'connack' ? late.returnCode : 'nothing'}`
    }
    if (answer?.cmd !== 'connack') return 'nothing'
    if (answer.returnCode === 0) {
      const gone = once(theirs, 'close')
      theirs.destroy()
      await gone
    }
    return answer.returnCode ?? -1
  }
  const right = (id: string): string => city.passwords[id] ?? ''

  it('block the client id from that address with return code 3, even with the right password', async () => {
    for (let n = 0; n < 10; n++) expect(await signIn('GW', `guess ${n}`, ATTACKER)).toBe(4)
    expect(await signIn('GW', right('GW'), ATTACKER)).toBe(3)
    expect(bench.refused.at(-1)).toMatchObject({ reason: 'sign_in_brake', address: ATTACKER })
    expect(await signIn('GW', right('GW'), HOME)).toBe(0)
    expect(await signIn('SX', right('SX'), ATTACKER)).toBe(0)
    const own = city.directory.get('G2')
    for (let n = 0; n < 10; n++) await signIn('G2', `guess ${n}`, ATTACKER)
    city.directory.put(access('G2', { credential: null }))
    city.directory.put({ ...access('G2'), credential: own?.credential ?? null })
    expect(await signIn('G2', right('G2'), ATTACKER)).toBe(0)
  })

  it('come late from an address with many of them, while its good devices notice nothing', async () => {
    for (let n = 0; n < 20; n++) expect(await signIn(`guess-${n}`, 'x', ATTACKER)).toBe(4)
    expect(await signIn('guess-20', 'x', ATTACKER)).toBe('late 4')
    expect(await signIn('CH', right('CH'), ATTACKER)).toBe(0)
    expect(await signIn('GW', right('GW'), ATTACKER)).toBe(0)
  })

  it('are remembered for people: the reason for the device, the name of who is unknown', async () => {
    await signIn('GW', 'x', ATTACKER)
    await signIn('nobody-1', 'x', ATTACKER)
    clock.set(5_000)
    await signIn('nobody-2', 'x', HOME)
    await signIn('nobody-1', 'x', HOME)
    await signIn('tts', 'x', HOME)
    const memory = bench.broker.memory()
    expect(memory.refusals('GW')).toMatchObject([
      { at: 1_000, client: 'GW', address: ATTACKER, reason: 'bad_credentials', topic: null },
    ])
    expect(memory.unknownClients()).toEqual([
      { client: 'nobody-1', firstAt: 1_000, lastAt: 5_000, count: 2, address: HOME },
      { client: 'nobody-2', firstAt: 5_000, lastAt: 5_000, count: 1, address: HOME },
    ])
    city.directory.put(access('nobody-1'))
    expect(memory.unknownClients().map(({ client }) => client)).toEqual(['nobody-2'])
  })
})
