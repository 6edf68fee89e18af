// /devices/{id}/errors and /strangers: what was refused and who is not known, from the quarantine and from the door.

import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readMergedPage, type Timed } from '../../../src/api/merged-page.ts'
import type { PlacedEffect } from '../../../src/ports.ts'
import { bearer, device, deviceEffect, openCity, quarantined, START, type City } from './city.ts'

let city: City

beforeEach(async () => {
  city = await openCity()
  city.apply([deviceEffect(device())])
})
afterEach(() => city.close())

const get = (url: string) => city.app.inject({ url: `/api/v1${url}`, headers: bearer })
const refusal = (at: number, client = 'LH-L-00012') => ({
  at,
  client,
  address: '192.0.2.7',
  reason: 'bad_credentials',
  detail: 'Cannot connect: unknown device or password',
  topic: null,
})

function unknown(sequence: number, name: string, at = START): PlacedEffect['effect'] {
  const effect = quarantined(sequence, Buffer.from('{}'))
  if (effect.kind !== 'quarantine') throw new TypeError('expected a refusal')
  return {
    kind: 'quarantine',
    item: { ...effect.item, at, device: name, code: 'unknown_device', client: '@lora', topic: '' },
  }
}

describe('the errors of a device', () => {
  it('come from the pipeline and from the door, newest first', async () => {
    city.refusals.push(refusal(START + 1), refusal(START - 1), refusal(START, 'other'))
    city.apply([quarantined(5, Buffer.from('一'.repeat(300)))])
    const response = await get('/devices/LH-L-00012/errors')
    expect(response.statusCode).toBe(200)
    expect(response.json()).toEqual({
      items: [
        {
          at: '2026-11-01T22:30:00.001+08:00',
          source: 'door',
          code: 'bad_credentials',
          detail: 'Cannot connect: unknown device or password',
          topic: null,
          payload: null,
          encoding: null,
          quarantine: null,
          address: '192.0.2.7',
        },
        {
          at: '2026-11-01T22:30:00.000+08:00',
          source: 'pipeline',
          code: 'not_json',
          detail: 'Cannot read the payload: expected JSON',
          topic: 'city/v1/150802/streetlight/LH-L-00012/up',
          payload: '一'.repeat(200),
          encoding: 'utf8',
          quarantine: '0-5.0',
          address: null,
        },
        expect.objectContaining({ source: 'door', at: '2026-11-01T22:29:59.999+08:00' }),
      ],
      cursor: null,
    })
  })

  it('show bytes that are no text in base64', async () => {
    city.apply([quarantined(5, Buffer.alloc(1000, 0xff))])
    const [item] = (await get('/devices/LH-L-00012/errors')).json().items
    expect(item).toMatchObject({ encoding: 'base64', payload: '////'.repeat(50) })
  })

  it('are none of a device without any, and of no device there are none', async () => {
    expect((await get('/devices/LH-L-00012/errors')).json()).toEqual({ items: [], cursor: null })
    expect((await get('/devices/none/errors')).statusCode).toBe(404)
  })

  it('come in pages, and refuse a cursor of another device or another list', async () => {
    city.apply([deviceEffect(device({ id: 'X-1' }))])
    for (let sequence = 1; sequence <= 5; sequence++)
      city.apply([quarantined(sequence, Buffer.from(String(sequence)))])
    const page = (await get('/devices/LH-L-00012/errors?limit=2')).json()
    expect(page.items).toHaveLength(2)
    expect(
      (await get(`/devices/LH-L-00012/errors?cursor=${page.cursor}`)).json().items,
    ).toHaveLength(3)
    const list = (await get('/devices?limit=1')).json().cursor
    for (const url of [
      `/devices/X-1/errors?cursor=${page.cursor}`,
      `/devices/LH-L-00012/errors?cursor=${list}`,
      '/devices/LH-L-00012/errors?cursor=bnVsbA',
      '/devices/LH-L-00012/errors?cursor=!',
    ])
      expect((await get(url)).json().code, url).toBe('invalid_cursor')
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'code=x'])
      expect((await get(`/devices/LH-L-00012/errors?${query}`)).statusCode).toBe(400)
  })
})

describe('a refused message', () => {
  it('says in which format it came', async () => {
    city.apply([quarantined(1, Buffer.from('x'))])
    const effect = unknown(2, 'N')
    if (effect.kind === 'quarantine')
      city.apply([{ kind: 'quarantine', item: { ...effect.item, format: 'ctwing' } }])
    const { items } = (await get('/quarantine')).json()
    expect(items.map(({ format }: { format: string }) => format)).toEqual(['ctwing', 'canonical'])
  })
})

describe('strangers', () => {
  it('are those that messages speak of and those that tried to sign in', async () => {
    city.unknownClients.push({
      client: 'NEW-1',
      firstAt: START - 5000,
      lastAt: START + 1000,
      count: 3,
      address: '192.0.2.9',
    })
    city.apply([unknown(4, '24E124AB', START - 1000), unknown(5, '24E124AB')])
    expect((await get('/strangers')).json()).toEqual({
      items: [
        {
          name: 'NEW-1',
          seen: 'sign-in',
          firstAt: '2026-11-01T22:29:55.000+08:00',
          lastAt: '2026-11-01T22:30:01.000+08:00',
          count: 3,
          client: 'NEW-1',
          address: '192.0.2.9',
          topic: null,
        },
        {
          name: '24E124AB',
          seen: 'message',
          firstAt: '2026-11-01T22:29:59.000+08:00',
          lastAt: '2026-11-01T22:30:00.000+08:00',
          count: 2,
          client: '@lora',
          address: null,
          topic: null,
        },
      ],
      cursor: null,
    })
  })

  it('are no strangers any more once a device or an account has their name', async () => {
    const seen = { firstAt: START, lastAt: START, count: 1, address: null }
    for (const client of ['LH-L-00012', 'an-alias', 'lora', 'nobody'])
      city.unknownClients.push({ client, ...seen })
    city.apply([unknown(4, 'an-alias'), unknown(5, 'N-1')])
    city.apply([
      deviceEffect(device({ id: 'N-1', aliases: ['AN-ALIAS'] })),
      {
        kind: 'integration',
        integration: { id: 'lora', name: 'x', format: 'tts', topics: [], createdAt: START },
        access: { id: 'lora', format: 'tts', topics: [], credential: 'aa', previous: null },
      },
    ])
    const { items } = (await get('/strangers')).json()
    expect(items.map(({ name }: { name: string }) => name)).toEqual(['nobody'])
  })
})

describe('readMergedPage()', () => {
  it('shows every item of both sources once, in order, at any length of pages', () => {
    const times = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 20 })
    fc.assert(
      fc.property(times, times, fc.integer({ min: 1, max: 7 }), (stored, remembered, limit) => {
        const down = (name: string, list: readonly number[]): Timed<string>[] =>
          [...list]
            .sort((a, b) => b - a)
            .map((at, index) => ({ at, item: `${at} ${name}${index}` }))
        const all = down('s', stored)
        const sources = {
          stored: (paging: { limit: number; cursor: string | null }) => {
            const from = paging.cursor === null ? 0 : Number(paging.cursor)
            const end = from + paging.limit
            return { items: all.slice(from, end), cursor: end < all.length ? String(end) : null }
          },
          remembered: down('r', remembered),
        }
        const seen: string[] = []
        let cursor: string | null = null
        do {
          const page: { items: string[]; cursor: string | null } = readMergedPage(
            cursor === null ? { limit } : { limit, cursor },
            sources,
          )
          expect(page.items.length).toBeLessThanOrEqual(limit)
          if (page.cursor !== null) expect(page.items.length).toBe(limit)
          seen.push(...page.items)
          cursor = page.cursor
        } while (cursor !== null)
        const expected = [...all, ...sources.remembered].map(({ item }) => item)
        expect([...seen].sort()).toEqual(expected.sort())
        const order = seen.map((item) => Number.parseInt(item, 10))
        expect(order).toEqual([...order].sort((a, b) => b - a))
      }),
    )
  })
})
