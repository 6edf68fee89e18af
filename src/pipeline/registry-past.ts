// The registry as it was, for as long as the telemetry store is behind. Readings that are taken from the journal again must be judged
// by the registry of their time: a device that has moved, come or gone since would lose readings, or gain some that were refused.

import { foldAlias } from '../core/registry/alias.ts'
import type { Device } from '../core/registry/device.ts'
import type { Position } from '../core/position.ts'

/** What the registry said of a device before the change at `until`; null when it did not know it. */
export interface PastDevice {
  readonly id: string
  readonly until: Position
  readonly device: Device | null
}

export interface RegistryPast {
  /** The registry has changed at this position; null when the device was removed. */
  changed(id: string, device: Device | null, position: Position): void
  /** The device as a message at this position has met it. */
  deviceAt(id: string, position: Position): Device | undefined
  /** The same by id, else by alias, as `foldAlias` compares them. */
  findAt(name: string, position: Position): Device | undefined
  /** Nothing up to here will be asked again. */
  forget(through: Position): void
  /** Plain JSON, for a snapshot. */
  list(): readonly PastDevice[]
}

/** `devices` is the registry of now, `past` what a snapshot has kept of the time before. */
export function createRegistryPast(options: {
  readonly devices: Iterable<Device>
  readonly past: readonly PastDevice[]
}): RegistryPast {
  const known = new Map<string, Device>()
  const past = new Map<string, PastDevice[]>()
  /** Ids of those that have an alias now or had it in the time that is kept. */
  const bearers = new Map<string, Set<string>>()
  for (const device of options.devices) know(device)
  for (const one of options.past) keep(one)

  function know(device: Device): void {
    known.set(device.id, device)
    noteAliases(device)
  }

  function keep(one: PastDevice): void {
    const before = past.get(one.id)
    if (before === undefined) past.set(one.id, [one])
    else before.push(one)
    if (one.device !== null) noteAliases(one.device)
  }

  function noteAliases({ id, aliases = [] }: Device): void {
    for (const alias of aliases) {
      const folded = foldAlias(alias)
      const ids = bearers.get(folded)
      if (ids === undefined) bearers.set(folded, new Set([id]))
      else ids.add(id)
    }
  }

  function deviceAt(id: string, position: Position): Device | undefined {
    const then = past.get(id)?.find(({ until }) => until > position)
    return then === undefined ? known.get(id) : (then.device ?? undefined)
  }

  return {
    changed(id, device, position) {
      const before = known.get(id) ?? null
      // A new credential is no change that a reading could meet.
      if (before === device) return
      keep({ id, until: position, device: before })
      if (device === null) known.delete(id)
      else know(device)
    },
    deviceAt,
    findAt(name, position) {
      const direct = deviceAt(name, position)
      if (direct !== undefined) return direct
      const folded = foldAlias(name)
      for (const id of bearers.get(folded) ?? []) {
        const device = deviceAt(id, position)
        if (device?.aliases?.some((alias) => foldAlias(alias) === folded) === true) return device
      }
      return undefined
    },
    forget(through) {
      let isLess = false
      for (const [id, all] of past) {
        const left = all.filter(({ until }) => until > through)
        if (left.length === all.length) continue
        isLess = true
        if (left.length === 0) past.delete(id)
        else past.set(id, left)
      }
      if (!isLess) return
      bearers.clear()
      for (const device of known.values()) noteAliases(device)
      for (const { device } of [...past.values()].flat()) if (device !== null) noteAliases(device)
    },
    list: () => [...past.values()].flat(),
  }
}
