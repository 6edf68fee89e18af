// The datasets that are lists of the API: devices, alerts, tickets, quarantine. As JSON each item is what the list shows; as a table it
// has a column for each of its fields.

import type { Page, Paging } from '../ports.ts'
import { alertView } from './alert-view.ts'
import type { Cell } from './csv-line.ts'
import { deviceView } from './device-schema.ts'
import type { ExportTable } from './export-table.ts'
import type { ApiParts } from './parts.ts'
import { quarantinedView } from './quarantine.ts'
import { ticketView } from './ticket-view.ts'
import type { Times } from './times.ts'

/** Refused payloads may be large. */
const PAGE = 50
/** Between several texts in one cell, as the upload of devices reads them. */
const BETWEEN_TEXTS = '|'

export interface ListDataset {
  readonly name: string
  readonly summary: string
  /** Query parameters that must be equal to the field of the same name. */
  readonly filters: readonly string[]
  readonly table: (filter: Filter) => ExportTable
}

type Filter = Readonly<Record<string, string | undefined>>

interface List extends Omit<ListDataset, 'table'> {
  /** Paths of the fields. */
  readonly header: readonly string[]
  readonly pages: (filter: Filter, paging: Paging) => Page<object>
}

export function listDatasets(
  { reader, types }: Pick<ApiParts, 'reader' | 'types'>,
  times: Times,
): readonly ListDataset[] {
  const rated = types.flatMap((type) => (type.rated ?? []).map(({ id }) => `rated.${id}`))
  const lists: readonly List[] = [
    {
      name: 'devices',
      summary: 'The registry, by id; the table can be uploaded again',
      filters: ['type', 'division', 'parent', 'integration'],
      header: [
        ...columns(
          'id type name division grid street parent lat lon roadClass weakArea department',
          'maintainer componentCode reportSeconds aliases integration codec simulated',
        ),
        ...new Set(rated),
      ],
      pages: ({ type = null, division = null, parent = null, integration = null }, paging) =>
        shown(
          reader.devices({ type, division, parent, integration, search: null }, paging),
          (device) => deviceView(device, times),
        ),
    },
    {
      name: 'alerts',
      summary: 'All alerts, active ones first',
      filters: ['division', 'type', 'device'],
      header: columns(
        'id device deviceName type division street rule severity state raisedAt since',
        'value limit unit metric because.code text.zh text.en ticket parent children',
        'count ackedAt ackedBy returnedAt closedAt simulated',
      ),
      pages: ({ division = null, type = null, device = null }, paging) =>
        shown(
          reader.alerts({ state: 'all', severity: null, division, type, device }, paging),
          (alert) => alertView(alert, times),
        ),
    },
    {
      name: 'tickets',
      summary: 'Tickets, newest first',
      filters: ['delivery', 'device', 'division'],
      header: columns(
        'id alert device deviceName type division rule severity state caseNo openedAt',
        'deadline text.zh text.en delivery.state delivery.attempts delivery.lastError',
        'simulated',
      ),
      pages: ({ delivery = null, device = null, division = null }, paging) =>
        shown(reader.tickets({ delivery, device, division }, paging), (ticket) =>
          ticketView(ticket, times),
        ),
    },
    {
      name: 'quarantine',
      summary: 'Refused messages and readings, newest first',
      filters: ['device', 'code'],
      header: columns(
        'id position at code detail client topic device door format simulated encoding',
        'payload',
      ),
      pages: ({ device = null, code = null }, paging) =>
        shown(reader.quarantine({ device, code }, paging), (item) => quarantinedView(item, times)),
    },
  ]
  return lists.map(({ name, summary, filters, header, pages }) => ({
    name,
    summary,
    filters,
    table: (filter) => tableOf(header, (paging) => pages(filter, paging)),
  }))
}

function columns(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '))
}

function tableOf(header: readonly string[], pages: (paging: Paging) => Page<object>): ExportTable {
  return {
    header,
    async *batches(format) {
      let cursor: string | null = null
      do {
        const page: Page<object> = pages({ limit: PAGE, cursor })
        yield page.items.map((item) =>
          format === 'csv'
            ? { cells: header.map((path) => cellOf(fieldAt(item, path.split('.')))) }
            : { object: item },
        )
        cursor = page.cursor
      } while (cursor !== null)
    },
  }
}

function shown<T>(page: Page<T>, show: (item: T) => object): Page<object> {
  return { items: page.items.map(show), cursor: page.cursor }
}

function fieldAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value
  if (typeof value !== 'object' || value === null) return undefined
  return fieldAt(Object.entries(value).find(([key]) => key === name)?.[1], rest)
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value
  if (Array.isArray(value)) return value.join(BETWEEN_TEXTS)
  return null
}
