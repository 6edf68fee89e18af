import { describe, expect, it } from 'vitest'
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
})
