// Reads the integration accounts: for people, and for the doors.

import type { Integration, IntegrationAccess } from '../../core/registry/integration.ts'
import type { StateReader } from '../../ports.ts'
import { jsonIn, numberIn } from '../sqlite/row.ts'
import type { Statements } from '../sqlite/statements.ts'
import { DEVICE_INTEGRATION } from './schema.ts'

export function createIntegrationLists(
  prepared: Statements,
): Pick<StateReader, 'integrations' | 'integrationAccess' | 'devicesOf'> {
  return {
    integrations: () =>
      prepared('SELECT document FROM integrations ORDER BY id')
        .all()
        .map((row) => jsonIn<Integration>(row, 'document')),
    integrationAccess: () =>
      prepared('SELECT access FROM integrations ORDER BY id')
        .all()
        .map((row) => jsonIn<IntegrationAccess>(row, 'access')),
    devicesOf: (integration) =>
      numberIn(
        prepared(`SELECT count(*) AS devices FROM devices WHERE ${DEVICE_INTEGRATION} = ?`).get(
          integration,
        ) ?? {},
        'devices',
      ),
  }
}
