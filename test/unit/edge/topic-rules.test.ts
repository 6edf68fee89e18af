import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  filterCovers,
  filterMatches,
  filterProblem,
  topicProblem,
} from '../../../src/edge/topic-rules.ts'

const limits = { topicBytesMax: 20, topicLevelsMax: 3 }

describe('topicProblem()', () => {
  it.each([
    ['a/b/c', true],
    ['/a', true],
    ['$a', true],
    ['', false],
    ['a/b/c/d', false],
    ['a/+', false],
    ['a#', false],
    ['a\0b', false],
    ['$SYS', false],
    ['$SYS/x', false],
    ['$SYSTEM', true],
    ['12345678901234567890', true],
    ['123456789012345678901', false],
    ['汉汉汉汉汉汉汉', false],
  ])('%j is fine: %s', (topic, isFine) => {
    expect(topicProblem(topic, limits) === null).toBe(isFine)
  })
})

describe('filterProblem()', () => {
  it.each([
    ['#', true],
    ['+', true],
    ['a/+/b', true],
    ['a/#', true],
    ['+/+/#', true],
    ['$SYS/#', true],
    ['a#', false],
    ['#/a', false],
    ['a/b#', false],
    ['a+', false],
    ['+a/b', false],
    ['a/+b', false],
    ['', false],
    ['a/b/c/#', false],
  ])('%j is fine: %s', (filter, isFine) => {
    expect(filterProblem(filter, limits) === null).toBe(isFine)
  })
})

describe('filterMatches()', () => {
  it.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/c', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a', false],
    ['a/+', 'a/b/c', false],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['#', 'a/b', true],
    ['+/+', '/a', true],
    ['/+', '/a', true],
    ['+', '/a', false],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
  ])('%j and %j: %s', (filter, topic, isMatch) => {
    expect(filterMatches(filter, topic)).toBe(isMatch)
  })
})

describe('filterCovers()', () => {
  it.each([
    ['a/#', 'a', true],
    ['a/#', 'a/#', true],
    ['a/#', 'a/+/c', true],
    ['a/+/#', 'a/#', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a/+', true],
    ['a/+', 'a/#', false],
    ['a/b', 'a/+', false],
    ['+/b', 'a/b', true],
    ['+/b', '$a/b', false],
    ['#', '+/+', true],
    ['#', '$a/#', false],
    ['$a/#', '$a/b', true],
    ['a/b', 'a', false],
  ])('%j covers %j: %s', (wide, narrow, isCovered) => {
    expect(filterCovers(wide, narrow)).toBe(isCovered)
  })

  const level = fc.constantFrom('a', 'b', '+', '', '$c')
  const filter = fc
    .tuple(fc.array(level, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([levels, isOpen]) => [...levels, ...(isOpen ? ['#'] : [])].join('/'))
    .filter((text) => text !== '')

  /** What a filter matches, with a level nobody else says for each wildcard. */
  const witnesses = (text: string): string[] => {
    const levels = text.split('/').map((each) => (each === '+' ? 'z' : each))
    if (levels.at(-1) !== '#') return [levels.join('/')]
    const stem = levels.slice(0, -1)
    return [[], ['z'], ['z', 'z']].flatMap((more) =>
      stem.length + more.length === 0 ? [] : [[...stem, ...more].join('/')],
    )
  }

  it('says yes exactly when every topic of the one is a topic of the other', () => {
    fc.assert(
      fc.property(filter, filter, (wide, narrow) => {
        const topics = witnesses(narrow).filter((topic) => filterMatches(narrow, topic))
        expect(filterCovers(wide, narrow)).toBe(topics.every((topic) => filterMatches(wide, topic)))
      }),
      { numRuns: 2_000 },
    )
  })
})
