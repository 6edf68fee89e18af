// Who may come in: credentials of devices and integration accounts, their rotation and their end.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Command, Outcome } from '../../../src/core/input.ts'
import { filterProblem } from '../../../src/core/registry/integration-check.ts'
import {
  integrationFormats,
  pushFormats,
  usualTopics,
} from '../../../src/core/registry/integration.ts'
import { createRig, deviceOf } from './harness.ts'
import type { Rig } from './harness.ts'

const hash = (digit: string): string => digit.repeat(64)
const DAY_MS = 86_400_000
const devices = [deviceOf({ id: 'L-1', type: 'streetlight' })]

describe('device.credential', () => {
  const rotate = (rig: Rig, digit: string, previousUntil?: unknown): Outcome =>
    rig.command({
      kind: 'device.credential',
      id: 'L-1',
      hash: hash(digit),
      previousUntil,
    } as Command)

  it('lets the credential before live on until the time that was asked for', () => {
    const rig = createRig({ devices })
    expect(rotate(rig, 'a', rig.now + 5000).ok).toBe(true)
    expect(rig.engine.access('L-1')).not.toHaveProperty('previous')
    expect(rotate(rig, 'b', rig.now + 5000).ok).toBe(true)
    expect(rig.engine.access('L-1')).toMatchObject({
      credential: hash('b'),
      previous: { hash: hash('a'), until: rig.now + 5000 },
    })
    rig.command({ kind: 'device.update', id: 'L-1', patch: { name: 'x' } })
    expect(rig.engine.access('L-1')?.previous?.hash).toBe(hash('a'))
    expect(rotate(rig, 'c', null).ok).toBe(true)
    expect(rig.engine.access('L-1')).not.toHaveProperty('previous')
  })

  it.each<[string, unknown]>([
    ['no time', undefined],
    ['null', null],
    ['a time that is past', 0],
    ['NaN', Number.NaN],
    ['a text', '2030'],
  ])('ends the credential before at once when %s is given', (_, previousUntil) => {
    const rig = createRig({ devices })
    rotate(rig, 'a')
    expect(rotate(rig, 'b', previousUntil).ok).toBe(true)
    expect(rig.engine.access('L-1')).not.toHaveProperty('previous')
  })

  it('lets nothing live on for more than a day', () => {
    const rig = createRig({ devices })
    rotate(rig, 'a')
    rotate(rig, 'b', Number.MAX_SAFE_INTEGER)
    expect(rig.engine.access('L-1')?.previous?.until).toBe(rig.now + DAY_MS)
  })

  it('ends with a revocation, together with the one before, and lifts it when it is new', () => {
    const rig = createRig({ devices })
    rotate(rig, 'a')
    rotate(rig, 'b', rig.now + 5000)
    expect(rig.command({ kind: 'device.revoke', id: 'L-1' })).toEqual({ ok: true, note: 'applied' })
    expect(rig.engine.access('L-1')).toMatchObject({ credential: null, revoked: true })
    expect(rig.engine.access('L-1')).not.toHaveProperty('previous')
    expect(rig.effects.at(-2)).toMatchObject({ kind: 'device', credentialChanged: true })
    expect(rig.command({ kind: 'device.revoke', id: 'L-1' })).toMatchObject({ note: 'duplicate' })
    expect(rig.command({ kind: 'device.revoke', id: 'no' })).toMatchObject({ code: 'not_found' })
    rig.command({ kind: 'device.update', id: 'L-1', patch: { name: 'x' } })
    expect(rig.engine.access('L-1')?.revoked).toBe(true)
    rotate(rig, 'c', rig.now + 5000)
    const access = rig.engine.access('L-1')
    expect(access?.credential).toBe(hash('c'))
    expect(access).not.toHaveProperty('revoked')
    expect(access).not.toHaveProperty('previous')
  })

  it('survives a snapshot, with the one before and with a revocation', () => {
    const rig = createRig({ devices: [...devices, deviceOf({ id: 'L-2', type: 'streetlight' })] })
    rotate(rig, 'a')
    rotate(rig, 'b', rig.now + 5000)
    rig.command({ kind: 'device.revoke', id: 'L-2' })
    const snapshot = JSON.parse(JSON.stringify(rig.engine.snapshot()))
    const again = createRig({ snapshot, sequence: 100 })
    for (const id of ['L-1', 'L-2']) expect(again.engine.access(id)).toEqual(rig.engine.access(id))
  })
})

describe('integration.create, .credential, .remove', () => {
  const account = { id: 'tts', name: 'The Things Stack', format: 'tts', topics: ['v3/#'] } as const
  const create = (rig: Rig, over: object = {}, digit = 'a'): Outcome =>
    rig.command({
      kind: 'integration.create',
      integration: { ...account, ...over },
      hash: hash(digit),
    })

  it('make, rotate and remove an account', () => {
    const rig = createRig()
    expect(create(rig)).toEqual({ ok: true, note: 'applied' })
    expect([...rig.engine.integrations()]).toEqual([{ ...account, createdAt: rig.now }])
    expect(rig.effects.at(-2)).toEqual({
      kind: 'integration',
      integration: { ...account, createdAt: rig.now },
      access: {
        id: 'tts',
        format: 'tts',
        topics: ['v3/#'],
        credential: hash('a'),
        previous: null,
      },
    })
    const rotated = rig.command({
      kind: 'integration.credential',
      id: 'tts',
      hash: hash('b'),
      previousUntil: rig.now + 1000,
    })
    expect(rotated.ok).toBe(true)
    expect(rig.effects.at(-2)).toMatchObject({
      kind: 'integration',
      access: {
        credential: hash('b'),
        previous: { hash: hash('a'), until: rig.now + 1000 },
      },
    })
    expect(rig.command({ kind: 'integration.remove', id: 'tts' }).ok).toBe(true)
    expect(rig.effects.at(-2)).toEqual({ kind: 'integration_removed', id: 'tts' })
    expect([...rig.engine.integrations()]).toEqual([])
    expect(rig.command({ kind: 'integration.remove', id: 'tts' })).toMatchObject({
      code: 'not_found',
    })
  })

  it('survive a snapshot; one of before there were accounts has none', () => {
    const rig = createRig()
    create(rig)
    rig.command({
      kind: 'integration.credential',
      id: 'tts',
      hash: hash('b'),
      previousUntil: rig.now + 1000,
    })
    const snapshot = JSON.parse(JSON.stringify(rig.engine.snapshot()))
    const again = createRig({ snapshot, sequence: 100 })
    expect(again.engine.snapshot().integrations).toEqual(rig.engine.snapshot().integrations)
    expect(create(again)).toMatchObject({ code: 'already_exists' })
    const { integrations: _, ...older } = snapshot
    expect([...createRig({ snapshot: older }).engine.integrations()]).toEqual([])
  })

  it('keep accounts and devices apart, in both directions', () => {
    const rig = createRig({ devices: [deviceOf({ id: 'tts', type: 'streetlight' })] })
    expect(create(rig)).toMatchObject({ code: 'already_exists' })
    expect(create(rig, { id: 'lora' }).ok).toBe(true)
    const outcome = rig.command({
      kind: 'devices.register',
      devices: [deviceOf({ id: 'lora', type: 'streetlight' })],
    })
    expect(outcome).toMatchObject({ ok: false, errors: [{ row: 0, field: 'id' }] })
  })

  it('take the usual topics of a format when none are given', () => {
    const rig = createRig()
    integrationFormats.forEach((format, index) => {
      expect(create(rig, { id: `net-${index}`, format, topics: undefined }).ok, format).toBe(true)
    })
    expect([...rig.engine.integrations()].map(({ topics }) => topics)).toEqual(
      integrationFormats.map((format) => usualTopics[format]),
    )
  })

  it.each<[string, object, string]>([
    ['an id in capitals', { id: 'TTS' }, 'id'],
    ['an id that is a wildcard', { id: '#' }, 'id'],
    ['no name', { name: ' ' }, 'name'],
    ['a turned name', { name: 'a\u202eb' }, 'name'],
    ['the canonical format', { format: 'canonical' }, 'format'],
    ['a format nobody knows', { format: '__proto__' }, 'format'],
    ['topics that are text', { topics: 'v3/#' }, 'topics'],
    ['no topics', { topics: [] }, 'topics'],
    ['17 topics', { topics: Array.from({ length: 17 }, (_, n) => `v3/${n}`) }, 'topics'],
    ['a topic twice', { topics: ['v3/#', 'v3/#'] }, 'topics'],
    ['a topic that is a number', { topics: [3] }, 'topics'],
    ['topics for a format that is pushed', { format: 'ctwing', topics: ['a/#'] }, 'topics'],
  ])('refuse %s', (_, over, field) => {
    const rig = createRig()
    const outcome = create(rig, over)
    expect(outcome).toMatchObject({ ok: false, code: 'invalid', errors: [{ field }] })
    expect([...rig.engine.integrations()]).toEqual([])
  })

  it('refuse a credential that is no hash', () => {
    expect(create(createRig(), {}, 'x')).toMatchObject({ ok: false, code: 'invalid' })
  })

  it('stop at 500 accounts', () => {
    const rig = createRig()
    for (let n = 0; n < 500; n++) expect(create(rig, { id: `n${n}` }).ok).toBe(true)
    expect(create(rig, { id: 'one-more' })).toMatchObject({ code: 'not_allowed' })
  })

  it('come to exactly one outcome whatever they are handed', () => {
    const kinds = fc.constantFrom(
      'device.revoke',
      'device.credential',
      'integration.create',
      'integration.credential',
      'integration.remove',
    )
    const fields = fc.dictionary(
      fc.constantFrom('id', 'hash', 'previousUntil', 'integration'),
      fc.anything(),
    )
    const rig = createRig({ devices })
    fc.assert(
      fc.property(kinds, fields, (kind, rest) => {
        expect(typeof rig.command({ ...rest, kind } as unknown as Command).ok).toBe('boolean')
      }),
    )
  })
})

describe('filterProblem()', () => {
  it.each(['v3/#', '$sys/+/+/thing/#', '/sys/#', 'a', 'a/+/b', 'a//b', 'City/#', 'citys/#'])(
    'takes %s',
    (filter) => expect(filterProblem(filter)).toBeNull(),
  )

  it.each([
    '',
    '#',
    '+',
    '+/v1/#',
    'city',
    'city/#',
    'city/v1/+/+/+/up',
    '$SYS/#',
    '$share/g/city/#',
    '$queue/city/#',
    'a/#/b',
    'a/b#',
    'a/b+/c',
    'a/\u0000',
    'a\n',
    'x'.repeat(257),
    '阀'.repeat(86),
  ])('refuses %j', (filter) => expect(filterProblem(filter)).toMatch(/^expected /))

  it('never lets through what could match a topic of our own devices', () => {
    const level = fc.constantFrom('city', '+', '#', '$SYS', '', 'v1', 'x')
    fc.assert(
      fc.property(fc.array(level, { minLength: 1, maxLength: 4 }), (levels) => {
        const filter = levels.join('/')
        if (filterProblem(filter) === null)
          expect(['city', '$SYS', '+', '#']).not.toContain(filter.split('/')[0])
      }),
    )
  })

  it('has nothing against the usual topics, and none for formats that are pushed', () => {
    for (const format of integrationFormats) {
      expect(usualTopics[format].length === 0).toBe(pushFormats.has(format))
      for (const filter of usualTopics[format]) expect(filterProblem(filter)).toBeNull()
    }
  })
})
