// The demo city: size, shape, and that it grows without changing what was there.

import { describe, expect, it } from 'vitest'
import { deviceTypes } from '../../../devices/index.ts'
import { createCity, demoCitySize } from '../../../simulators/city.ts'
import { DEVICE_ID_PATTERN } from '../../../src/core/registry/device.ts'

describe('createCity()', () => {
  const city = createCity(demoCitySize, '7')
  const of = (type: string) => city.filter((device) => device.type === type)

  it('has the parts of a demo city', () => {
    expect(city.length).toBeGreaterThanOrEqual(300)
    expect(of('lighting-feeder').length).toBeGreaterThanOrEqual(12)
    expect(of('manhole-cover').length).toBeGreaterThanOrEqual(60)
    expect(of('site-dust-noise').length).toBeGreaterThanOrEqual(8)
    for (const feeder of of('lighting-feeder')) {
      const lamps = city.filter((device) => device.parent === feeder.id)
      expect(lamps.length).toBeGreaterThanOrEqual(18)
      expect(feeder.rated['current']).toBeCloseTo(
        lamps.reduce((sum, lamp) => sum + (lamp.rated['current'] ?? 0), 0),
        1,
      )
    }
  })

  it('names every device once, marks it as simulated and puts it into Linhe', () => {
    const types = new Set(deviceTypes.map((type) => type.id))
    const seen = new Set<string>()
    for (const device of city) {
      expect(device.id).toMatch(DEVICE_ID_PATTERN)
      expect(seen.has(device.id)).toBe(false)
      if (device.parent !== null) expect(seen).toContain(device.parent)
      seen.add(device.id)
      expect(types).toContain(device.type)
      expect(device.simulated).toBe(true)
      expect(device.grid).toMatch(/^150802\d{8}$/)
      expect(device.componentCode).toMatch(/^150802\d{10}$/)
      expect(device.street).toContain('虚拟')
      expect(Math.abs((device.lat ?? 0) - 40.75)).toBeLessThan(0.03)
      expect(Math.abs((device.lon ?? 0) - 107.39)).toBeLessThan(0.03)
    }
    expect(new Set(city.map((device) => `${device.lat} ${device.lon}`)).size).toBe(city.length)
  })

  it('keeps its devices as they are when it grows', () => {
    const grown = new Map(
      createCity({ ...demoCitySize, feeders: 14, covers: 90, sites: 11 }, '7').map((device) => [
        device.id,
        device,
      ]),
    )
    for (const device of city) expect(grown.get(device.id)).toEqual(device)
  })
})
