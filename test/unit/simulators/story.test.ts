// The messages of a scenario: repeatable, independent of each other, in order, and valid against their types.

import { describe, expect, it } from 'vitest'
import { deviceTypes } from '../../../devices/index.ts'
import { readScenario, type Scenario } from '../../../simulators/scenario.ts'
import { story } from '../../../simulators/story.ts'
import type { Message } from '../../../simulators/device-model.ts'
import { metricsOf } from '../../../src/core/device-type.ts'
import { z } from 'zod'

const FAULTS = `faults:
  - { id: cut, kind: feeder_cut, on: LH-F-001, at: 8h, for: 1h }
  - { id: theft, kind: cover_theft, on: LH-M-0001, at: 8h, for: 1h }
  - { id: leak, kind: leakage, on: LH-L-00001, at: 2h, for: 1h, magnitude: 60, ramp: 30m }
  - { id: broken, kind: lamp_failure, on: LH-L-00002, at: 2h, for: 2h }
  - { id: door, kind: door_open, on: LH-F-001, at: 3h, for: 1h }
  - { id: water, kind: water_in, on: LH-F-001, at: 5h, for: 1h }
  - { id: noise, kind: night_work, on: LH-D-001, at: 4h, for: 1h }
  - { id: dust, kind: dust, on: LH-D-001, at: 4h, for: 1h }
  - { id: skew, kind: clock_skew, on: LH-D-001, at: 6h, for: 1h }
`

function read(city: string, faults = FAULTS, seed = '1'): Scenario {
  const result = readScenario({
    name: 'x.yaml',
    types: deviceTypes,
    seed,
    text: `name: x
story: { zh: 甲, en: a }
seed: 1
start: 2026-11-10T12:00:00+08:00
duration: 24h
fleet: { city: ${city} }
${faults}`,
  })
  if (result.kind === 'invalid') throw new Error(result.problems.join('\n'))
  return result.scenario
}

const small = '{ feeders: 1, lampsPerFeeder: 3, covers: 2, sites: 1 }'
const larger = '{ feeders: 2, lampsPerFeeder: 3, covers: 5, sites: 2 }'
const play = (scenario: Scenario): Message[] => [...story(scenario, deviceTypes, [])]

const payloadSchema = z.strictObject({
  v: z.literal(1),
  ts: z.iso.datetime({ offset: true }),
  seq: z.number().int(),
  m: z.record(z.string(), z.union([z.number(), z.boolean()])),
  bat: z.number().min(0).max(100).optional(),
  rssi: z.number().int().min(-200).max(20).optional(),
})

const countOf = (messages: readonly Message[], device: string): number =>
  messages.filter((message) => message.client === device).length

const metricsAt = (messages: readonly Message[], device: string, hour: number) => {
  const from = Date.parse('2026-11-10T12:00:00+08:00') + hour * 3_600_000
  return messages
    .filter(
      (message) => message.client === device && message.at >= from && message.at < from + 3_600_000,
    )
    .map((message) => payloadSchema.parse(JSON.parse(message.payload)).m)
}

describe('story()', () => {
  const messages = play(read(small))

  it('gives the same bytes for the same seed and others for another', () => {
    expect(play(read(small))).toEqual(messages)
    expect(play(read(small, FAULTS, '2'))).not.toEqual(messages)
  })

  it('changes nothing for a device when others are added', () => {
    const ids = new Set(messages.map((message) => message.client))
    expect(play(read(larger)).filter((message) => ids.has(message.client))).toEqual(messages)
  })

  it('is in time order and inside the scenario', () => {
    const start = Date.parse('2026-11-10T12:00:00+08:00')
    let last = start
    for (const { at } of messages) {
      expect(Number.isInteger(at)).toBe(true)
      expect(at).toBeGreaterThanOrEqual(last)
      expect(at).toBeLessThan(start + 24 * 3_600_000)
      last = at
    }
  })

  it('sends only what the device types know, within their ranges', () => {
    const typeOf = new Map(read(small).devices.map((device) => [device.id, device.type]))
    expect(new Set(typeOf.values()).size).toBe(4)
    for (const { client, payload } of messages) {
      const type = deviceTypes.find((type) => type.id === typeOf.get(client))
      const metrics = new Map(
        type === undefined ? [] : metricsOf(type).map((metric) => [metric.id, metric]),
      )
      for (const [id, value] of Object.entries(payloadSchema.parse(JSON.parse(payload)).m)) {
        const metric = metrics.get(id)
        expect(metric, `${client} ${id}`).toBeDefined()
        expect(typeof value === 'boolean', `${client} ${id}`).toBe(metric?.kind === 'boolean')
        expect(Number(value), `${client} ${id}`).toBeGreaterThanOrEqual(metric?.min ?? Infinity)
        expect(Number(value), `${client} ${id}`).toBeLessThanOrEqual(metric?.max ?? -Infinity)
      }
    }
  })

  it('counts every device’s messages in sequence', () => {
    for (const [, own] of Map.groupBy(messages, (message) => message.client)) {
      const numbers = own.map((message) => payloadSchema.parse(JSON.parse(message.payload)).seq)
      for (const [index, seq] of numbers.entries()) expect(seq).toBe((numbers[0] ?? 0) + index)
    }
  })

  it('reports at each type’s real interval', () => {
    expect(countOf(messages, 'LH-D-001')).toBe(24 * 60)
    expect(countOf(messages, 'LH-M-0002')).toBe(1)
    // Fourteen hours of night at four an hour, ten of daylight at one.
    expect(countOf(messages, 'LH-L-00003')).toBeGreaterThan(55)
    expect(countOf(messages, 'LH-L-00003')).toBeLessThan(75)
  })

  it('lights the lamps from sunset to sunrise', () => {
    expect(
      metricsAt(messages, 'LH-L-00003', 1).every(
        (m) => m['lamp_on'] === false && Number(m['power']) < 5,
      ),
    ).toBe(true)
    expect(
      metricsAt(messages, 'LH-L-00003', 11).every(
        (m) => m['lamp_on'] === true && Number(m['power']) > 100,
      ),
    ).toBe(true)
  })

  it.each([
    {
      fault: 'feeder_cut',
      device: 'LH-F-001',
      hour: 8,
      is: (m: Record<string, unknown>) => m['contactor_on'] === true && m['current_a'] === 0,
    },
    {
      fault: 'cover_theft',
      device: 'LH-M-0001',
      hour: 8,
      is: (m: Record<string, unknown>) => m['cover_open'] === true && Number(m['tilt']) > 15,
    },
    {
      fault: 'door_open',
      device: 'LH-F-001',
      hour: 3,
      is: (m: Record<string, unknown>) => m['door_open'] === true,
    },
    {
      fault: 'water_in',
      device: 'LH-F-001',
      hour: 5,
      is: (m: Record<string, unknown>) => m['water_immersion'] === true,
    },
    {
      fault: 'night_work',
      device: 'LH-D-001',
      hour: 4,
      is: (m: Record<string, unknown>) => Number(m['noise_leq']) > 70,
    },
    {
      fault: 'dust',
      device: 'LH-D-001',
      hour: 4,
      is: (m: Record<string, unknown>) => Number(m['pm10']) > 300,
    },
  ])('lets $fault be felt while it lasts', ({ device, hour, is }) => {
    const during = metricsAt(messages, device, hour)
    expect(during.length).toBeGreaterThan(0)
    expect(during.every(is)).toBe(true)
    expect(metricsAt(messages, device, hour + 2).some(is)).toBe(false)
  })

  it('silences the lamps of a cut cable', () => {
    expect(metricsAt(messages, 'LH-L-00003', 8)).toEqual([])
    expect(metricsAt(messages, 'LH-L-00003', 7).length).toBeGreaterThan(0)
    expect(metricsAt(messages, 'LH-L-00003', 9).length).toBeGreaterThan(0)
  })

  it('grows a ramped fault to its magnitude', () => {
    const leak = play(read(small))
      .filter((message) => message.client === 'LH-L-00001')
      .map((message) => payloadSchema.parse(JSON.parse(message.payload)).m)
      .map((m) => Number(m['leakage_current']))
    expect(Math.max(...leak)).toBeGreaterThan(15)
    expect(Math.max(...leak)).toBeLessThan(64)
  })

  it.each([
    {
      kind: 'duplicate',
      check: (during: readonly Message[]) =>
        expect(new Set(during.map((m) => m.payload)).size).toBe(during.length / 2),
    },
    { kind: 'device_outage', check: (during: readonly Message[]) => expect(during).toEqual([]) },
    {
      kind: 'stuck',
      check: (during: readonly Message[]) =>
        expect(
          new Set(
            during.map((message) => payloadSchema.parse(JSON.parse(message.payload)).m['pm10']),
          ).size,
        ).toBe(1),
    },
    {
      kind: 'malformed',
      check: (during: readonly Message[]) => {
        expect(during.length).toBeGreaterThan(50)
        expect(new Set(during.map((message) => message.payload.length)).size).toBeGreaterThan(10)
      },
    },
  ])('lets $kind change what is sent', ({ kind, check }) => {
    const start = Date.parse('2026-11-10T12:00:00+08:00') + 3_600_000
    const faults = `faults:\n  - { id: a, kind: ${kind}, on: LH-D-001, at: 1h, for: 1h }\n`
    const sent = play(read(small, faults)).filter((message) => message.client === 'LH-D-001')
    check(sent.filter((message) => message.at >= start && message.at < start + 3_600_000))
  })
})
