// What a topic name and a topic filter may look like, whoever uses them. Pure; a null answer means nothing is wrong.

import type { Limits } from './limits.ts'

type TopicLimits = Pick<Limits, 'topicBytesMax' | 'topicLevelsMax'>

/** aedes speaks with itself under `$SYS`, so no client may publish there or listen in. */
export function isReserved(topic: string): boolean {
  return topic === '$SYS' || topic.startsWith('$SYS/')
}

export function topicProblem(topic: string, limits: TopicLimits): string | null {
  const problem = lengthProblem(topic, limits)
  if (problem !== null) return problem
  // [MQTT-3.3.2-2]
  if (topic.includes('#') || topic.includes('+'))
    return `expected a topic without wildcards, got "${topic}"`
  return isReserved(topic) ? `expected a topic outside $SYS, got "${topic}"` : null
}

/** `$SYS` filters are well formed; they are denied with SUBACK 0x80, not here. */
export function filterProblem(filter: string, limits: TopicLimits): string | null {
  const problem = lengthProblem(filter, limits)
  if (problem !== null) return problem
  const levels = filter.split('/')
  for (const [index, level] of levels.entries()) {
    // [MQTT-4.7.1-2]
    if (level.includes('#') && (level !== '#' || index !== levels.length - 1))
      return `expected # alone on the last level, got "${filter}"`
    // [MQTT-4.7.1-3]
    if (level.includes('+') && level !== '+')
      return `expected + alone on its level, got "${filter}"`
  }
  return null
}

/** Does the filter match the topic [MQTT-4.7.1, MQTT-4.7.2-1]. */
export function filterMatches(filter: string, topic: string): boolean {
  if (filter === topic) return true
  if (topic.startsWith('$') && (filter.startsWith('+') || filter.startsWith('#'))) return false
  const wanted = filter.split('/')
  const given = topic.split('/')
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true
    if (index >= given.length) return false
    if (level !== '+' && level !== given[index]) return false
  }
  return wanted.length === given.length
}

/** Is every topic that `narrow` matches also matched by `wide`? Both are well formed. */
export function filterCovers(wide: string, narrow: string): boolean {
  if (narrow.startsWith('$') && (wide.startsWith('+') || wide.startsWith('#'))) return false
  const outer = wide.split('/')
  const inner = narrow.split('/')
  for (const [index, level] of outer.entries()) {
    if (level === '#') return true
    const other = inner[index]
    if (other === undefined || other === '#') return false
    if (level !== '+' && level !== other) return false
  }
  return outer.length === inner.length
}

export function isWildcard(filter: string): boolean {
  return filter.includes('+') || filter.includes('#')
}

function lengthProblem(topic: string, limits: TopicLimits): string | null {
  // [MQTT-4.7.3-1], [MQTT-4.7.3-2]
  if (topic.length === 0) return 'expected at least one character, got an empty topic'
  if (topic.includes('\0')) return 'expected a topic without the character U+0000'
  if (topic.length > limits.topicBytesMax || Buffer.byteLength(topic) > limits.topicBytesMax)
    return `expected at most ${limits.topicBytesMax} bytes, got ${Buffer.byteLength(topic)}`
  let levels = 1
  for (let at = topic.indexOf('/'); at !== -1; at = topic.indexOf('/', at + 1)) levels++
  return levels > limits.topicLevelsMax
    ? `expected at most ${limits.topicLevelsMax} levels, got ${levels}`
    : null
}
