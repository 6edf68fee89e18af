// What an accepted registration or change should make its author look at: it may be right, and it may be a slip.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bearer, openCity, streetlight, type City } from './city.ts'

const rated = [{ id: 'power', name: { zh: '功率', en: 'Power' }, unit: 'W' }]
const { rated: _others, ...bare } = streetlight
const types = [
  { ...bare, rated },
  { ...bare, id: 'plain' },
]
let city: City

beforeEach(async () => {
  city = await openCity(() => ({ types }))
})
afterEach(() => city.close())

const call = (method: 'POST' | 'PATCH', url: string, payload: object | string) =>
  city.app.inject({
    method,
    url: `/api/v1${url}`,
    headers: {
      ...bearer,
      'content-type': typeof payload === 'string' ? 'text/csv' : 'application/json',
    },
    payload,
  })
const lamp = (id: string, more: object = {}) => ({
  id,
  type: 'streetlight',
  name: id,
  division: '150802',
  ...more,
})
const odd = { integration: 'nope', division: '320508', rated: { power: 5, powr: 5 } }
const warnings = [
  'integration: no account "nope" yet',
  'division: "320508" is not in the table of the city',
  'rated.powr: type "streetlight" does not read it',
]

describe('the answer to POST /devices', () => {
  it('says what may be a slip', async () => {
    const made = await call('POST', '/devices', lamp('L-1', odd))
    expect(made.statusCode).toBe(201)
    expect(made.json()).toMatchObject({ id: 'L-1', warnings })
  })

  it('says nothing where there is nothing to say', async () => {
    await call('POST', '/integrations', { id: 'lora', name: 'x', format: 'chirpstack' })
    const fine = { integration: 'lora', rated: { power: 5 } }
    expect((await call('POST', '/devices', lamp('L-1', fine))).json()).not.toHaveProperty(
      'warnings',
    )
    const many = await call('POST', '/devices', [lamp('L-3')])
    expect(many.json()).toEqual({ registered: 1, ids: ['L-3'] })
  })

  it('says that a type reads no rated values at all', async () => {
    const plain = lamp('L-2', { type: 'plain', rated: { power: 5 } })
    const made = await call('POST', '/devices', plain)
    expect(made.json(), made.body).toHaveProperty('warnings', [
      'rated.power: type "plain" does not read it',
    ])
  })

  it('names the rows of an upload, once for each warning', async () => {
    const rows = [lamp('L-1'), lamp('L-2', odd), lamp('L-3', { integration: 'nope' })]
    const made = await call('POST', '/devices', rows)
    expect(made.json()).toEqual({
      registered: 3,
      ids: ['L-1', 'L-2', 'L-3'],
      warnings: [
        'rows 2, 3: integration: no account "nope" yet',
        'row 2: division: "320508" is not in the table of the city',
        'row 2: rated.powr: type "streetlight" does not read it',
      ],
    })
  })

  it('stays short for a long table', async () => {
    const rows = Array.from(
      { length: 3000 },
      (_, n) => `L-${n},streetlight,x,${150803 + (n % 150)},nope`,
    )
    const table = ['id,type,name,division,integration', ...rows].join('\n')
    const made = (await call('POST', '/devices', table)).json()
    expect(made.registered).toBe(3000)
    expect(made.warnings).toHaveLength(101)
    expect(made.warnings[0]).toBe(
      'rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2990 more: integration: no account "nope" yet',
    )
    expect(made.warnings.at(-1)).toMatch(/^\d+ more warnings$/)
  })
})

describe('the answer to PATCH /devices/{id}', () => {
  it('warns of what was changed, and of nothing else', async () => {
    await call('POST', '/devices', lamp('L-1', odd))
    expect((await call('PATCH', '/devices/L-1', { name: 'new' })).json()).not.toHaveProperty(
      'warnings',
    )
    expect((await call('PATCH', '/devices/L-1', odd)).json()).toMatchObject({ warnings })
    const patched = await call('PATCH', '/devices/L-1', { integration: null, rated: {} })
    expect(patched.statusCode).toBe(200)
    expect(patched.json()).not.toHaveProperty('warnings')
  })
})
