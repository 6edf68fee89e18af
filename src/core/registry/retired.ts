// What is left of removed devices: the first moments of their last alerts and their order marks. A device that comes back under its
// old id must not give an old alert's id to a new alert, or the projections would take the one for the other.

import type { DeviceState } from '../device-state.ts'
import type { Millis } from '../position.ts'

const DEVICES_MAX = 10_000

export interface RetiredDevice {
  readonly device: string
  readonly lastTs: Millis
  readonly lastAt: Millis
  readonly rules: readonly (readonly [rule: string, since: Millis, ordinal: number])[]
}

export interface Retired {
  /** Remembers the device's last alerts; the device removed longest ago is forgotten first. */
  keep(state: DeviceState): void
  /** Hands them back to a device of the same id, once. */
  giveBack(state: DeviceState): void
  list(): readonly RetiredDevice[]
}

export function createRetired(kept: readonly RetiredDevice[]): Retired {
  const retired = new Map(kept.map((one) => [one.device, one]))

  return {
    keep(state) {
      const rules = state.slots.flatMap((slot) => {
        const rule = state.type.type.rules[slot.index]
        if (rule === undefined || Number.isNaN(slot.alertSince)) return []
        return [[rule.id, slot.alertSince, slot.alertOrdinal] as const]
      })
      if (rules.length === 0) return
      const { lastTs, lastAt, device } = state
      retired.delete(device.id)
      retired.set(device.id, {
        device: device.id,
        // A device that was never heard has nothing to repeat.
        lastTs: Math.max(lastTs, 0),
        lastAt: Math.max(lastAt, 0),
        rules,
      })
      for (const oldest of retired.keys()) {
        if (retired.size <= DEVICES_MAX) break
        retired.delete(oldest)
      }
    },

    giveBack(state) {
      const known = retired.get(state.device.id)
      if (known === undefined) return
      retired.delete(state.device.id)
      state.lastTs = known.lastTs
      state.lastAt = known.lastAt
      for (const [id, since, ordinal] of known.rules) {
        const slot = state.slots[state.type.type.rules.findIndex((rule) => rule.id === id)]
        if (slot === undefined) continue
        slot.alertSince = since
        slot.alertOrdinal = ordinal
      }
    },

    list: () => [...retired.values()],
  }
}
