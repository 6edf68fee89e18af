import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { access, denyByDefault, roles, type Access } from '../../../src/api/access.ts'
import type { Server } from '../../../src/api/server.ts'
import { bearer, openCity } from './city.ts'

const people = 'viewer operator crew engineer admin'
const operate = 'operator engineer admin'
const engineer = 'engineer admin'

/** The authorisation matrix, for the calls that exist. */
const matrix: Readonly<Record<string, string>> = {
  'GET /health/live': 'open',
  'GET /health/ready': 'open',
  'GET /metrics': 'viewer operator engineer admin',
  'GET /openapi.json': people,
  'GET /docs': people,
  'POST /api/v1/session': 'open',
  'DELETE /api/v1/session': `${people} auditor`,
  'GET /api/v1/me': `${people} auditor`,
  'GET /api/v1/reference/divisions': people,
  'GET /api/v1/reference/components': people,
  'GET /api/v1/types': people,
  'GET /api/v1/types/{type}': people,
  'GET /api/v1/devices': people,
  'GET /api/v1/devices/{id}': people,
  'POST /api/v1/devices': engineer,
  'PATCH /api/v1/devices/{id}': engineer,
  'DELETE /api/v1/devices/{id}': engineer,
  'POST /api/v1/devices/{id}/credentials': engineer,
  'DELETE /api/v1/devices/{id}/credentials': engineer,
  'GET /api/v1/devices/{id}/errors': engineer,
  'GET /api/v1/strangers': engineer,
  'GET /api/v1/integrations': engineer,
  'POST /api/v1/integrations': 'admin',
  'GET /api/v1/integrations/{id}': engineer,
  'DELETE /api/v1/integrations/{id}': 'admin',
  'POST /api/v1/integrations/{id}/credentials': 'admin',
  'GET /api/v1/devices/{id}/telemetry': people,
  'GET /api/v1/devices/{id}/latest': people,
  'GET /api/v1/telemetry': people,
  'GET /api/v1/telemetry/groups': people,
  'GET /api/v1/latest': people,
  'GET /api/v1/retention': `${engineer} auditor`,
  'GET /api/v1/export/telemetry': operate,
  'GET /api/v1/export/devices': operate,
  'GET /api/v1/export/alerts': operate,
  'GET /api/v1/export/tickets': operate,
  'GET /api/v1/export/quarantine': operate,
  'GET /api/v1/export/{dataset}': operate,
  'POST /api/v1/ingest': `${engineer} integration`,
  'POST /api/v1/ingest/ctwing': `${engineer} integration`,
  'POST /api/v1/ingest/onenet': `${engineer} integration`,
  'GET /api/v1/ingest/onenet': `${engineer} integration`,
  'POST /api/v1/ingest/onenet/{account}': 'signature',
  'GET /api/v1/ingest/onenet/{account}': 'signature',
  'GET /api/v1/alerts': people,
  'GET /api/v1/alerts/{id}': people,
  'POST /api/v1/alerts/{id}/ack': operate,
  'POST /api/v1/alerts/{id}/comment': operate,
  'POST /api/v1/alerts/ack': operate,
  'GET /api/v1/tickets': people,
  'GET /api/v1/tickets/{id}': people,
  'POST /api/v1/tickets/{id}/retry': operate,
  'POST /api/v1/cases/events': 'signature',
  'GET /api/v1/quarantine': operate,
  'POST /api/v1/quarantine/redrive': engineer,
  'GET /api/v1/pipeline': 'viewer operator engineer admin',
  'GET /api/v1/stream': people,
}

describe('access', () => {
  it('is declared as the matrix says, for every call', async () => {
    const city = await openCity()
    const document = (await city.app.inject({ url: '/openapi.json', headers: bearer })).json()
    const paths: Record<string, Record<string, { 'x-access': Access }>> = document.paths
    const declared = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [
        `${method.toUpperCase()} ${path}`,
        [operation['x-access']].flat().join(' '),
      ]),
    )
    expect(Object.fromEntries(declared)).toEqual(matrix)
    await city.close()
  })

  it.each(roles)(
    'is given to %s where the route names the role, and nowhere else',
    async (role) => {
      const app = fastify() as unknown as Server
      app.decorateRequest('principal', null)
      app.addHook('onRequest', (request, _reply, done) => {
        request.principal = { name: 'someone', role, session: null }
        done()
      })
      denyByDefault(app)
      for (const [name, list] of Object.entries(access))
        app.get(`/${name}`, { config: { access: list } }, () => 'done')
      app.setErrorHandler((error, _request, reply) => reply.code(403).send({ ...(error as Error) }))
      for (const [name, list] of Object.entries(access)) {
        const response = await app.inject({ url: `/${name}` })
        const isAllowed = (list as readonly string[]).includes(role)
        expect(response.statusCode, name).toBe(isAllowed ? 200 : 403)
        if (!isAllowed) expect(response.json().code).toBe('forbidden')
      }
      await app.close()
    },
  )

  it('must be declared: a route without it stops the start', async () => {
    const app = fastify() as unknown as Server
    denyByDefault(app)
    expect(() => app.get('/forgotten', () => 'open')).toThrow(/expected config.access, got none/)
    await app.close()
  })

  it('is refused to an unknown sender', async () => {
    const app = fastify() as unknown as Server
    app.decorateRequest('principal', null)
    denyByDefault(app)
    app.get('/it', { config: { access: access.read } }, () => 'done')
    const response = await app.inject({ url: '/it' })
    expect(response.json()).toMatchObject({ code: 'unauthenticated' })
    await app.close()
  })
})
