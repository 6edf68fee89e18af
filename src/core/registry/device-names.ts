// By which names devices are found: their ids, and the aliases of other networks. Keeps names apart, so that no message can be taken
// for one of another device.

import { foldAlias } from './alias.ts'

export interface NamedDevice {
  readonly id: string
  readonly aliases?: readonly string[]
}

export interface DeviceNames {
  add(device: NamedDevice): void
  remove(device: NamedDevice): void
  /** Id of the device that has this alias. */
  byAlias(alias: string): string | undefined
  /** Why a device may not be called so beside those that are here; null when it may. A device does not bar itself. */
  idProblem(id: string): string | null
  /** `isHere`: the device of this id has been added. */
  aliasProblem(alias: string, id: string, isHere: boolean): string | null
}

export function createDeviceNames(): DeviceNames {
  const aliases = new Map<string, string>()
  /** Ids are told apart by case, aliases are not: how many ids are the same but for case. */
  const foldedIds = new Map<string, number>()

  function count(id: string, by: 1 | -1): void {
    const folded = foldAlias(id)
    const next = (foldedIds.get(folded) ?? 0) + by
    if (next === 0) foldedIds.delete(folded)
    else foldedIds.set(folded, next)
  }

  return {
    add(device) {
      count(device.id, 1)
      for (const alias of device.aliases ?? []) aliases.set(foldAlias(alias), device.id)
    },
    remove(device) {
      count(device.id, -1)
      for (const alias of device.aliases ?? [])
        // An old registry may hold two that were told apart then: each takes only its own away.
        if (aliases.get(foldAlias(alias)) === device.id) aliases.delete(foldAlias(alias))
    },
    byAlias: (alias) => aliases.get(foldAlias(alias)),
    idProblem(id) {
      const owner = aliases.get(foldAlias(id))
      return owner === undefined || owner === id ? null : `"${id}" is an alias of "${owner}"`
    },
    aliasProblem(alias, id, isHere) {
      const folded = foldAlias(alias)
      const owner = aliases.get(folded)
      if (owner !== undefined && owner !== id) return `"${alias}" is an alias of "${owner}"`
      const own = isHere && folded === foldAlias(id) ? 1 : 0
      return (foldedIds.get(folded) ?? 0) > own ? `"${alias}" is the id of another device` : null
    },
  }
}
