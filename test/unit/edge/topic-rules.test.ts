import { describe, expect, it } from 'vitest'
import { filterMatches, filterProblem, topicProblem } from '../../../src/edge/topic-rules.ts'

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
