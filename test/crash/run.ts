// The crash test: the product is killed with -9 again and again while devices publish, and at the end nothing may be missing,
// doubled or different from an undisturbed run.

import { randomBytes } from 'node:crypto'
import { friendly, type BehaviourPatch } from '../../simulators/case-system/behaviour.ts'
import { startCaseSystem } from '../../simulators/case-system/server.ts'
import { systemClock } from '../../src/clock.ts'
import {
  freePort,
  removeDirectory,
  spawnProduct,
  startProduct,
  temporaryDirectory,
  until,
  type PipelineNumbers,
  type Product,
} from '../support/product.ts'
import { startPublisher, type Publisher } from './publisher.ts'
import { devicesOf, generator, storyOf, undisturbed, type StoryDevice } from './story.ts'

export interface CrashOptions {
  readonly rounds: number
  readonly seed: number
  readonly devices?: number
  readonly readings?: number
  readonly progress?: (line: string) => void
}

export interface CrashResult {
  readonly rounds: number
  readonly killedBeforeListening: number
  readonly acknowledged: number
  readonly stored: number
  readonly duplicate: number
  readonly alerts: number
  readonly tickets: number
  readonly cases: number
  readonly casesFiledTwice: number
  readonly problems: readonly string[]
}

export async function runCrashTest(options: CrashOptions): Promise<CrashResult> {
  const {
    rounds,
    seed,
    devices: deviceCount = 30,
    readings: readingCount = 40 * options.rounds + 200,
    progress = () => {},
  } = options
  const random = generator(seed)
  const problems: string[] = []
  const directory = temporaryDirectory('crash')
  const token = randomBytes(24).toString('base64url')
  const secret = `whsec_${randomBytes(24).toString('base64')}`
  const inboundSecret = `whsec_${randomBytes(24).toString('base64')}`
  const httpPort = await freePort()
  const mqttPort = await freePort()
  const cases = await startCaseSystem({
    host: '127.0.0.1',
    port: 0,
    secret,
    inboundSecret,
    eventsUrl: `http://127.0.0.1:${httpPort}/api/v1/cases/events`,
    clock: systemClock,
    seed,
    behaviour: {},
  })
  const environment = {
    HETAO_HTTP: `127.0.0.1:${httpPort}`,
    HETAO_MQTT: `127.0.0.1:${mqttPort}`,
    HETAO_CASES: 'webhook',
    HETAO_CASES_URL: cases.url,
    HETAO_CASES_SECRET: secret,
    HETAO_CASES_INBOUND_SECRET: inboundSecret,
    HETAO_SNAPSHOT_EVERY: '2s',
    HETAO_JOURNAL_SEGMENT: '1MiB',
    HETAO_LOG_LEVEL: 'info',
  }
  const settings = { dataDirectory: directory, token, environment }

  // The story lies in the recent past, so that it is fresh to the rules and every time stamp is known beforehand.
  const start = Math.floor(systemClock.now() / 1000) * 1000 - 2 * 3_600_000
  const story = storyOf(seed, deviceCount, Math.min(readingCount, 6_000), start)
  const expected = await undisturbed(story, start)
  progress(
    `seed ${seed}: ${story.length} devices, ${story.length * (story[0]?.readings.length ?? 0)} readings, expecting ${expected.alerts.size} alerts and ${expected.tickets.size} tickets`,
  )

  let product: Product | null = await startProduct(settings)
  const passwords = await register(product, story)
  const publisher = startPublisher({ port: mqttPort, story, passwords, paceMs: 15 })
  let killedBeforeListening = 0
  try {
    for (let round = 1; round <= rounds; round++) {
      cases.control(behaviourOf(random))
      if (product !== null) {
        await pause(100 + random() * 900)
        await product.kill()
      }
      product = null
      if (random() < 0.25) {
        // Killed again while it recovers.
        killedBeforeListening++
        const started = spawnProduct(settings)
        await pause(random() * 700)
        started.process.kill('SIGKILL')
        await started.exited
      }
      const acknowledged = snapshotOf(publisher)
      product = await startProduct(settings)
      problems.push(
        ...(await missing(product, acknowledged, story, random)).map(
          (problem) => `round ${round}: ${problem}`,
        ),
      )
      if (round % 10 === 0 || round === rounds)
        progress(
          `round ${round} of ${rounds}: ${publisher.total} acknowledged, ${problems.length} problems`,
        )
    }
    cases.control(friendly)
    await publisher.finished
    const live = product ?? (await startProduct(settings))
    const numbers = await until(
      'the pipeline to be through',
      async () => {
        const { body } = await live.api<PipelineNumbers>('GET', '/pipeline')
        return body.pending === 0 && body
      },
      60_000,
    )
    if (!numbers.holds) problems.push(`accounting does not hold: ${JSON.stringify(numbers)}`)
    const published = story.reduce((sum, device) => sum + device.readings.length, 0)
    if (numbers.stored !== published)
      problems.push(`expected ${published} readings stored, got ${numbers.stored}`)
    if (numbers.quarantined !== 0)
      problems.push(`expected nothing in quarantine, got ${numbers.quarantined}`)
    for (const device of story) problems.push(...(await compareSeries(live, device)))
    problems.push(...(await compareAlerts(live, expected.alerts)))
    await until(
      'every ticket to be delivered',
      async () => {
        const { body } = await live.api<{ items: { delivery: { state: string } }[] }>(
          'GET',
          '/tickets?limit=1000',
        )
        return (
          body.items.length >= expected.tickets.size &&
          body.items.every((ticket) => ticket.delivery.state === 'delivered')
        )
      },
      120_000,
    )
    const tickets = await live.api<{ items: { id: string }[] }>('GET', '/tickets?limit=1000')
    problems.push(
      ...difference(
        'ticket',
        new Set(expected.tickets.keys()),
        new Set(tickets.body.items.map((ticket) => ticket.id)),
      ),
    )
    const filed = cases.cases()
    problems.push(
      ...difference(
        'case',
        new Set(expected.tickets.keys()),
        new Set(filed.map((one) => one.externalId)),
      ),
    )
    const twice = cases.counters().duplicatesFiled
    if (twice !== 0 || filed.length !== expected.tickets.size)
      problems.push(
        `expected ${expected.tickets.size} cases, got ${filed.length}, ${twice} of them filed twice`,
      )
    const code = await live.stop()
    if (code !== 0) problems.push(`expected a clean stop, got exit code ${code}`)
    product = null
    return {
      rounds,
      killedBeforeListening,
      acknowledged: publisher.total,
      stored: numbers.stored,
      duplicate: numbers.duplicate,
      alerts: expected.alerts.size,
      tickets: tickets.body.items.length,
      cases: filed.length,
      casesFiledTwice: twice,
      problems,
    }
  } finally {
    await publisher.close()
    await product?.kill()
    await cases.close()
    removeDirectory(directory)
  }
}

async function register(
  product: Product,
  story: readonly StoryDevice[],
): Promise<Map<string, string>> {
  const created = await product.api('POST', '/devices', devicesOf(story.length))
  if (created.status !== 201)
    throw new Error(`Cannot register devices: ${JSON.stringify(created.body)}`)
  const passwords = new Map<string, string>()
  for (const device of story) {
    const made = await product.api<{ password: string }>(
      'POST',
      `/devices/${device.id}/credentials`,
      {},
    )
    if (made.status !== 201)
      throw new Error(`Cannot make credentials: ${JSON.stringify(made.body)}`)
    passwords.set(device.id, made.body.password)
  }
  return passwords
}

/** Case system down, slow, failing, silent after acceptance, answering twice, or well. */
function behaviourOf(random: () => number): BehaviourPatch {
  const dice = random()
  if (dice < 0.2) return { ...friendly, down: true }
  if (dice < 0.4) return { ...friendly, delayMs: 50 + Math.floor(random() * 1_500) }
  if (dice < 0.55) return { ...friendly, dropShare: 0.7 }
  if (dice < 0.7) return { ...friendly, duplicateAnswerShare: 1, duplicateEventShare: 1 }
  if (dice < 0.85) return { ...friendly, failShare: 0.5 }
  return friendly
}

function snapshotOf(publisher: Publisher): Map<string, number[]> {
  return new Map([...publisher.acknowledged].map(([device, acks]) => [device, [...acks]]))
}

/** Acknowledged before the kill, so it must be in telemetry after the restart; three devices a round. */
async function missing(
  product: Product,
  acknowledged: ReadonlyMap<string, readonly number[]>,
  story: readonly StoryDevice[],
  random: () => number,
): Promise<string[]> {
  const problems: string[] = []
  for (let pick = 0; pick < 3; pick++) {
    const device = story[Math.floor(random() * story.length)]
    if (device === undefined) continue
    const stored = new Set(await timesOf(product, device))
    const lost = (acknowledged.get(device.id) ?? []).filter(
      (seq) => !stored.has(device.readings[seq]?.ts ?? -1),
    )
    if (lost.length > 0)
      problems.push(
        `${device.id}: ${lost.length} acknowledged readings are not in telemetry, first seq ${lost[0]}`,
      )
  }
  return problems
}

async function timesOf(product: Product, device: StoryDevice): Promise<number[]> {
  const from = device.readings[0]?.ts ?? 0
  const to = (device.readings.at(-1)?.ts ?? 0) + 1
  const { body } = await product.api<{ points: { t: number; v: number }[] }>(
    'GET',
    `/devices/${device.id}/telemetry?metric=leakage_current&from=${from}&to=${to}`,
  )
  return body.points.map((point) => point.t)
}

async function compareSeries(product: Product, device: StoryDevice): Promise<string[]> {
  const from = device.readings[0]?.ts ?? 0
  const to = (device.readings.at(-1)?.ts ?? 0) + 1
  const problems: string[] = []
  for (const metric of ['leakage_current', 'voltage'] as const) {
    const { body } = await product.api<{ points: { t: number; v: number }[] }>(
      'GET',
      `/devices/${device.id}/telemetry?metric=${metric}&from=${from}&to=${to}`,
    )
    const stored = body.points.map((point) => `${point.t}=${point.v}`).join()
    const published = device.readings.map((reading) => `${reading.ts}=${reading.m[metric]}`).join()
    if (stored !== published)
      problems.push(
        `${device.id} ${metric}: the stored series differs from the published one (${body.points.length} of ${device.readings.length} points)`,
      )
  }
  return problems
}

async function compareAlerts(
  product: Product,
  expected: ReadonlyMap<string, { count: number; severity: string; state: string }>,
): Promise<string[]> {
  const { body } = await product.api<{
    items: { id: string; count: number; severity: string; state: string }[]
  }>('GET', '/alerts?state=all&limit=1000')
  const found = new Map(body.items.map((alert) => [alert.id, alert]))
  const problems = difference('alert', new Set(expected.keys()), new Set(found.keys()))
  for (const [id, alert] of expected) {
    const live = found.get(id)
    if (
      live !== undefined &&
      (live.count !== alert.count || live.severity !== alert.severity || live.state !== alert.state)
    )
      problems.push(
        `alert ${id}: expected ${alert.severity} ${alert.state} x${alert.count}, got ${live.severity} ${live.state} x${live.count}`,
      )
  }
  return problems
}

function difference(
  what: string,
  expected: ReadonlySet<string>,
  found: ReadonlySet<string>,
): string[] {
  return [
    ...[...expected].filter((id) => !found.has(id)).map((id) => `${what} ${id} is missing`),
    ...[...found].filter((id) => !expected.has(id)).map((id) => `${what} ${id} was not expected`),
  ]
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
