// Reads the registry: lists, one device with how it is doing, and what the doors need.

import type { DatabaseSync } from 'node:sqlite'
import { foldAlias } from '../../core/registry/alias.ts'
import type { Device, DeviceAccess } from '../../core/registry/device.ts'
import type { Latest } from '../../core/effect.ts'
import type { Millis } from '../../core/position.ts'
import type { StateReader } from '../../ports.ts'
import { jsonIn, numberIn, numberOrNullIn, textIn, textOrNullIn, type Row } from '../sqlite/row.ts'
import type { Statements } from '../sqlite/statements.ts'
import { equalities, listPage, type List } from './list-page.ts'
import { DEVICE_INTEGRATION } from './schema.ts'

const devicesById: List<Device> = {
  table: 'devices',
  order: ['id'],
  direction: 'ASC',
  columns: 'document',
  read: (row) => jsonIn(row, 'document'),
}

export function createDeviceLists(
  database: DatabaseSync,
  prepared: Statements,
): Pick<StateReader, 'devices' | 'device' | 'deviceNamed' | 'access' | 'latest' | 'anySimulated'> {
  return {
    devices({ type, division, parent, integration = null, search }, paging) {
      const conditions = [
        ...equalities({ type, division, parent, [DEVICE_INTEGRATION]: integration }),
      ]
      if (search !== null)
        conditions.push({ sql: 'instr(search, ?) > 0', parameters: [search.toLowerCase()] })
      return listPage(prepared, devicesById, conditions, paging)
    },
    device(id) {
      const row = prepared(
        `SELECT devices.document, has_credential, access, state, at, received_at
         FROM devices LEFT JOIN presence ON presence.device = id LEFT JOIN latest ON latest.device = id
         WHERE id = ?`,
      ).get(id)
      if (row === undefined) return null
      const state = textOrNullIn(row, 'state')
      const { previous = null, revoked = false } = jsonIn<DeviceAccess>(row, 'access')
      return {
        ...jsonIn<Device>(row, 'document'),
        presence: state === 'online' || state === 'offline' ? state : null,
        lastSeenAt: lastSeen(row),
        hasCredential: numberIn(row, 'has_credential') === 1,
        previousCredentialUntil: previous === null ? null : previous.until,
        revoked,
      }
    },
    deviceNamed(name) {
      const row =
        prepared('SELECT id FROM devices WHERE id = ?').get(name) ??
        prepared('SELECT device AS id FROM aliases WHERE alias = ?').get(foldAlias(name))
      return row === undefined ? null : textIn(row, 'id')
    },
    *access() {
      // A statement of its own: it is stepped while the caller may be using others.
      const statement = database.prepare('SELECT access FROM devices ORDER BY id')
      for (const row of statement.iterate()) yield jsonIn<DeviceAccess>(row, 'access')
    },
    anySimulated: () =>
      numberIn(prepared('SELECT any_simulated FROM meta').get() ?? {}, 'any_simulated') === 1,
    latest(device) {
      const row = prepared('SELECT document FROM latest WHERE device = ?').get(device)
      return row === undefined ? null : jsonIn<Latest>(row, 'document')
    },
  }
}

/** Its newest message, or its connection when that is newer. Going offline is no sign of life. */
function lastSeen(row: Row): Millis | null {
  const message = numberOrNullIn(row, 'received_at')
  const connected = textOrNullIn(row, 'state') === 'online' ? numberOrNullIn(row, 'at') : null
  if (message === null || connected === null) return message ?? connected
  return Math.max(message, connected)
}
