// What the registry has against the rows of an upload, whatever else is wrong with them: ids and aliases that are taken or stand there
// twice, and parents that are nowhere or go round in a circle. The engine has the last word; this only names it all in one answer.

import { ALIAS_LENGTH_MAX, ALIASES_MAX, foldAlias } from '../core/registry/alias.ts'
import { parentProblem } from '../core/registry/registry.ts'
import type { StateReader } from '../ports.ts'
import type { DeviceRow } from './device-table.ts'
import type { FieldError } from './errors.ts'

export type UploadRegistry = Pick<StateReader, 'access' | 'deviceNamed' | 'integrations'>

interface Row {
  readonly row: number
  readonly id: string | null
  readonly parent: string | null
  readonly aliases: readonly string[]
}

type Problem = string | null

export function registryErrors(
  items: readonly DeviceRow[],
  registry: UploadRegistry,
): readonly FieldError[] {
  const rows = items.map(rowOf)
  // One pass over the registry is quicker than a look into it for each of 20,000 rows.
  const registered = new Map<string, { readonly parent: string | null }>()
  const registeredByFoldedId = new Map<string, string>()
  for (const { id, parent } of registry.access()) {
    registered.set(id, { parent })
    registeredByFoldedId.set(foldAlias(id), id)
  }
  const accounts = new Set(registry.integrations().map(({ id }) => id))
  const firstById = new Map<string, Row>()
  const rowsByFoldedId = new Map<string, Row[]>()
  for (const row of rows) {
    if (row.id === null || firstById.has(row.id)) continue
    firstById.set(row.id, row)
    const folded = foldAlias(row.id)
    const alike = rowsByFoldedId.get(folded)
    if (alike === undefined) rowsByFoldedId.set(folded, [row])
    else alike.push(row)
  }

  function idProblem({ id, row }: Row): Problem {
    if (id === null) return null
    const first = firstById.get(id)
    if (first !== undefined && first.row !== row) return `"${id}" is also in row ${first.row}`
    if (registered.has(id)) return `"${id}" is registered already`
    if (accounts.has(id)) return `"${id}" is an integration account`
    const owner = registry.deviceNamed(id)
    return owner === null ? null : `"${id}" is an alias of "${owner}"`
  }

  const firstByAlias = new Map<string, Row>()
  function aliasProblem(alias: string, row: Row): Problem {
    const folded = foldAlias(alias)
    const first = firstByAlias.get(folded)
    if (first === undefined) firstByAlias.set(folded, row)
    else if (first !== row) return `"${alias}" is also in row ${first.row}`
    const namesake = rowsByFoldedId.get(folded)?.find(({ id }) => id !== row.id)
    if (namesake !== undefined) return `"${alias}" is the id in row ${namesake.row}`
    const id = registeredByFoldedId.get(folded)
    if (id !== undefined) return `"${alias}" is the id of "${id}"`
    const owner = registry.deviceNamed(alias)
    return owner === null ? null : `"${alias}" is an alias of "${owner}"`
  }

  const parentOf = (id: string): string | null | undefined =>
    firstById.get(id)?.parent ?? (firstById.has(id) ? null : registered.get(id)?.parent)

  return rows.flatMap((row): FieldError[] => {
    const found = (field: string, reason: Problem): FieldError[] =>
      reason === null ? [] : [{ row: row.row, field, reason }]
    return [
      ...found('id', idProblem(row)),
      ...found('parent', parentProblem(row.id ?? '', row.parent, parentOf)),
      ...row.aliases.flatMap((alias) => found('aliases', aliasProblem(alias, row))),
    ]
  })
}

/** As it stands; what is wrong with the form of each field is the check's to say. */
function rowOf({ row, item }: DeviceRow): Row {
  const fields: Readonly<Record<string, unknown>> =
    typeof item === 'object' && item !== null ? { ...item } : {}
  const { id, parent, aliases } = fields
  return {
    row,
    id: isShortText(id, 64) ? id : null,
    parent: isShortText(parent, 64) ? parent : null,
    aliases: Array.isArray(aliases)
      ? aliases.slice(0, ALIASES_MAX).filter((alias) => isShortText(alias, ALIAS_LENGTH_MAX))
      : [],
  }
}

function isShortText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= max
}
