// The demo as one thing that starts and stops: case-system simulator, product, fleet, life; undone last in, first out.

import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { deviceTypes } from '../devices/index.ts'
import { startApp } from '../src/app.ts'
import { systemClock } from '../src/clock.ts'
import type { Config } from '../src/config.ts'
import type { Log } from '../src/log.ts'
import { createApiClient } from './api-client.ts'
import { startCaseSystem } from './case-system/server.ts'
import { createCity, demoCitySize } from './city.ts'
import { createDemoLife } from './demo-life.ts'
import type { Fault } from './faults.ts'
import { createMqttFleet } from './mqtt-fleet.ts'

export interface DemoOptions {
  readonly config: Config
  readonly log: Log
  readonly say: (line: string) => void
  readonly onFault: (fault: Fault) => void
  readonly onDeath: (error: Error) => void
}

export interface Demo {
  readonly http: string
  readonly mqtt: string
  readonly cases: string
  readonly signInUrl: string
  readonly devices: number
  readonly added: number
  close(): Promise<void>
}

const SEED = 'demo'
/** A case moves on about this often, so that a ticket's way can be watched. */
const CASE_STAGE_MS = 25_000
const DRAIN_MAX_MS = 3_000

/** Rejects with a reason for people, with everything undone that had been started. */
export async function startDemo({
  config,
  log,
  say,
  onFault,
  onDeath,
}: DemoOptions): Promise<Demo> {
  const undo: (() => void | Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step()
  }
  try {
    const secrets = { cases: secret(), inbound: secret(), admin: secret(), signIn: secret() }
    const caseSystem = await startCaseSystem({
      host: '127.0.0.1',
      port: 0,
      secret: secrets.cases,
      inboundSecret: secrets.inbound,
      clock: systemClock,
      seed: 1,
      behaviour: { delayMs: 200, delaySpreadMs: 600, stageMs: CASE_STAGE_MS },
    })
    undo.push(() => caseSystem.close())

    const app = await startApp({
      config: {
        ...config,
        HETAO_HTTP: await freeAddress(config.HETAO_HTTP, 8080, say),
        HETAO_MQTT: await freeAddress(config.HETAO_MQTT, 1883, say),
        HETAO_CASES: 'webhook',
        HETAO_CASES_URL: caseSystem.url,
        HETAO_CASES_SECRET: secrets.cases,
        HETAO_CASES_INBOUND_SECRET: secrets.inbound,
        HETAO_ADMIN_TOKEN: config.HETAO_ADMIN_TOKEN ?? secrets.admin,
      },
      log,
      mode: 'demo',
      signInKey: secrets.signIn,
      onDeath,
    })
    undo.push(() => app.close())
    caseSystem.sendEventsTo(`${app.addresses.http}/api/v1/cases/events`)

    const devices = createCity(demoCitySize, SEED)
    const api = createApiClient({
      url: app.addresses.http,
      token: config.HETAO_ADMIN_TOKEN ?? secrets.admin,
      clock: systemClock,
    })
    const added = await api.register(devices)
    const credentials = await api.credentials(devices.map((device) => device.id))
    const mqtt = new URL(app.addresses.mqtt)
    const fleet = createMqttFleet({
      host: mqtt.hostname.replace(/^\[|\]$/g, ''),
      port: Number(mqtt.port),
      devices,
      credentials,
      clock: systemClock,
    })
    undo.push(async () => {
      await fleet.drained(DRAIN_MAX_MS)
      fleet.close()
    })
    await fleet.open()

    const life = createDemoLife({
      devices,
      types: deviceTypes,
      seed: SEED,
      clock: systemClock,
      publish: ({ client, topic, payload }) => fleet.publish(client, topic, payload),
      cut: (device, ms) => fleet.cut(device, ms),
      onFault,
    })
    undo.push(() => life.stop())
    life.start()

    return {
      ...app.addresses,
      cases: new URL('/cases', caseSystem.url).href,
      signInUrl: `${app.addresses.http}/signin?key=${secrets.signIn}`,
      devices: devices.length,
      added,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

type Address = Config['HETAO_HTTP']

/** The address as configured; when it is the default and taken, any free port. */
async function freeAddress(
  wanted: Address,
  defaultPort: number,
  say: (line: string) => void,
): Promise<Address> {
  if (wanted.port !== defaultPort || (await isFree(wanted))) return wanted
  say(`端口 ${wanted.port} 已被占用，改用空闲端口 / Port ${wanted.port} is taken, using a free one`)
  return { ...wanted, port: 0 }
}

function isFree({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false)
      else reject(error)
    })
    probe.listen(port, host, () => probe.close(() => resolve(true)))
  })
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}
