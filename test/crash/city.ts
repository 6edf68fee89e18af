// A small city under torture: the product's lives, the devices that publish to it, the door, and the undisturbed run beside them.

import { randomBytes } from 'node:crypto'
import { freePort } from '../support/product.ts'
import { systemClock } from '../../src/clock.ts'
import { ask, checkAccounting, checkAlerts, checkDoor, checkLine, type Numbers } from './checks.ts'
import { createDoor, DOOR_DEVICE, type Door } from './door.ts'
import type { Sabotage } from './faulty-io.ts'
import { type Instance, type Settings, spawnInstance } from './instance.ts'
import { comesTrue } from './pause.ts'
import { createPublisher, type Publisher } from './publisher.ts'
import { BLOCK, createStream, lamp } from './story.ts'
import { createUndisturbed, type Undisturbed } from './undisturbed.ts'

/** Blocks whose lamps are registered before they speak. */
const BLOCKS_AHEAD = 6
const DRAIN_MS = 20_000

export interface City {
  readonly settings: Settings
  readonly publisher: Publisher
  readonly door: Door
  readonly undisturbed: Undisturbed
  /** Quarantined on purpose: damage in the journal that the harness has made. */
  quarantined: number
  spawn(disk: 'real' | 'faulty'): Instance
  /** Starts it and waits until it listens. */
  start(disk: 'real' | 'faulty'): Promise<Instance>
  /** Registers what will speak next, then lets everybody speak. */
  load(instance: Instance): Promise<void>
  /** After a kill: everything that was still on its way has been read. */
  ended(): Promise<void>
  /** What was acknowledged since the last check is stored, and the accounting holds. Nobody may be speaking. */
  check(instance: Instance, round: number): Promise<{ numbers: Numbers; problems: string[] }>
  /** Lets everybody finish, then compares everything with the undisturbed run. */
  quiet(instance: Instance): Promise<{ numbers: Numbers; problems: string[] }>
  close(): Promise<void>
}

export async function createCity(options: {
  readonly directory: string
  readonly seed: number
  readonly connections: number
  readonly environment: Readonly<Record<string, string>>
  readonly sabotage: Sabotage | null
  readonly httpPort?: number
}): Promise<City> {
  const { seed } = options
  const now = () => systemClock.now()
  const httpPort = options.httpPort ?? (await freePort())
  const mqttPort = await freePort()
  const settings: Settings = {
    dataDirectory: options.directory,
    httpPort,
    token: randomBytes(24).toString('base64url'),
    environment: {
      HETAO_HTTP: `127.0.0.1:${httpPort}`,
      HETAO_MQTT: `127.0.0.1:${mqttPort}`,
      HETAO_SNAPSHOT_EVERY: '400ms',
      HETAO_JOURNAL_SEGMENT: '1MiB',
      HETAO_JOURNAL_MAX: '64MiB',
      HETAO_RETENTION_JOURNAL: '2s',
      ...options.environment,
    },
    sabotage: options.sabotage,
  }
  const streams = Array.from({ length: options.connections }, (_, index) =>
    createStream(seed, index),
  )
  const publisher = createPublisher({ port: mqttPort, streams, seed, now })
  const door = createDoor(now)
  const undisturbed = createUndisturbed(now() - 60_000)
  const passwords = new Map<string, string>()
  const registered = streams.map(() => 0)
  const checked = streams.map(() => 0)
  const fed = streams.map(() => 0)

  async function register(instance: Instance): Promise<void> {
    const news: { readonly id: string; readonly parent: string | null }[] = []
    if (passwords.size === 0) {
      news.push({ id: DOOR_DEVICE, parent: null })
      news.push(...streams.map(({ gateway }) => ({ id: gateway, parent: null })))
    }
    for (const line of publisher.lines) {
      const { stream } = line
      const { index, gateway } = stream
      const through = Math.floor(line.sent / BLOCK) + BLOCKS_AHEAD
      const from = registered[index] ?? 0
      news.push(...stream.children(from, through).map((id) => ({ id, parent: gateway })))
      registered[index] = Math.max(from, through)
      line.limit = (registered[index] ?? 0) * BLOCK
    }
    if (news.length === 0) return
    const made = await instance.api(
      'POST',
      '/devices',
      news.map(({ id, parent }) => lamp(id, parent)),
    )
    if (made.status !== 201)
      throw new Error(`Cannot register devices: ${made.status} ${JSON.stringify(made.body)}`)
    undisturbed.register(news)
    if (passwords.size > 0) return
    for (const { gateway } of streams) {
      const { status, body } = await instance.api('POST', `/devices/${gateway}/credentials`, {})
      if (status !== 201) throw new Error(`Cannot make credentials: ${JSON.stringify(body)}`)
      passwords.set(gateway, (body as { password: string }).password)
    }
  }

  async function check(instance: Instance, round: number) {
    const metric = round % 2 === 0 ? 'leakage_current' : 'voltage'
    const accounting = await checkAccounting(instance)
    const lines = await Promise.all(
      publisher.lines.map(async (line) => {
        const { index } = line.stream
        const range = { from: checked[index] ?? 0, to: line.acknowledged }
        checked[index] = range.to
        return checkLine(instance, line.stream, range, metric)
      }),
    )
    const problems = [
      ...accounting.problems,
      ...lines.flat(),
      ...(await checkDoor(instance, door)),
      ...publisher.problems,
    ]
    return { numbers: accounting.numbers, problems }
  }

  const city: City = {
    settings,
    publisher,
    door,
    undisturbed,
    quarantined: 0,
    spawn: (disk) => spawnInstance(settings, settings.sabotage === null ? disk : 'faulty'),
    async start(disk) {
      const instance = city.spawn(disk)
      try {
        await instance.listening()
      } catch (error) {
        await instance.kill()
        throw error
      }
      return instance
    },
    async load(instance) {
      await register(instance)
      await publisher.connect(passwords)
      door.start(instance)
    },
    async ended() {
      await Promise.all([publisher.ended(), door.stop()])
    },
    check,
    async quiet(instance) {
      publisher.hold(true)
      await door.finish(instance)
      const isDrained = await comesTrue(
        () => publisher.lines.every((line) => line.acknowledged === line.sent),
        DRAIN_MS,
      )
      const last = await check(instance, 0)
      const problems = [...last.problems]
      if (!isDrained) problems.push(`some readings were never acknowledged in ${DRAIN_MS} ms`)
      await undisturbed.feed(
        publisher.lines.flatMap((line) => {
          const { index, gateway } = line.stream
          const from = fed[index] ?? 0
          fed[index] = line.sent
          return Array.from({ length: line.sent - from }, (_, at) => ({
            client: gateway,
            reading: line.stream.reading(from + at),
          }))
        }),
      )
      const { numbers } = await checkAccounting(instance)
      const published = publisher.total + door.total
      if (numbers.stored !== published)
        problems.push(`expected ${published} readings stored, got ${numbers.stored}`)
      if (numbers.quarantined !== city.quarantined)
        problems.push(
          `expected ${city.quarantined} items in quarantine, got ${numbers.quarantined}`,
        )
      // The projections follow the journal within moments.
      let differences: string[] = []
      await comesTrue(async () => {
        differences = await checkAlerts(instance, undisturbed)
        return differences.length === 0
      }, 3_000)
      return { numbers, problems: [...problems, ...differences] }
    },
    close: () => undisturbed.close(),
  }
  return city
}

/** Whether the journal says that it waits. */
export async function holdsAcks(instance: Instance): Promise<string | null> {
  return (await ask<Numbers>(instance, '/pipeline')).journal.holding
}
