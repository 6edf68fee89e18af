// The registry as it was, for as long as the telemetry store is behind. Readings that are taken from the journal again must be judged
// by the registry of their time: a device that has moved, come or gone since would lose readings, or gain some that were refused.

import type { Device } from '../core/device.ts'
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
  for (const device of options.devices) known.set(device.id, device)
  const past = new Map<string, PastDevice[]>()
  for (const one of options.past) keep(one)

  function keep(one: PastDevice): void {
    const before = past.get(one.id)
    if (before === undefined) past.set(one.id, [one])
    else before.push(one)
  }

  return {
    changed(id, device, position) {
      const before = known.get(id) ?? null
      // A new credential is no change that a reading could meet.
      if (before === device) return
      keep({ id, until: position, device: before })
      if (device === null) known.delete(id)
      else known.set(id, device)
    },
    deviceAt(id, position) {
      const then = past.get(id)?.find(({ until }) => until > position)
      return then === undefined ? known.get(id) : (then.device ?? undefined)
    },
    forget(through) {
      for (const [id, all] of past) {
        const left = all.filter(({ until }) => until > through)
        if (left.length === 0) past.delete(id)
        else if (left.length < all.length) past.set(id, left)
      }
    },
    list: () => [...past.values()].flat(),
  }
}
