// One device's connection against a small broker of our own: sign-in, at-least-once delivery, limits.

import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import {
  generate,
  parser,
  type IConnectPacket,
  type IPublishPacket,
  type Packet,
} from 'mqtt-packet'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createMqttDevice, type MqttDevice } from '../../../simulators/mqtt-device.ts'
import { systemClock } from '../../../src/clock.ts'

interface Broker {
  readonly port: number
  readonly signIns: IConnectPacket[]
  readonly published: IPublishPacket[]
  readonly sockets: Socket[]
  isAcknowledging: boolean
  /** Resolves when `count` messages have come, status messages included. */
  received(count: number): Promise<void>
}

async function startBroker(): Promise<Broker> {
  const sockets: Socket[] = []
  const signIns: IConnectPacket[] = []
  const published: IPublishPacket[] = []
  const waiting: { count: number; done: () => void }[] = []
  const broker = { signIns, published, sockets, isAcknowledging: true }
  const server = createServer((socket) => {
    sockets.push(socket)
    const packets = parser({ protocolVersion: 4 })
    socket.on('data', (bytes) => packets.parse(bytes))
    socket.on('error', () => {})
    packets.on('packet', (packet: Packet) => {
      if (packet.cmd === 'connect') {
        signIns.push(packet)
        const isWelcome = packet.password?.toString() === 'right'
        socket.write(
          generate({ cmd: 'connack', returnCode: isWelcome ? 0 : 5, sessionPresent: false }),
        )
      } else if (packet.cmd === 'publish') {
        published.push(packet)
        if (broker.isAcknowledging && packet.messageId !== undefined)
          socket.write(generate({ cmd: 'puback', messageId: packet.messageId }))
        for (const { count, done } of waiting) if (published.length >= count) done()
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return Object.assign(broker, {
    port: (server.address() as AddressInfo).port,
    received: (count: number) =>
      new Promise<void>((done) => {
        if (published.length >= count) done()
        else waiting.push({ count, done })
      }),
  })
}

function deviceOf(
  port: number,
  password: string,
  onAck = () => {},
  onTrouble: (why: string) => void = () => {},
): MqttDevice {
  const device = createMqttDevice({
    host: '127.0.0.1',
    port,
    id: 'LH-M-0001',
    password,
    statusTopic: 'status',
    clock: systemClock,
    onAck,
    onTrouble,
  })
  onTestFinished(() => device.close())
  return device
}

describe('createMqttDevice()', () => {
  it('signs in as itself, with a retained last will', async () => {
    const broker = await startBroker()
    const device = deviceOf(broker.port, 'right')
    await device.open()
    expect(device.isOnline).toBe(true)
    expect(broker.signIns[0]).toMatchObject({
      clientId: 'LH-M-0001',
      username: 'LH-M-0001',
      will: { topic: 'status', qos: 1, retain: true },
    })
  })

  it('repeats what was not acknowledged after the line was lost', async () => {
    const broker = await startBroker()
    broker.isAcknowledging = false
    let acknowledged = 0
    const allAcknowledged = Promise.withResolvers<void>()
    const device = deviceOf(broker.port, 'right', () => {
      acknowledged += 1
      if (acknowledged === 2) allAcknowledged.resolve()
    })
    await device.open()
    expect(device.publish('up', 'one')).toBe(true)
    expect(device.publish('up', 'two')).toBe(true)
    await broker.received(3)
    expect(device.waiting).toBe(2)
    broker.isAcknowledging = true
    for (const socket of broker.sockets) socket.destroy()
    await allAcknowledged.promise
    const again = broker.published.slice(3).filter((packet) => packet.topic === 'up')
    expect(again.map((packet) => [packet.payload.toString(), packet.dup])).toEqual([
      ['one', true],
      ['two', true],
    ])
    expect(device.waiting).toBe(0)
  })

  it('tells why it was refused, and goes on trying', async () => {
    const broker = await startBroker()
    const trouble = Promise.withResolvers<string>()
    const device = deviceOf(broker.port, 'wrong', undefined, trouble.resolve)
    const opening = device.open()
    expect(await trouble.promise).toBe('the broker refused the sign-in with code 5')
    device.close()
    await opening
    expect(device.isOnline).toBe(false)
  })

  it('keeps a bounded number of messages while it is away', () => {
    const device = deviceOf(1, 'right')
    const kept = Array.from({ length: 150 }, (_, index) => device.publish('up', String(index)))
    expect(kept.filter(Boolean)).toHaveLength(100)
    expect(device.waiting).toBe(100)
  })
})
