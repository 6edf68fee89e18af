// The names, places and codecs of devices: what may stand in the registry, and how a device is found by what others call it.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { divisions, formerDivisions } from '../../../devices/reference/divisions.ts'
import { divisionProblem, gridProblem } from '../../../src/core/registry/division.ts'
import type { DeviceType } from '../../../src/core/device-type.ts'
import type { Command, Outcome } from '../../../src/core/input.ts'
import { createRig, deviceOf } from './harness.ts'
import type { DeviceFields, Rig } from './harness.ts'

const meter: DeviceType = {
  id: 'well-meter',
  name: { zh: '机井', en: 'Well meter' },
  component: '0101',
  department: '水利局',
  reportSeconds: 900,
  metrics: [],
  rules: [],
  codecs: [
    { id: 'em300', names: {} },
    { id: 'senml', names: {} },
  ],
}
const lamp: DeviceType = { ...meter, id: 'lamp', codecs: [] }
const types = [meter, lamp]

const one = (more: Partial<DeviceFields> = {}): DeviceFields =>
  deviceOf({ id: 'W-1', type: 'well-meter', ...more })

function register(rig: Rig, ...devices: unknown[]): Outcome {
  return rig.command({ kind: 'devices.register', devices: devices as DeviceFields[] })
}

function patch(rig: Rig, id: string, fields: unknown): Outcome {
  return rig.command({ kind: 'device.update', id, patch: fields } as Command)
}

function fieldsOf(outcome: Outcome): string[] {
  return outcome.ok ? [] : outcome.errors.map((error) => `${error.row}.${error.field}`)
}

describe('find()', () => {
  it('finds by id, else by alias without regard to case', () => {
    const rig = createRig({ types, devices: [one({ aliases: ['24E124AB', '阀井/一'] })] })
    for (const name of ['W-1', '24E124AB', '24e124ab', '阀井/一'])
      expect(rig.engine.find(name)?.id, name).toBe('W-1')
    for (const name of ['w-1', '24E124A', '', '__proto__'])
      expect(rig.engine.find(name), name).toBeUndefined()
    expect(rig.engine.device('24e124ab')).toBeUndefined()
  })

  it('finds by alias without regard to the colons and slashes at its end', () => {
    const rig = createRig({ types, devices: [one({ aliases: ['urn:dev:mac:24e1', 'room/'] })] })
    for (const name of ['urn:dev:mac:24E1:', 'urn:dev:mac:24e1', 'room', 'ROOM//', 'room/:'])
      expect(rig.engine.find(name)?.id, name).toBe('W-1')
    for (const name of ['', ':', '/', 'urn:dev:mac', ':room', 'ro/om'])
      expect(rig.engine.find(name), name).toBeUndefined()
    const outcome = register(rig, one({ id: 'W-2', aliases: ['room:'] }))
    expect(fieldsOf(outcome)).toEqual(['0.aliases'])
    expect(fieldsOf(register(rig, one({ id: 'W-3', aliases: ['b', 'B/'] })))).toEqual(['0.aliases'])
  })

  it('follows the aliases as they change, and after a snapshot', () => {
    const rig = createRig({ types, devices: [one({ aliases: ['a', 'b'] })] })
    expect(patch(rig, 'W-1', { aliases: ['B', 'c'] }).ok).toBe(true)
    const again = createRig({ types, snapshot: rig.engine.snapshot(), sequence: 100 })
    for (const { engine } of [rig, again])
      expect(['a', 'b', 'c'].map((name) => engine.find(name)?.id)).toEqual([
        undefined,
        'W-1',
        'W-1',
      ])
    expect(again.command({ kind: 'device.remove', id: 'W-1' }).ok).toBe(true)
    expect(again.engine.find('c')).toBeUndefined()
    expect(register(again, one({ id: 'W-2', aliases: ['C'] })).ok).toBe(true)
    expect(again.engine.find('c')?.id).toBe('W-2')
  })

  it('never finds two devices by one name, whatever was registered, changed and removed', () => {
    const name = fc.constantFrom('a', 'A', 'a:', 'b', 'B/', 'W-1', 'w-1', 'w-1:', 'W-2')
    const folded = (text: string) => text.toLowerCase().replace(/[:/]+$/, '')
    const step = fc.record({
      kind: fc.constantFrom('register', 'update', 'remove'),
      id: name,
      aliases: fc.array(name, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const rig = createRig({ types })
        for (const { kind, id, aliases } of steps)
          if (kind === 'register') register(rig, one({ id, aliases }))
          else if (kind === 'update') patch(rig, id, { aliases })
          else rig.command({ kind: 'device.remove', id })
        const devices = [...rig.engine.devices()]
        for (const device of devices) expect(rig.engine.find(device.id)).toBe(device)
        for (const device of devices)
          for (const alias of device.aliases ?? []) {
            expect(rig.engine.find(alias)?.id).toBe(device.id)
            const bearers = devices.filter(
              (other) =>
                other !== device &&
                [other.id, ...(other.aliases ?? [])].some((text) => folded(text) === folded(alias)),
            )
            expect(bearers).toEqual([])
          }
      }),
    )
  })
})

describe('devices.register', () => {
  it.each<[string, Partial<Record<keyof DeviceFields, unknown>>, string]>([
    ['aliases that are text', { aliases: 'a' }, '0.aliases'],
    ['nine aliases', { aliases: [...'123456789'] }, '0.aliases'],
    ['an empty alias', { aliases: [''] }, '0.aliases'],
    ['an alias with blanks at its ends', { aliases: [' a'] }, '0.aliases'],
    ['an alias of 129 characters', { aliases: ['x'.repeat(129)] }, '0.aliases'],
    ['an alias with a line break', { aliases: ['a\nb'] }, '0.aliases'],
    ['an alias that is turned', { aliases: ['a\u202eb'] }, '0.aliases'],
    ['an alias that is a number', { aliases: [7] }, '0.aliases'],
    ['an alias twice', { aliases: ['ab', 'AB'] }, '0.aliases'],
    ['an account in capitals', { integration: 'CTWing' }, '0.integration'],
    ['an account of one letter', { integration: 'c' }, '0.integration'],
    ['a codec of no type', { codec: 'ug65' }, '0.codec'],
    ['a codec that is a number', { codec: 5 }, '0.codec'],
    ['a codec where the type has none', { type: 'lamp', codec: 'em300' }, '0.codec'],
    ['the statistical placeholder', { division: '150801' }, '0.division'],
    ['the placeholder with more behind', { division: '150801ab' }, '0.division'],
    ['a retired county', { division: '152822' }, '0.division'],
    ['a retired code nobody had', { division: '152810' }, '0.division'],
    ['a grid of the placeholder', { grid: '15080100100101' }, '0.grid'],
    ['a grid of a retired county', { grid: '15280100100101' }, '0.grid'],
    ['a grid of a whole city', { grid: '15080000100101' }, '0.grid'],
    ['a grid of no province', { grid: '00000000000001' }, '0.grid'],
  ])('refuses %s', (_, over, field) => {
    const rig = createRig({ types })
    const outcome = register(rig, { ...one(), ...over })
    expect(outcome).toMatchObject({ ok: false, code: 'invalid' })
    expect(fieldsOf(outcome)).toEqual([field])
    expect([...rig.engine.devices()]).toEqual([])
  })

  it.each<[string, string]>([
    ['152801', 'expected 150802,'],
    ['152827', 'expected 150826,'],
    ['150801', 'such as 150802'],
  ])('says what to use instead of %s', (division, instead) => {
    const outcome = register(createRig({ types }), one({ division }))
    expect(outcome.ok ? '' : outcome.errors[0]?.reason).toContain(instead)
  })

  it.each<[string, Partial<DeviceFields>]>([
    ['no alias at all', { aliases: [] }],
    ['eight of 128 characters', { aliases: [...'12345678'].map((x) => x.repeat(128)) }],
    ['its own id as alias', { aliases: ['w-1'] }],
    ['an account nobody has made yet', { integration: 'ct-wing2' }],
    ['a codec of its type', { codec: 'em300' }],
    ['a local division with a longer code', { division: '150802KFQ' }],
    ['another city', { division: '320508', grid: '32050800100101' }],
    ['retired-looking digits that are none', { division: '152830' }],
    ['a grid of another county than its own', { grid: '150821001001012' }],
  ])('takes %s', (_, over) => {
    const rig = createRig({ types })
    expect(register(rig, one(over))).toEqual({ ok: true, note: 'applied' })
    expect(rig.engine.device('W-1')).toMatchObject(over)
  })

  it('refuses names that others have, in the registry and in the same list', () => {
    const rig = createRig({ types, devices: [one({ aliases: ['taken'] })] })
    const outcome = register(
      rig,
      one({ id: 'TAKEN' }),
      one({ id: 'W-2', aliases: ['Taken'] }),
      one({ id: 'W-3', aliases: ['w-1'] }),
      one({ id: 'W-4', aliases: ['w-5', 'twice'] }),
      one({ id: 'W-5', aliases: ['TWICE', 'good'] }),
    )
    expect(fieldsOf(outcome)).toEqual(['0.id', '1.aliases', '2.aliases', '3.aliases', '4.aliases'])
    expect(rig.engine.find('good')).toBeUndefined()
  })

  it('takes 20,000 devices with aliases in a few seconds', () => {
    const rig = createRig({ types })
    const rows = Array.from({ length: 20_000 }, (_, n) =>
      one({ id: `W-${n}`, aliases: [`MN${n}`, `24E124${n}`], integration: 'dust', codec: 'em300' }),
    )
    expect(register(rig, ...rows).ok).toBe(true)
    expect(rig.engine.find('mn19999')?.id).toBe('W-19999')
  }, 10_000)
})

describe('device.update', () => {
  it('changes aliases, account and codec, and keeps what others are called', () => {
    const rig = createRig({ types, devices: [one(), one({ id: 'W-2', aliases: ['b'] })] })
    const fields = { aliases: ['a'], integration: 'tts', codec: 'senml' }
    expect(patch(rig, 'W-1', fields).ok).toBe(true)
    expect(rig.engine.device('W-1')).toMatchObject(fields)
    expect(fieldsOf(patch(rig, 'W-1', { aliases: ['B'] }))).toEqual(['0.aliases'])
    expect(fieldsOf(patch(rig, 'W-1', { aliases: ['W-2'] }))).toEqual(['0.aliases'])
    expect(fieldsOf(patch(rig, 'W-1', { codec: 'none' }))).toEqual(['0.codec'])
    expect(rig.engine.find('a')?.id).toBe('W-1')
    expect(patch(rig, 'W-1', { integration: null, codec: null }).ok).toBe(true)
    expect(rig.engine.device('W-1')).toMatchObject({ integration: null, codec: null })
  })

  it('does not hold an old division, grid or codec against a device until that is changed', () => {
    const rig = createRig({ types, devices: [one()] })
    const kept = rig.engine.snapshot()
    const old = { division: '152801', grid: '15280100100101', codec: 'gone' }
    const devices = kept.devices.map((each) => ({ ...each, device: { ...each.device, ...old } }))
    const again = createRig({ types, snapshot: { ...kept, devices }, sequence: 100 })
    expect(patch(again, 'W-1', { name: '新名' }).ok).toBe(true)
    expect(again.engine.device('W-1')).toMatchObject({ ...old, name: '新名' })
    expect(fieldsOf(patch(again, 'W-1', { division: '152822' }))).toEqual(['0.division'])
    expect(patch(again, 'W-1', { division: '150802', grid: null, codec: null }).ok).toBe(true)
  })
})

describe('divisionProblem() and gridProblem()', () => {
  it("agree with the city's table of what is and what was", () => {
    for (const { code } of divisions) expect(divisionProblem(code), code).toBeNull()
    for (const { code, now } of formerDivisions) {
      if (code.endsWith('00')) continue
      expect(divisionProblem(code), code).toContain(now ?? 'placeholder')
      expect(gridProblem(`${code}00100101`), code).not.toBeNull()
    }
  })
})
