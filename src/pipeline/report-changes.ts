// What a run of effects means for the main thread: how things stand now, for what has changed.

import type { Alert } from '../core/alerts/alert.ts'
import type { DeviceAccess } from '../core/registry/device.ts'
import type { Latest } from '../core/effect.ts'
import type { IntegrationAccess } from '../core/registry/integration.ts'
import type { Ticket } from '../core/tickets/ticket.ts'
import type { Changes, PlacedEffect } from '../ports.ts'
import type { Report } from './messages.ts'

/** Of what has come and gone in one run only the end is told, so that the order of the lists does not matter. */
export function changesOf(
  effects: readonly PlacedEffect[],
  latest: readonly Latest[],
): Pick<Report, 'access' | 'removed' | 'integrations' | 'integrationsRemoved' | 'changes'> {
  const alerts: Alert[] = []
  const tickets: Ticket[] = []
  const presence: Changes['presence'][number][] = []
  const access = new Map<string, { access: DeviceAccess; credentialChanged: boolean }>()
  const removed = new Set<string>()
  const integrations = new Map<string, IntegrationAccess>()
  const integrationsRemoved = new Set<string>()
  for (const { effect } of effects)
    switch (effect.kind) {
      case 'alert':
        alerts.push(effect.alert)
        break
      case 'ticket':
        tickets.push(effect.ticket)
        break
      case 'presence':
        presence.push({ device: effect.device, state: effect.state, at: effect.at })
        break
      case 'device': {
        const { id } = effect.device
        const before = access.get(id)?.credentialChanged ?? removed.has(id)
        const credentialChanged = effect.credentialChanged || before
        access.set(id, { access: effect.access, credentialChanged })
        removed.delete(id)
        break
      }
      case 'device_removed':
        access.delete(effect.id)
        removed.add(effect.id)
        break
      case 'integration':
        integrations.set(effect.integration.id, effect.access)
        integrationsRemoved.delete(effect.integration.id)
        break
      case 'integration_removed':
        integrations.delete(effect.id)
        integrationsRemoved.add(effect.id)
        break
      case 'quarantine':
      case 'quarantine_left':
        break
    }
  return {
    access: [...access.values()],
    removed: [...removed],
    integrations: [...integrations.values()],
    integrationsRemoved: [...integrationsRemoved],
    changes: { alerts, tickets, readings: latest, presence },
  }
}
