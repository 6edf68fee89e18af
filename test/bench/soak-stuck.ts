// The soak's stuck subscriber: it asks for the answers of a network's data loggers and never reads one, while a talker of the same
// account makes the product answer all the time.

import { connect as dial, type Socket } from 'node:net'
import { connectPacket, publishPacket, subscribePacket } from '../crash/wire.ts'
import { crcHj212 } from '../../src/decoders/crc-16.ts'
import type { Product } from '../support/product.ts'

const ACCOUNT = 'soak-dtu'
const LOGGER = 'dtu/860000000000001'
const FRAMES_PER_MESSAGE = 50
const EVERY_MS = 25
/** A segment that states nothing and asks for an answer. */
const SEGMENT =
  'QN=20261101223000123;ST=22;CN=2021;PW=123456;MN=150802DUST0000000000ABCD;Flag=5;CP=&&DataTime=20261101223000&&'

export interface Stuck {
  /** Answers asked for so far. */
  readonly asked: number
  /** It was ended: it comes again, and again reads nothing. */
  again(): Promise<void>
  stop(): void
}

export async function startStuckSubscriber(product: Product): Promise<Stuck> {
  const made = await product.api<{ password: string }>('POST', '/integrations', {
    id: ACCOUNT,
    name: '耐久测试',
    format: 'hj212',
    topics: ['dtu/#'],
  })
  if (made.status !== 201) throw new Error(`Cannot make an account: ${JSON.stringify(made.body)}`)
  const { password } = made.body
  let stuck = await subscribe(product, password)
  const talker = await signIn(product, `${ACCOUNT}-talker`, password)
  talker.resume()
  let asked = 0
  let messageId = 0
  const payload = frame(SEGMENT).repeat(FRAMES_PER_MESSAGE)
  const timer = setInterval(() => {
    messageId = messageId === 65_535 ? 1 : messageId + 1
    asked += FRAMES_PER_MESSAGE
    talker.write(publishPacket({ topic: `${LOGGER}/up`, payload, qos: 1, messageId }))
  }, EVERY_MS)
  return {
    get asked() {
      return asked
    },
    async again() {
      stuck.destroy()
      stuck = await subscribe(product, password)
    },
    stop() {
      clearInterval(timer)
      stuck.destroy()
      talker.destroy()
    },
  }
}

async function subscribe(product: Product, password: string): Promise<Socket> {
  const socket = await signIn(product, `${ACCOUNT}-stuck`, password)
  socket.write(subscribePacket('dtu/#', 0))
  // The answer to the subscription is the last thing it reads.
  await new Promise<void>((resolve) => socket.once('data', () => resolve()))
  socket.pause()
  return socket
}

function signIn(product: Product, clientId: string, password: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = dial({ host: product.mqtt.host, port: product.mqtt.port, noDelay: true })
    socket.on('error', () => {})
    socket.once('close', () => reject(new Error(`The connection of ${clientId} was ended`)))
    socket.once('connect', () =>
      socket.write(connectPacket({ clientId, username: ACCOUNT, password, keepaliveSeconds: 600 })),
    )
    socket.once('data', (bytes: Buffer) => {
      if (bytes[0] === 0x20 && bytes[3] === 0) resolve(socket)
      else reject(new Error(`${clientId} was refused with CONNACK code ${bytes[3]}`))
    })
  })
}

function frame(segment: string): string {
  const bytes = Buffer.from(segment, 'latin1')
  const crc = crcHj212(bytes, 0, bytes.length).toString(16).toUpperCase().padStart(4, '0')
  return `##${String(bytes.length).padStart(4, '0')}${segment}${crc}\r\n`
}
