// What people and systems read of a device type.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { bearer, openCity, streetlight, type City } from './city.ts'

const rated = [{ id: 'power', name: { zh: '额定功率', en: 'Rated power' }, unit: 'W' }]
let city: City

beforeEach(async () => {
  const { rated: _none, ...plain } = streetlight
  city = await openCity(() => ({
    types: [
      { ...plain, rated },
      { ...plain, id: 'plain' },
    ],
  }))
})
afterEach(() => city.close())

const get = (url: string) => city.app.inject({ url: `/api/v1${url}`, headers: bearer })

it('GET /types names the rated values that each type reads', async () => {
  const { items } = (await get('/types')).json<{ items: { rated: unknown }[] }>()
  expect(items.map((type) => type.rated)).toEqual([rated, []])
})

it('GET /types/{type} names them too', async () => {
  expect((await get('/types/streetlight')).json()).toMatchObject({ rated })
  expect((await get('/types/plain')).json()).toMatchObject({ rated: [] })
})
