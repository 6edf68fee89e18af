import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Command, Outcome } from '../../../src/core/input.ts'
import { createRig, deviceOf } from './harness.ts'
import type { DeviceFields, Rig } from './harness.ts'

const lamp = deviceOf({ id: 'L-1', type: 'streetlight', parent: 'F-1' })
const feeder = deviceOf({ id: 'F-1', type: 'lighting-feeder' })

function register(rig: Rig, ...devices: unknown[]): Outcome {
  return rig.command({ kind: 'devices.register', devices: devices as DeviceFields[] })
}

function fieldsOf(outcome: Outcome): string[] {
  return outcome.ok ? [] : outcome.errors.map((error) => `${error.row}.${error.field}`)
}

describe('devices.register', () => {
  it('takes children before their parents in one list', () => {
    const rig = createRig()
    expect(register(rig, lamp, feeder)).toEqual({ ok: true, note: 'applied' })
    expect([...rig.engine.devices()].map((device) => device.id)).toEqual(['L-1', 'F-1'])
    expect(rig.engine.device('L-1')?.createdAt).toBe(rig.now)
    expect(rig.engine.access('L-1')).toEqual({
      id: 'L-1',
      type: 'streetlight',
      division: '150802',
      parent: 'F-1',
      simulated: false,
      credential: null,
    })
  })

  it.each<[string, Partial<Record<keyof DeviceFields, unknown>>, string]>([
    ['a type it does not know', { type: 'rocket' }, '0.type'],
    ['an id with a slash', { id: 'L/1' }, '0.id'],
    ['an id of 65 characters', { id: 'x'.repeat(65) }, '0.id'],
    ['a parent nobody knows', { parent: 'F-9' }, '0.parent'],
    ['itself as parent', { parent: 'L-1' }, '0.parent'],
    ['a latitude of 91', { lat: 91 }, '0.lat'],
    ['a longitude without a latitude', { lat: null }, '0.lat'],
    ['a longitude of NaN', { lon: Number.NaN }, '0.lon'],
    ['a division of five digits', { division: '15080' }, '0.division'],
    ['a grid of 13 digits', { grid: '1508020010010' }, '0.grid'],
    ['no name', { name: '' }, '0.name'],
    ['a name of blanks', { name: '  ' }, '0.name'],
    ['a name of 201 characters', { name: 'x'.repeat(201) }, '0.name'],
    ['a line break in a name', { name: 'a\nb' }, '0.name'],
    ['a turned name', { name: 'a\u202eb' }, '0.name'],
    ['a hidden character in a street', { street: 'a\u0007' }, '0.street'],
    ['a rated power of zero', { rated: { power: 0 } }, '0.rated.power'],
    ['a rated power in words', { rated: { power: '120' } }, '0.rated.power'],
    ['a rated value without a name', { rated: { '': 1 } }, '0.rated'],
    ['a report interval of zero', { reportSeconds: 0 }, '0.reportSeconds'],
    ['a report interval of a second and a half', { reportSeconds: 1.5 }, '0.reportSeconds'],
    ['a report interval beyond 30 days', { reportSeconds: 2_592_001 }, '0.reportSeconds'],
    ['a report interval of NaN', { reportSeconds: Number.NaN }, '0.reportSeconds'],
    ['a report interval in words', { reportSeconds: '60' }, '0.reportSeconds'],
    ['a mark that is not a boolean', { simulated: 'yes' }, '0.simulated'],
  ])('refuses %s', (_, over, field) => {
    const rig = createRig()
    const outcome = register(rig, { ...lamp, parent: null, ...over })
    expect(outcome).toMatchObject({ ok: false, code: 'invalid' })
    expect(fieldsOf(outcome)).toEqual([field])
    expect([...rig.engine.devices()]).toEqual([])
  })

  it('lists every mistake and registers nothing', () => {
    const rig = createRig({ devices: [feeder] })
    const outcome = register(rig, lamp, feeder, { ...lamp, lat: 99 }, lamp, 7)
    expect(fieldsOf(outcome)).toEqual(['1.id', '2.lat', '3.id', '4.'])
    expect(rig.engine.device('L-1')).toBeUndefined()
  })

  it('says so when all that is wrong is that they exist', () => {
    const rig = createRig({ devices: [feeder] })
    expect(register(rig, feeder)).toMatchObject({ ok: false, code: 'already_exists' })
  })

  it('refuses circles', () => {
    const rig = createRig()
    const outcome = register(rig, { ...lamp, parent: 'F-1' }, { ...feeder, parent: 'L-1' })
    expect(fieldsOf(outcome)).toEqual(['0.parent', '1.parent'])
  })

  it('refuses more than 20,000 rows', () => {
    const rig = createRig()
    expect(register(rig, ...Array.from({ length: 20_001 }, () => null))).toMatchObject({
      code: 'invalid',
      errors: [],
    })
  })
})

describe('device.update, device.remove, device.credential', () => {
  it('changes fields, and keeps what makes the device', () => {
    const rig = createRig({ devices: [feeder, lamp] })
    const update = (patch: unknown): Outcome =>
      rig.command({ kind: 'device.update', id: 'L-1', patch } as Command)
    expect(update({ name: '新名', lat: 40, lon: 107 }).ok).toBe(true)
    expect(rig.engine.device('L-1')).toMatchObject({ name: '新名', lat: 40, parent: 'F-1' })
    expect(update({ simulated: true }).ok).toBe(true)
    expect(fieldsOf(update({ simulated: false }))).toEqual(['0.simulated'])
    expect(fieldsOf(update({ id: 'L-2' }))).toEqual(['0.id'])
    expect(fieldsOf(update({ type: 'manhole-cover' }))).toEqual(['0.type'])
    expect(fieldsOf(update({ parent: 'L-1' }))).toEqual(['0.parent'])
    expect(update(null)).toMatchObject({ code: 'invalid' })
    expect(rig.command({ kind: 'device.update', id: 'no', patch: {} })).toMatchObject({
      code: 'not_found',
    })
  })

  it('keeps a device that others hang on', () => {
    const rig = createRig({ devices: [feeder, lamp] })
    expect(rig.command({ kind: 'device.remove', id: 'F-1' })).toMatchObject({ code: 'not_allowed' })
    rig.command({ kind: 'device.update', id: 'L-1', patch: { parent: null } })
    expect(rig.command({ kind: 'device.remove', id: 'F-1' }).ok).toBe(true)
    expect(rig.command({ kind: 'device.remove', id: 'F-1' })).toMatchObject({ code: 'not_found' })
    expect(rig.effects.at(-3)).toEqual({ kind: 'device_removed', id: 'F-1' })
    rig.to(rig.now + 86_400_000)
    expect(rig.alerts().map((alert) => alert.device)).toEqual(['L-1'])
  })

  it('stores the hash of a secret and says that it has changed', () => {
    const rig = createRig({ devices: [feeder] })
    const hash = 'ab'.repeat(32)
    expect(rig.command({ kind: 'device.credential', id: 'F-1', hash }).ok).toBe(true)
    expect(rig.engine.access('F-1')?.credential).toBe(hash)
    expect(rig.effects.at(-2)).toMatchObject({ kind: 'device', credentialChanged: true })
    rig.command({ kind: 'device.update', id: 'F-1', patch: { name: 'x' } })
    expect(rig.engine.access('F-1')?.credential).toBe(hash)
    expect(rig.effects.at(-2)).toMatchObject({ kind: 'device', credentialChanged: false })
    expect(rig.command({ kind: 'device.credential', id: 'F-1', hash: 'secret' })).toMatchObject({
      code: 'invalid',
    })
  })
})

describe('command()', () => {
  it('comes to exactly one outcome whatever it is handed', () => {
    const kinds = fc.constantFrom(
      'devices.register',
      'device.update',
      'device.remove',
      'device.credential',
      'alerts.acknowledge',
      'alert.comment',
      'ticket.retry',
      'nothing',
    )
    const fields = fc.dictionary(
      fc.constantFrom('id', 'ids', 'devices', 'patch', 'hash', 'comment', 'text'),
      fc.anything(),
    )
    const rig = createRig({ devices: [feeder] })
    fc.assert(
      fc.property(kinds, fields, (kind, rest) => {
        const outcome = rig.command({ ...rest, kind } as unknown as Command)
        expect(typeof outcome.ok).toBe('boolean')
      }),
    )
    for (const nothing of [null, undefined, 7])
      expect(rig.command(nothing as unknown as Command).ok).toBe(false)
  })
})
