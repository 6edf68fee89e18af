// One statement or two per effect: what each kind of effect changes in the tables.

import { foldAlias } from '../../core/registry/alias.ts'
import type { Alert, TimelineEntry } from '../../core/alerts/alert.ts'
import type { Device, DeviceAccess } from '../../core/registry/device.ts'
import type { Latest } from '../../core/effect.ts'
import type { Position } from '../../core/position.ts'
import type { CaseReport, HistoryEntry, Ticket } from '../../core/tickets/ticket.ts'
import type { PlacedEffect } from '../../ports.ts'
import type { Statements } from '../sqlite/statements.ts'
import type { QuarantineShelf } from './quarantine-shelf.ts'
import type { StrangerList } from './stranger-list.ts'

export interface Projection {
  /** Starts a transaction's worth of effects. */
  begin(): void
  apply(position: Position, effect: PlacedEffect['effect']): void
  /** After the effects: a device that these have removed gets no latest values back. */
  replaceLatest(latest: Latest): void
  /** Whether anything since `begin` was simulated. */
  sawSimulated(): boolean
}

export function createProjection(
  prepared: Statements,
  shelf: QuarantineShelf,
  strangers: StrangerList,
): Projection {
  let sawSimulated = false
  const removed = new Set<string>()
  const ordinals = createOrdinals()

  function putDevice(device: Device, access: DeviceAccess): void {
    removed.delete(device.id)
    prepared('INSERT OR REPLACE INTO devices VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
      device.id,
      device.type,
      device.division,
      device.parent,
      searchText(device),
      access.credential === null ? 0 : 1,
      JSON.stringify(access),
      JSON.stringify(device),
    )
    forgetAliases(device.id)
    for (const alias of device.aliases ?? [])
      prepared('INSERT OR REPLACE INTO aliases VALUES (?, ?)').run(foldAlias(alias), device.id)
    strangers.registered(device)
  }

  function forgetAliases(id: string): void {
    prepared('DELETE FROM aliases WHERE device = ?').run(id)
  }

  function removeDevice(id: string): void {
    removed.add(id)
    prepared('DELETE FROM devices WHERE id = ?').run(id)
    prepared('DELETE FROM presence WHERE device = ?').run(id)
    prepared('DELETE FROM latest WHERE device = ?').run(id)
    forgetAliases(id)
  }

  function putAlert(position: Position, alert: Alert, entry: TimelineEntry): void {
    prepared('INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
      alert.id,
      alert.state === 'closed' ? 1 : 0,
      alert.severity,
      -alert.raisedAt,
      alert.division,
      alert.type,
      alert.device,
      JSON.stringify(alert),
    )
    prepared('INSERT OR REPLACE INTO timeline VALUES (?, ?, ?, ?)').run(
      alert.id,
      position,
      ordinals.next(position, alert.id),
      JSON.stringify(entry),
    )
  }

  function putTicket(
    position: Position,
    ticket: Ticket,
    report: CaseReport,
    entry: HistoryEntry,
  ): void {
    prepared('INSERT OR REPLACE INTO tickets VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
      ticket.id,
      ticket.openedAt,
      ticket.delivery.state,
      ticket.caseNo,
      ticket.division,
      ticket.device,
      JSON.stringify(ticket),
      JSON.stringify(report),
    )
    prepared('INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?)').run(
      ticket.id,
      position,
      ordinals.next(position, ticket.id),
      JSON.stringify(entry),
    )
  }

  return {
    begin() {
      sawSimulated = false
      removed.clear()
      ordinals.clear()
    },
    apply(position, effect) {
      switch (effect.kind) {
        case 'device':
          sawSimulated ||= effect.device.simulated
          return putDevice(effect.device, effect.access)
        case 'device_removed':
          return removeDevice(effect.id)
        case 'presence':
          prepared('INSERT OR REPLACE INTO presence VALUES (?, ?, ?)').run(
            effect.device,
            effect.state,
            effect.at,
          )
          return
        case 'alert':
          sawSimulated ||= effect.alert.simulated
          return putAlert(position, effect.alert, effect.entry)
        case 'ticket':
          sawSimulated ||= effect.ticket.simulated
          return putTicket(position, effect.ticket, effect.report, effect.entry)
        case 'quarantine':
          sawSimulated ||= effect.item.simulated
          strangers.met(effect.item)
          return shelf.put(effect.item)
        case 'quarantine_left':
          return shelf.take(effect.origin)
        case 'integration':
          prepared('INSERT OR REPLACE INTO integrations VALUES (?, ?, ?)').run(
            effect.integration.id,
            JSON.stringify(effect.access),
            JSON.stringify(effect.integration),
          )
          return
        case 'integration_removed':
          prepared('DELETE FROM integrations WHERE id = ?').run(effect.id)
          return
      }
    },
    replaceLatest(latest) {
      if (removed.has(latest.device)) return
      sawSimulated ||= latest.simulated
      prepared('INSERT OR REPLACE INTO latest VALUES (?, ?, ?)').run(
        latest.device,
        latest.receivedAt,
        JSON.stringify(latest),
      )
    },
    sawSimulated: () => sawSimulated,
  }
}

/** What a search looks into: SQLite folds only ASCII letters, so both sides are folded here. */
export function searchText(
  device: Pick<Device, 'id' | 'name'> & { readonly aliases?: readonly string[] },
): string {
  return [device.id, device.name, ...(device.aliases ?? [])].join('\n').toLowerCase()
}

/** Numbers the entries that one input makes for one alert or ticket, so that each has a key of its own and keeps it. */
function createOrdinals(): { next(position: Position, id: string): number; clear(): void } {
  let at: Position | null = null
  const used = new Map<string, number>()
  return {
    next(position, id) {
      if (position !== at) used.clear()
      at = position
      const ordinal = used.get(id) ?? 0
      used.set(id, ordinal + 1)
      return ordinal
    },
    clear() {
      at = null
      used.clear()
    },
  }
}
