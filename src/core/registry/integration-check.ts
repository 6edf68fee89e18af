// Integration accounts from outside: whatever shape a command has, the result is a clean account or a list of what is wrong with
// which field. Knows nothing of other accounts.

import {
  INTEGRATION_ID_PATTERN,
  integrationFormats,
  pushFormats,
  usualTopics,
} from './integration.ts'
import type { Integration, IntegrationFormat } from './integration.ts'
import { hiddenCharacters } from './hidden-characters.ts'

interface FieldError {
  readonly field: string
  readonly reason: string
}

export type IntegrationCheck =
  | { readonly ok: true; readonly integration: Omit<Integration, 'createdAt'> }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

const NAME_MAX = 200
const TOPICS_MAX = 16
const FILTER_BYTES_MAX = 256
/** Our own devices' topics, the broker's own, and what other brokers take for shared subscriptions. */
const RESERVED = new Set(['city', '$SYS', '$share', '$queue'])

/** Topics that are absent are the usual ones of the format. */
export function checkIntegration(raw: unknown): IntegrationCheck {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return { ok: false, errors: [{ field: '', reason: 'expected an object' }] }
  const fields: Readonly<Record<string, unknown>> = { ...raw }
  const errors: FieldError[] = []
  const { id, name, topics } = fields
  if (typeof id !== 'string' || !INTEGRATION_ID_PATTERN.test(id))
    errors.push({ field: 'id', reason: `expected ${INTEGRATION_ID_PATTERN.source}` })
  if (typeof name !== 'string' || name.trim() === '' || name.length > NAME_MAX)
    errors.push({ field: 'name', reason: `expected 1 to ${NAME_MAX} characters` })
  else if (hiddenCharacters.test(name))
    errors.push({
      field: 'name',
      reason: 'expected no control characters and no direction marks',
    })
  const format = integrationFormats.find((one) => one === fields['format'])
  if (format === undefined)
    errors.push({ field: 'format', reason: `expected one of ${integrationFormats.join(', ')}` })
  const filters = format === undefined ? [] : topicsOf(topics, format, errors)
  if (errors.length > 0 || format === undefined) return { ok: false, errors }
  return {
    ok: true,
    integration: { id: String(id), name: String(name), format, topics: filters },
  }
}

function topicsOf(
  topics: unknown,
  format: IntegrationFormat,
  errors: FieldError[],
): readonly string[] {
  if (topics === undefined || topics === null) return usualTopics[format]
  const fail = (reason: string): readonly string[] => {
    errors.push({ field: 'topics', reason })
    return []
  }
  if (!Array.isArray(topics)) return fail('expected a list of topic filters')
  if (pushFormats.has(format))
    return topics.length === 0
      ? []
      : fail(`expected none, as ${format} comes through its HTTP door`)
  if (topics.length === 0 || topics.length > TOPICS_MAX)
    return fail(`expected 1 to ${TOPICS_MAX} topic filters, got ${topics.length}`)
  const filters: string[] = []
  for (const filter of topics) {
    const problem = typeof filter === 'string' ? filterProblem(filter) : 'expected text'
    if (problem !== null) fail(`${JSON.stringify(filter)?.slice(0, 100) ?? 'nothing'}: ${problem}`)
    else filters.push(String(filter))
  }
  if (new Set(filters).size < filters.length) return fail('expected each topic filter once')
  return filters
}

/** Why an account may not have this topic filter, or null. */
export function filterProblem(filter: string): string | null {
  if (filter === '') return 'expected a topic filter, got nothing'
  if (hiddenCharacters.test(filter)) return 'expected no control characters and no direction marks'
  if (new TextEncoder().encode(filter).length > FILTER_BYTES_MAX)
    return `expected at most ${FILTER_BYTES_MAX} bytes`
  const levels = filter.split('/')
  const [first = ''] = levels
  if (first === '+' || first === '#') return 'expected a first level without wildcard'
  if (RESERVED.has(first)) return `expected another first level than ${first}`
  for (const [index, level] of levels.entries()) {
    if (level === '#' && index < levels.length - 1) return 'expected # at the end only'
    if (level.length > 1 && /[+#]/.test(level)) return 'expected + and # alone in their level'
  }
  return null
}
