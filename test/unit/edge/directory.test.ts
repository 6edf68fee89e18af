import { describe, expect, it } from 'vitest'
import type { DeviceAccess } from '../../../src/core/registry/device.ts'
import { createDirectory } from '../../../src/edge/directory.ts'
import { access } from './fixtures.ts'

describe('createDirectory()', () => {
  it('finds what was put last', () => {
    const directory = createDirectory()
    directory.put(access('A'))
    directory.put(access('A', { division: '150823' }))
    expect(directory.get('A')?.division).toBe('150823')
    expect(directory.get('B')).toBeUndefined()
    expect(directory.size).toBe(1)
  })

  it('tells of a changed credential and of a removed device, after the change, and of nothing else', () => {
    const directory = createDirectory()
    const told: [string, string | null | undefined][] = []
    directory.onRevoked((id) => told.push([id, directory.get(id)?.credential]))
    directory.put(access('A', { credential: '11' }))
    directory.put(access('A', { credential: '11', parent: 'P' }))
    expect(told).toEqual([])
    directory.put(access('A', { credential: '22' }))
    directory.remove('A')
    directory.remove('A')
    expect(told).toEqual([
      ['A', '22'],
      ['A', undefined],
    ])
  })

  it.each<[string, Partial<DeviceAccess>, Partial<DeviceAccess>, boolean]>([
    ['a first password', { credential: null }, { credential: '11' }, false],
    ['another password', { credential: '11' }, { credential: '22' }, true],
    [
      'another password while the old one lives on',
      { credential: '11' },
      { credential: '22', previous: { hash: '11', until: 9 } },
      false,
    ],
    [
      'a third password that drops the first',
      { credential: '22', previous: { hash: '11', until: 9 } },
      { credential: '33', previous: { hash: '22', until: 10 } },
      false,
    ],
    ['no password any more', { credential: '11' }, { credential: null }, true],
    [
      'a revocation, also where only a certificate let it in',
      { credential: null },
      { credential: null, revoked: true },
      true,
    ],
    ['a revocation that goes on', { revoked: true }, { revoked: true, parent: 'P' }, false],
    ['the end of a revocation', { revoked: true }, { credential: '11' }, false],
    ['another parent', { credential: '11' }, { credential: '11', parent: 'P' }, false],
  ])('tells of %s: %#', (_case, before, after, isTold) => {
    const directory = createDirectory()
    const told: string[] = []
    directory.put(access('A', before))
    directory.onRevoked((id) => told.push(id))
    directory.put(access('A', after))
    expect(told).toEqual(isTold ? ['A'] : [])
  })

  it('keeps integration accounts beside the devices, and tells of what ends them', () => {
    const directory = createDirectory()
    const told: string[] = []
    directory.onRevoked((id) => told.push(id))
    const account = {
      id: 'tts',
      format: 'tts',
      topics: ['v3/#'],
      credential: '11',
      previous: null,
    } as const
    directory.putIntegration(account)
    expect(directory.integration('tts')).toBe(account)
    expect([...directory.integrations()]).toEqual([account])
    expect(directory.get('tts')).toBeUndefined()
    expect(directory.size).toBe(0)
    const { version } = directory
    directory.putIntegration({
      ...account,
      credential: '22',
      previous: { hash: '11', until: 5 },
    })
    expect(directory.version).toBeGreaterThan(version)
    expect(told).toEqual([])
    directory.putIntegration({ ...account, credential: '33' })
    directory.putIntegration({ ...account, credential: '33', topics: ['v4/#'] })
    directory.removeIntegration('tts')
    directory.removeIntegration('tts')
    expect(told).toEqual(['tts', 'tts', 'tts'])
    expect(directory.integration('tts')).toBeUndefined()
  })
})
