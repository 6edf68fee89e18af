// /types: the kinds of assets, with their metrics and rules.

import { z } from 'zod'
import { metricsOf, type DeviceType } from '../core/device-type.ts'
import { access } from './access.ts'
import { textSchema } from './alert-view.ts'
import { ApiError } from './errors.ts'
import type { ApiParts } from './parts.ts'
import type { Server } from './server.ts'

const standardSchema = z.object({
  ref: z.string(),
  status: z.enum(['proposal', 'unverified', 'verified']),
})

const typeSchema = z.object({
  id: z.string(),
  name: textSchema,
  component: z.string(),
  department: z.string(),
  reportSeconds: z.number(),
  metrics: z.array(
    z.object({
      id: z.string(),
      name: textSchema,
      unit: z.string(),
      unitLabel: z.string().optional(),
      kind: z.enum(['number', 'integer', 'counter', 'boolean']),
      min: z.number(),
      max: z.number(),
      precision: z.number(),
      onChange: z.boolean().optional(),
    }),
  ),
  /** Names of `rated` in the registry that the rules read. */
  rated: z.array(z.object({ id: z.string(), name: textSchema, unit: z.string() })),
  /** As in the type's definition; conditions nest. */
  rules: z.array(
    z.looseObject({
      id: z.string(),
      name: textSchema,
      severity: z.string(),
      standard: standardSchema,
      editions: z.array(z.looseObject({ from: z.string(), standard: standardSchema })).optional(),
    }),
  ),
  /** Ids of the codecs a device of this type may name, and of the formats it can speak. */
  codecs: z.array(z.string()),
})

export function typeRoutes(app: Server, parts: Pick<ApiParts, 'types'>): void {
  app.get(
    '/types',
    {
      config: { access: access.read },
      schema: {
        tags: ['types'],
        summary: 'All device types',
        response: { 200: z.object({ items: z.array(typeSchema), cursor: z.null() }) },
      },
    },
    () => ({ items: parts.types.map(show), cursor: null }),
  )

  app.get(
    '/types/:type',
    {
      config: { access: access.read },
      schema: {
        tags: ['types'],
        summary: 'One device type',
        params: z.object({ type: z.string() }),
        response: { 200: typeSchema },
      },
    },
    (request) => {
      const type = parts.types.find(({ id }) => id === request.params.type)
      if (type === undefined)
        throw new ApiError(
          'not_found',
          `Expected the id of a device type, got "${request.params.type}"`,
        )
      return show(type)
    },
  )
}

function show(type: DeviceType): z.output<typeof typeSchema> {
  const { id, name, component, department, reportSeconds } = type
  return {
    id,
    name,
    component,
    department,
    reportSeconds,
    metrics: [...metricsOf(type)],
    rated: (type.rated ?? []).map((one) => ({ ...one })),
    rules: type.rules.map(({ editions, ...rule }) => ({
      ...rule,
      ...(editions === undefined ? {} : { editions: editions.map((one) => ({ ...one })) }),
    })),
    codecs: (type.codecs ?? []).map((codec) => codec.id),
  }
}
