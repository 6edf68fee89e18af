// /reference: the city's code tables, as they come with the product.

import { z } from 'zod'
import { access } from './access.ts'
import { readKeyedPage } from './keyed-page.ts'
import { listOf, pagingQuery } from './lists.ts'
import type { ApiParts } from './parts.ts'
import type { Server } from './server.ts'

const tables = [
  { name: 'divisions', summary: 'Division codes, by code' },
  { name: 'components', summary: 'Classes of city components, by code' },
] as const

export function referenceRoutes(app: Server, parts: Pick<ApiParts, 'reference'>): void {
  for (const { name, summary } of tables)
    app.get(
      `/reference/${name}`,
      {
        config: { access: access.read },
        schema: {
          tags: ['reference'],
          summary,
          querystring: z.strictObject(pagingQuery),
          response: { 200: listOf(z.looseObject({ code: z.string() })) },
        },
      },
      (request) =>
        readKeyedPage(
          request.query,
          name,
          parts.reference[name],
          ({ code }) => code,
          (entry) => ({ ...entry }),
        ),
    )
}
