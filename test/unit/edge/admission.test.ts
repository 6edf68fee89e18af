import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { networkOf, plainAddress } from '../../../src/edge/address.ts'
import { createAdmission } from '../../../src/edge/admission.ts'
import { defaultLimits } from '../../../src/edge/limits.ts'
import type { Limits } from '../../../src/edge/limits.ts'

const clock = createManualClock(0)
const admissionOf = (limits: Partial<Limits>) =>
  createAdmission({ clock, limits: { ...defaultLimits, ...limits } })

describe('createAdmission()', () => {
  it('bounds the connections of one address, and takes new ones when old ones go', () => {
    const admission = admissionOf({ connectionsMax: 10, connectionsPerAddressMax: 2 })
    expect(admission.enter('10.0.0.1')).toBeNull()
    expect(admission.enter('10.0.0.1')).toBeNull()
    expect(admission.enter('10.0.0.1')?.reason).toBe('too_many_per_address')
    expect(admission.enter('10.0.0.2')).toBeNull()
    admission.leave('10.0.0.1')
    expect(admission.enter('10.0.0.1')).toBeNull()
  })

  it('bounds the new connections of one address in a second, and of no other', () => {
    const clock = createManualClock(0)
    const limits = { ...defaultLimits, connectionsPerSecondMax: 2, connectionsBurstMax: 3 }
    const admission = createAdmission({ clock, limits })
    const come = (address: string): string | null => {
      const problem = admission.enter(address)
      if (problem === null) admission.leave(address)
      return problem?.reason ?? null
    }
    const network = '2001:db8::'
    for (let n = 0; n < 3; n++) expect(come(`${network}${n}`)).toBeNull()
    expect(come(`${network}9`)).toBe('connection_rate')
    expect(come('2001:db8:0:1::1')).toBeNull()
    for (let n = 0; n < 100; n++) expect(come('127.0.0.1')).toBeNull()
    clock.set(500)
    expect(come(`${network}9`)).toBeNull()
    expect(come(`${network}9`)).toBe('connection_rate')
  })

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('exempts %s from all but the total', (from) => {
    const admission = admissionOf({ connectionsMax: 3, connectionsPerAddressMax: 1 })
    const address = plainAddress(from)
    for (let index = 0; index < 3; index++) expect(admission.enter(address)).toBeNull()
    expect(admission.enter(address)?.reason).toBe('too_many_connections')
    admission.leave(address)
    expect(admission.enter(address)).toBeNull()
  })
})

describe('networkOf()', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['unknown', 'unknown'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['::2:3:4:5:6', '0:0:0:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})
