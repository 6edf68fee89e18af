import fastify from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import { describe, expect, it } from 'vitest'
import type { ApiError } from '../../../src/api/errors.ts'
import { expectWindowAllowed, finestWindow } from '../../../src/api/personal-data.ts'
import type { Role } from '../../../src/api/access.ts'
import type { ApiParts } from '../../../src/api/parts.ts'
import type { Server } from '../../../src/api/server.ts'
import { telemetryGroupRoutes } from '../../../src/api/telemetry-groups.ts'
import { createTimes } from '../../../src/api/times.ts'
import { createQuestions } from '../../../src/api/questions.ts'
import { telemetryWindows } from '../../../src/ports.ts'
import { device, deviceEffect, openCity, streetlight } from './city.ts'

const rooms = { id: 'indoor-temperature', reportSeconds: 3600 }
const lights = { id: 'streetlight', reportSeconds: 900 }

const allowed = (role: Role, type: typeof rooms) =>
  telemetryWindows.filter((window) => {
    try {
      expectWindowAllowed(role, type, window)
      return true
    } catch (error) {
      expect(error).toMatchObject({
        name: 'ApiError',
        code: 'forbidden',
      } satisfies Partial<ApiError>)
      return false
    }
  })

describe('single readings from dwellings', () => {
  it.each(['operator', 'engineer', 'admin'] as const)('are for %s', (role) => {
    expect(allowed(role, rooms)).toEqual(telemetryWindows)
    expect(finestWindow(role, rooms)).toBe('raw')
  })

  it.each(['viewer', 'crew', 'auditor', 'integration'] as const)('are not for %s', (role) => {
    expect(allowed(role, rooms)).toEqual(['1h', '6h', '1d'])
    expect(finestWindow(role, { ...rooms, reportSeconds: 7200 })).toBe('6h')
    expect(finestWindow(role, { ...rooms, reportSeconds: 600_000 })).toBe('1d')
  })

  it('are the only ones that are held back', () => {
    expect(allowed('viewer', lights)).toEqual(telemetryWindows)
    expect(allowed('viewer', { id: 'sanitation-vehicle', reportSeconds: 3600 })).toEqual(
      telemetryWindows,
    )
  })
})

describe('sums over dwellings', () => {
  const point = (devices: number) => ({
    t: devices,
    devices,
    count: devices,
    min: 1,
    max: 1,
    mean: 1,
    total: devices,
  })

  async function groupsFor(role: Role): Promise<unknown[]> {
    const types = [{ ...streetlight, ...rooms }]
    let parts: ApiParts | null = null
    const city = await openCity((given) => {
      parts = {
        ...given,
        types,
        telemetry: {
          ...given.telemetry,
          groups: async ({ groups }) =>
            groups.map(({ key }) => ({ key, points: [point(3), point(5)] })),
        },
      }
      return {}
    })
    if (parts === null) throw new TypeError('expected the parts of the API')
    const home = (id: string, street: string) =>
      deviceEffect(device({ id, street, type: rooms.id }))
    city.apply([1, 2, 3, 4, 5].map((number) => home(`A-${number}`, '大街')))
    city.apply([1, 2, 3, 4].map((number) => home(`B-${number}`, '小街')))
    const app = fastify() as unknown as Server
    app.setValidatorCompiler(validatorCompiler)
    app.setSerializerCompiler(() => (body) => JSON.stringify(body))
    app.decorateRequest('principal', null)
    app.addHook('onRequest', (request, _reply, done) => {
      request.principal = { name: 'someone', role, session: null }
      done()
    })
    const questions = createQuestions({ clock: city.clock, max: 1, what: 'questions' })
    telemetryGroupRoutes(app, parts, createTimes('Asia/Shanghai'), questions)
    const url = '/telemetry/groups?type=indoor-temperature&metric=leakage&by=street'
    const { groups } = (await app.inject({ url })).json()
    await app.close()
    await city.close()
    return groups
  }

  it('hide who has fewer than five beside them', async () => {
    expect(await groupsFor('viewer')).toEqual([
      { key: '大街', devices: 5, points: [point(5)] },
      { key: '小街', devices: 4, points: [], suppressed: true },
    ])
  })

  it('show everything to who works with it', async () => {
    expect(await groupsFor('operator')).toEqual([
      { key: '大街', devices: 5, points: [point(3), point(5)] },
      { key: '小街', devices: 4, points: [point(3), point(5)] },
    ])
  })
})
