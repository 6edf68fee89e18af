// The registry's calls with the real engine behind them: what it refuses arrives as a readable answer, what it does is shown.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEngine } from '../../../src/core/engine.ts'
import type { Effect } from '../../../src/core/effect.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { PlacedEffect, Submit } from '../../../src/ports.ts'
import { bearer, openCity, START, streetlight, type City } from './city.ts'

let city: City

beforeEach(async () => {
  const engine = createEngine({ types: [streetlight], timeZone: 'Asia/Shanghai' })
  let sequence = 0
  const submit: Submit = async (input) => {
    const effects: Effect[] = []
    const position = positionAt(++sequence)
    const emit = (effect: Effect): void => void effects.push(effect)
    engine.advance(START, position, emit)
    if (input.kind === 'command') engine.command(input.command, input.by, position, emit)
    city.apply(effects.filter(isKept))
    const last = effects.find((effect) => effect.kind === 'outcome')
    if (last === undefined) throw new TypeError('expected an outcome')
    return last.outcome
  }
  city = await openCity(() => ({
    submit,
    makeCredential: () => ({ password: 'made-password', hash: 'ab'.repeat(32) }),
  }))
})
afterEach(() => city.close())

function isKept(effect: Effect): effect is PlacedEffect['effect'] {
  return effect.kind !== 'outcome' && effect.kind !== 'reading' && effect.kind !== 'reply'
}

const call = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) =>
  city.app.inject({
    method,
    url: `/api/v1${url}`,
    headers: bearer,
    ...(payload === undefined ? {} : { payload }),
  })
const lamp = (id: string, more: object = {}) => ({
  id,
  type: 'streetlight',
  name: id,
  division: '150802',
  ...more,
})

describe('the registry', () => {
  it('takes names once, whoever has them', async () => {
    expect((await call('POST', '/devices', lamp('L-1', { aliases: ['MN-1'] }))).statusCode).toBe(
      201,
    )
    const taken = await call('POST', '/devices', [lamp('L-2'), lamp('L-3', { aliases: ['mn-1'] })])
    expect(taken.statusCode).toBe(400)
    expect(taken.json().errors).toEqual([
      { row: 2, field: 'aliases', reason: '"mn-1" is an alias of "L-1"' },
    ])
    expect((await call('GET', '/devices/L-2')).statusCode).toBe(404)
    await call('POST', '/devices', lamp('L-2'))
    const patched = await call('PATCH', '/devices/L-2', { aliases: ['L-1'] })
    expect(patched.statusCode).toBe(400)
    expect(patched.json().errors).toEqual([
      { field: 'aliases', reason: '"L-1" is the id of another device' },
    ])
    expect((await call('PATCH', '/devices/L-2', { aliases: ['free'] })).json().aliases).toEqual([
      'free',
    ])
  })

  it('says which division to use instead of a retired one', async () => {
    const refused = await call('POST', '/devices', lamp('L-1', { division: '152801' }))
    expect(refused.json().errors).toEqual([
      {
        row: 1,
        field: 'division',
        reason: 'expected 150802, which took the place of 152801 in 2004',
      },
    ])
    await call('POST', '/devices', lamp('L-1'))
    const moved = await call('PATCH', '/devices/L-1', { division: '150801' })
    expect(moved.statusCode).toBe(400)
    expect(moved.json().errors[0].field).toBe('division')
  })

  it('keeps devices and accounts apart', async () => {
    await call('POST', '/devices', lamp('lora'))
    const account = { id: 'lora', name: 'x', format: 'chirpstack' }
    expect((await call('POST', '/integrations', account)).statusCode).toBe(409)
    expect((await call('POST', '/integrations', { ...account, id: 'tts' })).statusCode).toBe(201)
    const device = await call('POST', '/devices', lamp('tts'))
    expect(device.json().errors).toEqual([
      { row: 1, field: 'id', reason: '"tts" is an integration account' },
    ])
  })

  it('refuses accounts whose topics would reach into the city', async () => {
    const account = { id: 'lora', name: 'x', format: 'chirpstack' }
    for (const topics of [['city/#'], ['$SYS/#'], ['#'], ['+/v1/#'], ['a/#/b'], []]) {
      const refused = await call('POST', '/integrations', { ...account, topics })
      expect(refused.statusCode, String(topics)).toBe(400)
      expect(refused.json().errors[0].field).toBe('topics')
    }
    expect((await call('GET', '/integrations')).json().items).toEqual([])
  })

  it('rotates and revokes a credential', async () => {
    await call('POST', '/devices', lamp('L-1'))
    const shown = async () => (await call('GET', '/devices/L-1')).json()
    await call('POST', '/devices/L-1/credentials')
    await call('POST', '/devices/L-1/credentials?overlapSeconds=60')
    expect(await shown()).toMatchObject({
      hasCredential: true,
      previousCredentialUntil: '2026-11-01T22:31:00.000+08:00',
    })
    for (let time = 0; time < 2; time++)
      expect((await call('DELETE', '/devices/L-1/credentials')).statusCode).toBe(204)
    expect(await shown()).toMatchObject({
      hasCredential: false,
      previousCredentialUntil: null,
      revoked: true,
    })
    await call('POST', '/devices/L-1/credentials')
    expect(await shown()).toMatchObject({ hasCredential: true, revoked: false })
  })

  it('takes a table of 20,000 devices, or lists what is wrong with it, in a few seconds', async () => {
    const table = (division: string) =>
      [
        'id,type,name,division,aliases,integration',
        ...Array.from(
          { length: 20_000 },
          (_, n) => `L-${n},streetlight,灯 ${n},${division},MN${n}|24E124${n},lora`,
        ),
      ].join('\n')
    const upload = (payload: string) =>
      city.app.inject({
        method: 'POST',
        url: '/api/v1/devices',
        headers: { ...bearer, 'content-type': 'text/csv' },
        payload,
      })
    const refused = await upload(table('152801'))
    expect(refused.statusCode).toBe(400)
    expect(refused.json().errors).toHaveLength(1000)
    const taken = await upload(table('150802'))
    expect(taken.statusCode).toBe(201)
    expect((await call('GET', '/devices?q=24e12419999')).json().items).toHaveLength(1)
  }, 15_000)
})
