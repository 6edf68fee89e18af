// /devices: the registry. Uploads are all or nothing.

import { z } from 'zod'
import type { Device } from '../core/registry/device.ts'
import { access } from './access.ts'
import { CSV_BYTES_MAX, keepBodiesRaw } from './bodies.ts'
import {
  createDeviceSchema,
  devicePatchSchema,
  deviceSchema,
  deviceView,
  fullDeviceSchema,
} from './device-schema.ts'
import { createDeviceUpload } from './device-upload.ts'
import { createDeviceWarnings, warningsField } from './device-warnings.ts'
import { ApiError } from './errors.ts'
import { listOf, pagingQuery, readPage, shortText } from './lists.ts'
import { command } from './outcomes.ts'
import type { ApiParts } from './parts.ts'
import { principalOf } from './principal.ts'
import type { Server } from './server.ts'
import type { Times } from './times.ts'

const idParams = z.object({ id: z.string() })

export function deviceRoutes(app: Server, parts: ApiParts, times: Times): void {
  const { reader, submit } = parts
  const warnings = createDeviceWarnings(parts)

  app.get(
    '/devices',
    {
      config: { access: access.read },
      schema: {
        tags: ['devices'],
        summary: 'Devices, by id; `q` looks for a piece of id, name or alias',
        querystring: z.strictObject({
          type: shortText.optional(),
          division: shortText.optional(),
          parent: shortText.optional(),
          integration: shortText.optional(),
          q: shortText.optional(),
          ...pagingQuery,
        }),
        response: { 200: listOf(deviceSchema) },
      },
    },
    (request) => {
      const { type, division, parent, integration, q } = request.query
      const filter = {
        type: type ?? null,
        division: division ?? null,
        parent: parent ?? null,
        integration: integration ?? null,
        search: q ?? null,
      }
      return readPage(
        request.query,
        (paging) => reader.devices(filter, paging),
        (device: Device) => deviceView(device, times),
      )
    },
  )

  app.get(
    '/devices/:id',
    {
      config: { access: access.read },
      schema: {
        tags: ['devices'],
        summary: 'One device, with its connection state',
        params: idParams,
        response: { 200: fullDeviceSchema },
      },
    },
    (request) => present(request.params.id),
  )

  app.patch(
    '/devices/:id',
    {
      config: { access: access.engineer },
      schema: {
        tags: ['devices'],
        summary: 'Change fields of a device; id and type stay',
        params: idParams,
        body: devicePatchSchema,
        response: { 200: fullDeviceSchema.extend(warningsField) },
      },
    },
    async (request) => {
      const { id } = request.params
      const patch = request.body
      await command(submit, principalOf(request).name, { kind: 'device.update', id, patch })
      const shown = present(id)
      return { ...shown, ...warnings.of({ ...patch, type: shown.type }) }
    },
  )

  app.delete(
    '/devices/:id',
    {
      config: { access: access.engineer },
      schema: {
        tags: ['devices'],
        summary: 'Remove a device that no other one hangs on; its history stays',
        params: idParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      await command(submit, principalOf(request).name, { kind: 'device.remove', id })
      return reply.code(204).send(null)
    },
  )

  function present(id: string) {
    const device = reader.device(id)
    if (device === null) throw new ApiError('not_found', `Expected the id of a device, got "${id}"`)
    const { presence, lastSeenAt, hasCredential, previousCredentialUntil: until, revoked } = device
    const clock = reader.latest(id)?.clock ?? null
    return {
      ...deviceView(device, times),
      presence,
      lastSeenAt: times.isoOrNull(lastSeenAt),
      hasCredential,
      previousCredentialUntil:
        until !== null && parts.clock.now() < until ? times.iso(until) : null,
      revoked,
      clock: clock === null ? null : { skewMs: clock.skewMs, at: times.iso(clock.at) },
    }
  }
}

/** In a scope of its own: only here a table is an acceptable body. */
export function deviceUploadRoutes(app: Server, parts: ApiParts, times: Times): void {
  keepBodiesRaw(app, 'text/csv', CSV_BYTES_MAX)
  const upload = createDeviceUpload(parts.types, parts.reader)
  const warnings = createDeviceWarnings(parts)
  const oneDevice = createDeviceSchema(parts.types)
  const decoder = new TextDecoder('utf-8', { fatal: true })

  app.post(
    '/devices',
    {
      config: { access: access.engineer },
      schema: {
        tags: ['devices'],
        summary: 'Register one device, a list, or a table: all or nothing, every mistake listed',
        consumes: ['application/json', 'text/csv'],
        body: z.union([oneDevice, z.array(oneDevice)]),
        response: {
          201: z.union([
            deviceSchema.partial({ createdAt: true }).extend(warningsField),
            z.object({ registered: z.number(), ids: z.array(z.string()), ...warningsField }),
          ]),
        },
      },
    },
    async (request, reply) => {
      const body: unknown = request.body
      const checked = upload.check(Buffer.isBuffer(body) ? { csv: text(body) } : { json: body })
      if (!checked.ok)
        throw new ApiError(
          'invalid_request',
          `Nothing was registered: ${checked.errors.length} mistakes`,
          { errors: checked.errors },
        )
      const { devices } = checked
      await command(parts.submit, principalOf(request).name, { kind: 'devices.register', devices })
      reply.code(201)
      const [only] = devices
      if (Array.isArray(body) || Buffer.isBuffer(body) || only === undefined)
        return {
          registered: devices.length,
          ids: devices.map(({ id }) => id),
          ...warnings.ofRows(devices),
        }
      reply.header('location', `/api/v1/devices/${only.id}`)
      const stored = parts.reader.device(only.id)
      const shown =
        stored === null ? { ...only, aliases: [...only.aliases] } : deviceView(stored, times)
      return { ...shown, ...warnings.of(only) }
    },
  )

  function text(body: Buffer): string {
    try {
      return decoder.decode(body)
    } catch {
      throw new ApiError('invalid_request', 'Expected a table in UTF-8', {
        errors: [{ row: 0, field: 'row', reason: 'expected UTF-8' }],
      })
    }
  }
}
