// Names under which other networks know a device: what they may look like, and how they are compared.

import { hiddenCharacters } from './hidden-characters.ts'

export const ALIASES_MAX = 8
export const ALIAS_LENGTH_MAX = 128
const JOINTS = ':/-_.'

/**
 * Networks write the same DevEUI or meter number now with small letters, now with capital ones; and a SenML base name ends with the
 * `:`, `/`, `-`, `_` or `.` that joins it to what follows. What consists of nothing else stays as it is.
 */
export function foldAlias(name: string): string {
  let end = name.length
  while (end > 0 && JOINTS.includes(name[end - 1] ?? ' ')) end--
  return (end === 0 ? name : name.slice(0, end)).toLowerCase()
}

/** The aliases of an entry from outside, absent and null meaning none; `fail` hears of every mistake. */
export function aliasesOf(raw: unknown, fail: (reason: string) => void): readonly string[] {
  if (raw === undefined || raw === null) return []
  if (!Array.isArray(raw)) {
    fail(`expected a list of texts, got ${typeof raw}`)
    return []
  }
  if (raw.length > ALIASES_MAX) {
    fail(`expected at most ${ALIASES_MAX} aliases, got ${raw.length}`)
    return []
  }
  const seen = new Set<string>()
  const aliases: string[] = []
  for (const alias of raw) {
    if (typeof alias !== 'string') {
      fail(`expected texts, got ${alias === null ? 'null' : typeof alias}`)
      continue
    }
    const problem = aliasProblem(alias)
    if (problem !== null) fail(`${problem}, got ${JSON.stringify(alias.slice(0, 80))}`)
    else if (seen.has(foldAlias(alias))) fail(`expected each alias once, got "${alias}" again`)
    else aliases.push(alias)
    seen.add(foldAlias(alias))
  }
  return aliases
}

function aliasProblem(alias: string): string | null {
  if (alias === '' || alias.length > ALIAS_LENGTH_MAX)
    return `expected 1 to ${ALIAS_LENGTH_MAX} characters`
  if (alias !== alias.trim()) return 'expected no blanks at the ends'
  return hiddenCharacters.test(alias)
    ? 'expected no control characters and no direction marks'
    : null
}
