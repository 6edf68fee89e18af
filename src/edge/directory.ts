// Who exists and what their credentials are: the doors' in-memory copy of registry and integration accounts, filled at start and
// from engine effects.

import type { DeviceAccess } from '../core/registry/device.ts'
import type { IntegrationAccess } from '../core/registry/integration.ts'

export interface Directory {
  get(id: string): DeviceAccess | undefined
  put(access: DeviceAccess): void
  remove(id: string): void
  integration(id: string): IntegrationAccess | undefined
  integrations(): Iterable<IntegrationAccess>
  putIntegration(access: IntegrationAccess): void
  removeIntegration(id: string): void
  /** Devices. */
  readonly size: number
  /** Changes with every change, so that what was derived from the directory can be kept until then. */
  readonly version: number
  /**
   * Called with the id of a device or account when what let it in ends at once: it goes, it is revoked, its credential changes and
   * the one before does not live on. The change is in place by then. An account that changes what it may say counts too.
   */
  onRevoked(listener: (id: string) => void): void
}

export function createDirectory(): Directory {
  const devices = new Map<string, DeviceAccess>()
  const integrations = new Map<string, IntegrationAccess>()
  const listeners: ((id: string) => void)[] = []
  let version = 0

  function revoked(id: string): void {
    for (const listener of listeners) listener(id)
  }

  return {
    get: (id) => devices.get(id),
    put(access) {
      const before = devices.get(access.id)
      devices.set(access.id, access)
      version++
      if (before === undefined) return
      const isRevoked = access.revoked === true && before.revoked !== true
      if (isRevoked || hasEnded(before.credential, access)) revoked(access.id)
    },
    remove(id) {
      if (!devices.delete(id)) return
      version++
      revoked(id)
    },
    integration: (id) => integrations.get(id),
    integrations: () => integrations.values(),
    putIntegration(access) {
      const before = integrations.get(access.id)
      integrations.set(access.id, access)
      version++
      if (before === undefined) return
      const isOther =
        before.format !== access.format || before.topics.join('\n') !== access.topics.join('\n')
      if (isOther || hasEnded(before.credential, access)) revoked(access.id)
    },
    removeIntegration(id) {
      if (!integrations.delete(id)) return
      version++
      revoked(id)
    },
    get size() {
      return devices.size
    },
    get version() {
      return version
    },
    onRevoked(listener) {
      listeners.push(listener)
    },
  }
}

/** Whether a credential that was good is so no more. A first credential ends nothing: until then there was none. */
function hasEnded(
  credential: string | null,
  now: Pick<DeviceAccess, 'credential' | 'previous'>,
): boolean {
  if (credential === null || credential === now.credential) return false
  return credential !== now.previous?.hash
}
