// Other networks at the real binary: a LoRaWAN server, a fleet of DTUs and an operator's platform speak through their accounts, and
// devices come over TLS, with a certificate and over WebSocket.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { crcHj212 } from '../../src/decoders/crc-16.ts'
import {
  removeDirectory,
  startProduct,
  until,
  type PipelineNumbers,
  type Product,
} from '../support/product.ts'

const certificates = join(import.meta.dirname, '../support/certificates')
const file = (name: string): string => join(certificates, name)
const MN = '150802DUST0000000000ABCD'
const DEV_EUI = '24e124136c506271'
const IMEI = '862592051651472'

let product: Product
let addresses: Readonly<Record<string, string>>
const accounts = new Map<string, string>()
const clients: MqttClient[] = []

beforeAll(async () => {
  product = await startProduct({
    environment: {
      HETAO_MQTTS: '127.0.0.1:0',
      HETAO_WS: '127.0.0.1:0',
      HETAO_WSS: '127.0.0.1:0',
      HETAO_TLS_CERT: file('server.crt'),
      HETAO_TLS_KEY: file('server.key'),
      HETAO_TLS_CA: file('authority.crt'),
    },
  })
  addresses = JSON.parse(readFileSync(join(product.dataDirectory, 'addresses.json'), 'utf8')) as {
    mqtts: string
  }
  const place = { division: '150802' }
  const created = await product.api('POST', '/devices', [
    { id: MN, type: 'site-dust-noise', name: '工地 1', integration: 'dtus', ...place },
    {
      id: 'ROOM-1',
      type: 'indoor-temperature',
      name: '室温 1',
      aliases: [DEV_EUI],
      integration: 'lora',
      codec: 'milesight-em300',
      ...place,
    },
    {
      id: 'COVER-1',
      type: 'manhole-cover',
      name: '井盖 1',
      aliases: [IMEI],
      integration: 'ctwing-1',
      ...place,
    },
    { id: 'A840410000000001', type: 'site-dust-noise', name: '工地 2', ...place },
    { id: 'GW', type: 'lighting-feeder', name: '配电箱', ...place },
  ])
  expect(created.body).toMatchObject({ registered: 5 })
  for (const [id, format] of [
    ['dtus', 'hj212'],
    ['lora', 'chirpstack'],
    ['ctwing-1', 'ctwing'],
  ] as const) {
    const made = await product.api<{ password: string }>('POST', '/integrations', {
      id,
      name: id,
      format,
    })
    expect(made.status).toBe(201)
    accounts.set(id, made.body.password)
  }
})

afterAll(async () => {
  for (const client of clients) await client.endAsync(true)
  expect(await product.stop()).toBe(0)
  removeDirectory(product.dataDirectory)
})

async function asAccount(id: string): Promise<MqttClient> {
  const client = await connectAsync({
    ...product.mqtt,
    clientId: id,
    username: id,
    password: accounts.get(id) ?? '',
    reconnectPeriod: 0,
  })
  clients.push(client)
  return client
}

/** A frame with values of now, as a site's monitor sends it. */
function frame(pm10: number, at: Date): string {
  const stamp = new Date(at.getTime() + 8 * 3_600_000).toISOString().replace(/\D/g, '').slice(0, 14)
  const data =
    `QN=${stamp}123;ST=22;CN=2011;PW=123456;MN=${MN};Flag=5;CP=&&DataTime=${stamp};` +
    `a34002-Rtd=${pm10},a34002-Flag=N;LA-Rtd=63.4,LA-Flag=N&&`
  const crc = crcHj212(Buffer.from(data), 0, data.length).toString(16).toUpperCase()
  return `##${String(data.length).padStart(4, '0')}${data}${crc.padStart(4, '0')}\r\n`
}

async function valuesOf(id: string): Promise<Record<string, number>> {
  const { body } = await product.api<{ values: Record<string, { value: number }> }>(
    'GET',
    `/devices/${id}/latest`,
  )
  return Object.fromEntries(Object.entries(body.values).map(([name, { value }]) => [name, value]))
}

async function codesOf(id: string): Promise<string[]> {
  const { body } = await product.api<{ items: { code: string }[] }>('GET', `/devices/${id}/errors`)
  return body.items.map(({ code }) => code)
}

describe('HJ 212 over MQTT', () => {
  it('is stored in the unit of the type, also cut in two, and answered with CN=9014', async () => {
    const client = await asAccount('dtus')
    const answers: string[] = []
    client.on('message', (_topic, payload) => answers.push(payload.toString()))
    await client.subscribeAsync('dtu/+/down')
    const now = Date.now()
    await client.publishAsync('dtu/1/up', frame(0.186, new Date(now - 60_000)), { qos: 1 })
    await until('an answer', async () => answers.length === 1)
    expect(answers[0]).toMatch(/ST=91;CN=9014;.*MN=150802DUST0000000000ABCD;Flag=4;CP=&&&&/)
    await until('the value', async () => (await valuesOf(MN))['pm10'] === 186)
    expect(await valuesOf(MN)).toMatchObject({ noise_leq: 63.4 })

    const whole = frame(0.2, new Date(now))
    await client.publishAsync('dtu/1/up', whole.slice(0, 70), { qos: 1 })
    await client.publishAsync('dtu/1/up', whole.slice(70), { qos: 1 })
    await until('the answer to the frame in two parts', async () => answers.length === 2)
    await until('its value', async () => (await valuesOf(MN))['pm10'] === 200)
  })

  it('quarantines a frame with a wrong CRC under the device it names', async () => {
    const client = await asAccount('dtus')
    const broken = frame(0.186, new Date()).replace('63.4', '63.5')
    await client.publishAsync('dtu/2/up', broken, { qos: 1 })
    await until('the refusal', async () => (await codesOf(MN)).includes('bad_checksum'))
  })
})

describe('ChirpStack', () => {
  const uplink = (data: string) =>
    JSON.stringify({
      time: new Date().toISOString(),
      deviceInfo: { devEui: DEV_EUI },
      fCnt: 967,
      fPort: 85,
      data,
      rxInfo: [{ rssi: -86, snr: 13.2 }],
    })

  it('finds the device by its DevEUI and reads the vendor’s bytes', async () => {
    const client = await asAccount('lora')
    const topic = `application/1/device/${DEV_EUI}/event/up`
    await client.publishAsync(topic, uplink('AXVUA2e6AARoYgUAAQ=='), { qos: 1 })
    await until('the value', async () => (await valuesOf('ROOM-1'))['room_temp'] === 18.6)
    expect(await valuesOf('ROOM-1')).toMatchObject({ humidity: 49, battery_pct: 84, rssi: -86 })
  })

  it('may not speak for a device of another account', async () => {
    const client = await asAccount('lora')
    // Registered in capitals; the network writes small letters.
    const payload = JSON.stringify({
      deviceInfo: { devEui: 'a840410000000001' },
      object: { pm10: 1 },
    })
    await client.publishAsync('application/1/device/a840410000000001/event/up', payload, { qos: 1 })
    await until('the refusal', async () =>
      (await codesOf('A840410000000001')).includes('foreign_device'),
    )
  })

  it('ends the connection of an account whose password is changed', async () => {
    const client = await asAccount('lora')
    const closed = new Promise((resolve) => client.once('close', () => resolve(true)))
    expect((await product.api('POST', '/integrations/lora/credentials', {})).status).toBe(201)
    expect(await closed).toBe(true)
  })
})

describe('CTWing push', () => {
  const push = (authorization: string | null, body: string) =>
    fetch(`${product.http}/api/v1/ingest/ctwing`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(authorization === null ? {} : { authorization }),
      },
      body,
    })

  it('is answered with 200 once it is on disk, by bearer or basic credential', async () => {
    const password = accounts.get('ctwing-1') ?? ''
    const body = (tilt: number) =>
      JSON.stringify({
        messageType: 'dataReport',
        protocol: 'lwm2m',
        deviceId: '40edca19b0124480864366de4621de99',
        IMEI,
        timestamp: Date.now(),
        payload: { serviceData: { tilt, battery_pct: 80 } },
      })
    expect((await push(`Bearer ${password}`, body(1))).status).toBe(200)
    await until('the value', async () => (await valuesOf('COVER-1'))['tilt'] === 1)
    const basic = Buffer.from(`ctwing-1:${password}`).toString('base64')
    expect((await push(`Basic ${basic}`, body(2))).status).toBe(200)
    await until('the value', async () => (await valuesOf('COVER-1'))['tilt'] === 2)
    expect((await push(`Bearer ${password}`, 'not json')).status).toBe(200)
    expect((await push(`Bearer hti_${'x'.repeat(32)}`, body(3))).status).toBe(401)
    expect((await push(null, body(3))).status).toBe(401)
  })

  it('opens nothing else', async () => {
    const headers = { authorization: `Bearer ${accounts.get('ctwing-1') ?? ''}` }
    for (const path of ['/devices', '/alerts', '/integrations'])
      expect((await fetch(`${product.http}/api/v1${path}`, { headers })).status).toBe(403)
  })
})

describe('a device', () => {
  const ca = readFileSync(file('authority.crt'))
  const reading = JSON.stringify({ v: 1, m: { current_a: 12 } })
  const topic = 'city/v1/150802/lighting-feeder/GW/up'

  async function publishes(url: string, options: object): Promise<void> {
    const client = await connectAsync(url, {
      clientId: 'GW',
      ca,
      reconnectPeriod: 0,
      connectTimeout: 5_000,
      ...options,
    })
    clients.push(client)
    await client.publishAsync(topic, reading, { qos: 1 })
    await client.endAsync()
  }

  it('signs in with its certificate alone', async () => {
    const cert = {
      cert: readFileSync(file('device-gw.crt')),
      key: readFileSync(file('device-gw.key')),
    }
    await publishes(addresses['mqtts'] ?? '', cert)
    await publishes(addresses['wss'] ?? '', cert)
    await expect(
      publishes(addresses['mqtts'] ?? '', { ...cert, clientId: 'ROOM-1' }),
    ).rejects.toThrow(/not authorized/i)
    expect((await product.api('DELETE', '/devices/GW/credentials')).status).toBe(204)
    await expect(publishes(addresses['mqtts'] ?? '', cert)).rejects.toThrow()
  })

  it('signs in with its password over TLS and WebSocket, and with the old one as long as it was given', async () => {
    const make = async (query: string) =>
      (await product.api<{ password: string }>('POST', `/devices/GW/credentials${query}`, {})).body
        .password
    const first = await make('')
    const second = await make('?overlapSeconds=60')
    for (const password of [first, second])
      for (const url of [addresses['mqtts'], addresses['ws'], addresses['wss'], addresses['mqtt']])
        await publishes(url ?? '', { username: 'GW', password })
    const third = await make('')
    await publishes(addresses['mqtt'] ?? '', { username: 'GW', password: third })
    await expect(
      publishes(addresses['mqtt'] ?? '', { username: 'GW', password: second }),
    ).rejects.toThrow(/not authorized|bad user/i)
  })
})

it('strangers are told of, and the accounting holds', async () => {
  const client = await asAccount('dtus')
  const now = frame(0.1, new Date()).replaceAll(MN, '150802DUST0000000000FFFF')
  const data = now.slice(6, now.lastIndexOf('&&') + 2)
  const crc = crcHj212(Buffer.from(data), 0, data.length).toString(16).toUpperCase()
  await client.publishAsync('dtu/9/up', `${now.slice(0, 6)}${data}${crc.padStart(4, '0')}\r\n`, {
    qos: 1,
  })
  await expect(
    connectAsync({ ...product.mqtt, clientId: 'WHO', username: 'WHO', password: 'x' }),
  ).rejects.toThrow()
  const { items } = await until('both strangers', async () => {
    const { body } = await product.api<{ items: { name: string; seen: string }[] }>(
      'GET',
      '/strangers',
    )
    return body.items.length >= 2 && body
  })
  expect(items.map(({ name, seen }) => `${name} ${seen}`).sort()).toEqual([
    '150802DUST0000000000FFFF message',
    'WHO sign-in',
  ])
  const numbers = await until('the pipeline to be through', async () => {
    const { body } = await product.api<PipelineNumbers>('GET', '/pipeline')
    return body.pending === 0 && body
  })
  expect(numbers.holds).toBe(true)
})
