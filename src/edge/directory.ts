// Who exists and what their credential is: the doors' in-memory copy of the registry, filled at start and from engine effects.

import type { DeviceAccess } from '../core/device.ts'

export interface Directory {
  get(id: string): DeviceAccess | undefined
  put(access: DeviceAccess): void
  remove(id: string): void
  readonly size: number
  /** Changes with every change, so that what was derived from the directory can be kept until then. */
  readonly version: number
  /** Called when a known device's credential changes or the device goes, after the change is in place. */
  onRevoked(listener: (id: string) => void): void
}

export function createDirectory(): Directory {
  const entries = new Map<string, DeviceAccess>()
  const listeners: ((id: string) => void)[] = []
  let version = 0

  function revoked(id: string): void {
    for (const listener of listeners) listener(id)
  }

  return {
    get: (id) => entries.get(id),
    put(access) {
      const before = entries.get(access.id)
      entries.set(access.id, access)
      version++
      if (before !== undefined && before.credential !== access.credential) revoked(access.id)
    },
    remove(id) {
      if (!entries.delete(id)) return
      version++
      revoked(id)
    },
    get size() {
      return entries.size
    },
    get version() {
      return version
    },
    onRevoked(listener) {
      listeners.push(listener)
    },
  }
}
