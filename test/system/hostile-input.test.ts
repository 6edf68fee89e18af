// Everything a broken or hostile device can send, against the real binary: refused or quarantined with its reason, counted, and a
// good device beside it notices nothing.

import { connect as dial, type Socket } from 'node:net'
import { connectAsync, type MqttClient } from 'mqtt'
import { generate } from 'mqtt-packet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  removeDirectory,
  startProduct,
  until,
  type PipelineNumbers,
  type Product,
} from '../support/product.ts'

let product: Product
let good: MqttClient
let passwords: Map<string, string>
const ids = ['HO-1', 'HO-2', 'HO-3', 'HO-4', 'HO-5', 'HO-6']

beforeAll(async () => {
  product = await startProduct()
  await product.api(
    'POST',
    '/devices',
    ids.map((id) => ({ id, type: 'streetlight', name: id, division: '150802' })),
  )
  passwords = new Map()
  for (const id of ids) {
    const { body } = await product.api<{ password: string }>(
      'POST',
      `/devices/${id}/credentials`,
      {},
    )
    passwords.set(id, body.password)
  }
  good = await client('HO-1')
})

afterAll(async () => {
  await good.endAsync()
  expect(await product.stop()).toBe(0)
  removeDirectory(product.dataDirectory)
})

const topicOf = (id: string) => `city/v1/150802/streetlight/${id}/up`
const client = (id: string) =>
  connectAsync({
    ...product.mqtt,
    clientId: id,
    username: id,
    password: passwords.get(id) ?? '',
    reconnectPeriod: 0,
  })

interface Quarantined {
  items: { code: string; device: string | null; detail: string; payload: string }[]
}

async function goodReadingArrives(): Promise<void> {
  const ts = Date.now()
  await good.publishAsync(topicOf('HO-1'), JSON.stringify({ v: 1, ts, m: { voltage: 230 } }), {
    qos: 1,
  })
  await until('the good reading', async () => {
    const { body } = await product.api<{ points: { t: number }[] }>(
      'GET',
      `/devices/HO-1/telemetry?metric=voltage&from=${ts}&to=${ts + 1}`,
    )
    return body.points.length === 1
  })
}

describe('a malformed payload', () => {
  const now = Date.now()
  const rows: readonly [string, string | Buffer, string][] = [
    ['is not JSON', '{"v":1,"m":', 'not_json'],
    ['is not UTF-8', Buffer.from([0xff, 0xfe, 0x80, 0x00]), 'not_json'],
    ['is an array of nothing', '[]', 'wrong_shape'],
    ['has no metrics', '{"v":1,"m":{}}', 'empty'],
    ['has a text for a number', `{"v":1,"ts":${now},"m":{"voltage":"230"}}`, 'wrong_type'],
    ['has a number for a boolean', `{"v":1,"ts":${now + 1},"m":{"lamp_on":1}}`, 'wrong_type'],
    [
      'names a metric nobody knows',
      `{"v":1,"ts":${now + 2},"m":{"warp_drive":9}}`,
      'unknown_metric',
    ],
    [
      'is outside the physical range',
      `{"v":1,"ts":${now + 3},"m":{"voltage":4000}}`,
      'out_of_range',
    ],
    ['is eight days old', `{"v":1,"ts":${now - 8 * 86_400_000},"m":{"voltage":230}}`, 'too_old'],
    ['is an hour ahead', `{"v":1,"ts":${now + 3_600_000},"m":{"voltage":230}}`, 'in_future'],
    [
      'has a local time without zone',
      '{"v":1,"ts":"2026-11-01T22:30:00","m":{"voltage":230}}',
      'bad_timestamp',
    ],
    ['hides a prototype', '{"v":1,"m":{"__proto__":{"x":1}}}', 'wrong_shape'],
  ]

  it('is acknowledged and ends in quarantine with its reason', async () => {
    const device = await client('HO-2')
    for (const [, payload] of rows) await device.publishAsync(topicOf('HO-2'), payload, { qos: 1 })
    await device.endAsync()
    const { items } = await until('all in quarantine', async () => {
      const { body } = await product.api<Quarantined>('GET', '/quarantine?device=HO-2&limit=100')
      return body.items.length === rows.length && body
    })
    const codes = items.map((item) => item.code).reverse()
    expect(codes.map((code, index) => [rows[index]?.[0], code])).toEqual(
      rows.map(([what, , code]) => [what, code]),
    )
    for (const item of items) expect(item.detail.length).toBeGreaterThan(10)
    await goodReadingArrives()
  })
})

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => {})
    socket.resume()
    socket.once('close', () => resolve())
  })
}

describe('the socket', () => {
  it('refuses a packet announced with 256 MB before CONNECT', async () => {
    const socket = dial(product.mqtt)
    const gone = closed(socket)
    socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]))
    socket.write(Buffer.alloc(64 * 1024))
    await gone
    await goodReadingArrives()
  })

  it('refuses a payload of 10 MB and keeps serving others', async () => {
    const device = await client('HO-3')
    device.on('error', () => {})
    const gone = new Promise<void>((resolve) => device.once('close', () => resolve()))
    device.publish(topicOf('HO-3'), Buffer.alloc(10 * 1024 * 1024, 0x61), { qos: 1 })
    await gone
    await device.endAsync(true)
    await goodReadingArrives()
  })

  it('survives random bytes', async () => {
    const sockets = Array.from({ length: 30 }, (_, index) => {
      const socket = dial(product.mqtt)
      const gone = closed(socket)
      const bytes = Buffer.from(
        Array.from({ length: 400 }, (_unused, at) => (at * 31 + index * 57) % 256),
      )
      socket.end(bytes)
      return gone
    })
    await Promise.all(sockets)
    await goodReadingArrives()
  })

  it('refuses a wrong password, an unknown device and a borrowed identity', async () => {
    const tries = [
      { clientId: 'HO-4', username: 'HO-4', password: 'wrong' },
      { clientId: 'NOBODY', username: 'NOBODY', password: 'x'.repeat(32) },
      { clientId: 'HO-5', username: 'HO-4', password: passwords.get('HO-4') ?? '' },
    ]
    for (const options of tries)
      await expect(
        connectAsync({ ...product.mqtt, ...options, reconnectPeriod: 0 }),
      ).rejects.toThrow(/Not authorized|Bad user/i)
    await goodReadingArrives()
  })

  it('refuses a foreign topic and counts it', async () => {
    const device = await client('HO-4')
    device.on('error', () => {})
    const gone = new Promise<void>((resolve) => device.once('close', () => resolve()))
    device.publish(topicOf('HO-5'), '{"v":1,"m":{"voltage":230}}', { qos: 1 })
    await gone
    await device.endAsync(true)
    const { body } = await product.api<PipelineNumbers & { refused: Record<string, number> }>(
      'GET',
      '/pipeline',
    )
    expect(
      Object.values(body.refused).reduce((sum, count) => sum + count, 0),
    ).toBeGreaterThanOrEqual(5)
    expect(product.log()).toContain('"reason":"foreign_topic"')
    const stolen = await product.api<{ points: unknown[] }>(
      'GET',
      '/devices/HO-5/telemetry?metric=voltage',
    )
    expect(stolen.body.points).toEqual([])
    await goodReadingArrives()
  })

  it('refuses a will on another topic', async () => {
    const socket = dial(product.mqtt)
    const gone = closed(socket)
    socket.write(
      generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId: 'HO-6',
        keepalive: 30,
        username: 'HO-6',
        password: Buffer.from(passwords.get('HO-6') ?? ''),
        will: { topic: topicOf('HO-5'), payload: Buffer.from('{}'), qos: 1, retain: true },
      }),
    )
    await gone
    await goodReadingArrives()
  })
})

describe('the accounting', () => {
  it('still holds', async () => {
    const numbers = await until('the pipeline to be through', async () => {
      const { body } = await product.api<PipelineNumbers>('GET', '/pipeline')
      return body.pending === 0 && body
    })
    expect(numbers.holds).toBe(true)
    expect(numbers.quarantined).toBe(12)
  })
})
