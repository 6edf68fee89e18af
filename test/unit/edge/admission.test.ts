import { describe, expect, it } from 'vitest'
import { createAdmission, plainAddress } from '../../../src/edge/admission.ts'

describe('createAdmission()', () => {
  it('bounds the connections of one address, and takes new ones when old ones go', () => {
    const admission = createAdmission({ connectionsMax: 10, connectionsPerAddressMax: 2 })
    expect(admission.enter('10.0.0.1')).toBeNull()
    expect(admission.enter('10.0.0.1')).toBeNull()
    expect(admission.enter('10.0.0.1')?.reason).toBe('too_many_per_address')
    expect(admission.enter('10.0.0.2')).toBeNull()
    admission.leave('10.0.0.1')
    expect(admission.enter('10.0.0.1')).toBeNull()
  })

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('exempts %s from all but the total', (from) => {
    const admission = createAdmission({ connectionsMax: 3, connectionsPerAddressMax: 1 })
    const address = plainAddress(from)
    for (let index = 0; index < 3; index++) expect(admission.enter(address)).toBeNull()
    expect(admission.enter(address)?.reason).toBe('too_many_connections')
    admission.leave(address)
    expect(admission.enter(address)).toBeNull()
  })
})
