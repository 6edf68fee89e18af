// `npm run soak -- [--devices 5000] [--minutes 5] [--interval 10] [--json]`
//
// The product under a whole fleet on real sockets, beside a subscriber that never reads and a client that floods. Ends with 1 when
// something acknowledged is not stored, somebody well-behaved suffers, a misbehaving one is not stopped, or memory grows.

import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { removeDirectory, startProduct, until, type Product } from '../support/product.ts'
import { createHistogram } from './histogram.ts'
import { registerFleet, type SoakDevice } from './soak-fleet.ts'
import type { FlooderResult, FlooderTask } from './soak-flooder.ts'
import { mean, slopePerMinute, takeSample, type Sample, type SoakNumbers } from './soak-samples.ts'
import { startStuckSubscriber } from './soak-stuck.ts'
import { startDevices, type DevicesResult } from './start-devices.ts'

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '5000' },
    minutes: { type: 'string', default: '5' },
    interval: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  },
})
const [deviceCount = 0, minutes = 0, intervalSeconds = 0] = [
  values.devices,
  values.minutes,
  values.interval,
].map(Number)
if (
  ![deviceCount, minutes, intervalSeconds].every((value) => Number.isFinite(value) && value > 0) ||
  !Number.isSafeInteger(deviceCount) ||
  deviceCount > 15_000
) {
  process.stderr.write(
    'Usage: npm run soak -- [--devices 5000] [--minutes 5] [--interval 10] [--json]; positive numbers, at most 15000 devices\n',
  )
  process.exit(2)
}

const PER_WORKER = 2_500
const SAMPLE_MS = 5_000
const RATE_MAX = 5_000
const ACK_P99_MAX_MS = 100
/** Part of the run after which memory has to be where it stays. */
const WARM_UP_SHARE = 0.4
/** A shorter run says nothing about memory. */
const MEMORY_MINUTES = 2
/** V8 gives back and takes again some 50 MiB for young objects in each thread, so less than that says nothing. */
const RSS_GROWTH_MAX_MIB = 120
/** What the main thread's heap comes down to between collections. */
const HEAP_GROWTH_MAX_MIB = 25
const CHECKS_AT_ONCE = 8
const FLOOD_BACK_MAX_MS = 6 * 86_400_000

const say = (line: string) => process.stderr.write(`${line}\n`)
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const round = (value: number, digits = 1) => Math.round(value * 10 ** digits) / 10 ** digits

function startFlooder(task: FlooderTask) {
  const worker = new Worker(new URL('./soak-flooder.ts', import.meta.url), { workerData: task })
  return {
    stop: () =>
      new Promise<FlooderResult>((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', reject)
        worker.postMessage({ kind: 'stop' })
      }),
  }
}

/** How many acknowledged readings of the device are not in its telemetry, and how many points there are. */
async function missingOf(
  product: Product,
  device: SoakDevice,
  times: Float64Array,
): Promise<{ readonly missing: number; readonly points: number }> {
  const [first, last] = [times[0], times.at(-1)]
  if (first === undefined || last === undefined) return { missing: 0, points: 0 }
  const path = `/devices/${device.id}/telemetry?metric=${device.metric}&from=${first}&to=${last + 1}`
  for (;;) {
    const { status, body } = await product.api<{ points: { t: number }[] }>('GET', path)
    if (status === 200) {
      const stored = new Set(body.points.map(({ t }) => t))
      return { missing: times.filter((t) => !stored.has(t)).length, points: body.points.length }
    }
    if (status !== 429) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`)
    await wait(250)
  }
}

async function storedOf(product: Product, device: SoakDevice, from: number): Promise<number> {
  const { body } = await product.api<{ points: { count: number }[] }>(
    'GET',
    `/devices/${device.id}/telemetry?metric=${device.metric}&window=1h&from=${from - 3_600_000}&to=${from + 86_400_000}`,
  )
  return body.points.reduce((sum, { count }) => sum + count, 0)
}

const product = await startProduct({
  environment: { HETAO_MQTT_RATE: String(RATE_MAX), HETAO_SNAPSHOT_EVERY: '20s' },
})
try {
  const result = await soak(product)
  const failures = result.expectations.filter(({ ok }) => !ok)
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else print(result)
  process.exitCode = failures.length === 0 ? 0 : 1
} finally {
  await product.kill()
  removeDirectory(product.dataDirectory)
}

async function soak(product: Product) {
  const fleet = await registerFleet(product, 'SK-D', deviceCount)
  const [flooding] = (await registerFleet(product, 'SK-F', 1)).devices
  if (flooding === undefined) throw new Error('Cannot flood: no device')
  say(
    `${deviceCount} devices registered in ${round(fleet.registerSeconds)} s, passwords in ${round(fleet.credentialSeconds)} s`,
  )
  const groups = Array.from({ length: Math.ceil(deviceCount / PER_WORKER) }, (_, at) =>
    fleet.devices.slice(at * PER_WORKER, (at + 1) * PER_WORKER),
  )
  const workers = groups.map((devices) =>
    startDevices({ port: product.mqtt.port, devices, intervalMs: intervalSeconds * 1000 }),
  )
  const connects = await Promise.all(workers.map((worker) => worker.connected))
  const connectSeconds = Math.max(...connects.map(({ seconds }) => seconds))
  say(`all connected in ${round(connectSeconds)} s`)

  // Every message has a time of its own, and at the end it must not lie ahead, however fast the flooder is.
  const firstTs = Date.now() - Math.min(minutes * 30 * 60_000, FLOOD_BACK_MAX_MS)
  const stuck = await startStuckSubscriber(product)
  const flooder = startFlooder({ port: product.mqtt.port, device: flooding, firstTs })
  const began = performance.now()
  const elapsed = () => (performance.now() - began) / 1000
  const samples: Sample[] = []
  let evicted = 0
  let evictedAfterSeconds: number | null = null
  while (elapsed() < minutes * 60) {
    await wait(Math.min(SAMPLE_MS, Math.max(100, (minutes * 60 - elapsed()) * 1000)))
    const sample = await takeSample(product, elapsed())
    samples.push(sample)
    const evictions = sample.refused['slow_reader'] ?? 0
    if (evictions > evicted) {
      evictedAfterSeconds ??= sample.second
      evicted = evictions
      await stuck.again()
    }
    const acknowledged = workers.reduce(
      (sum, { progress }) => sum + (progress?.acknowledged ?? 0),
      0,
    )
    say(
      `${sample.second} s: ${sample.connections} connections, ${acknowledged} acknowledged, RSS ${sample.rssMiB} MiB, heap ${sample.heapMiB} MiB, pending ${sample.pending}`,
    )
  }
  const flood = await flooder.stop()
  stuck.stop()
  const results = await Promise.all(workers.map((worker) => worker.stop()))
  const numbers = await until(
    'the pipeline to be through',
    async () => {
      const { body } = await product.api<SoakNumbers>('GET', '/pipeline')
      return body.pending === 0 && body
    },
    120_000,
  )
  const end = await takeSample(product, elapsed())

  let lost = 0
  let points = 0
  const work = groups.flatMap((devices, group) =>
    devices.map((device, at) => ({
      device,
      times: results[group]?.times[at] ?? new Float64Array(),
    })),
  )
  let next = 0
  const checker = async () => {
    for (let one = work[next++]; one !== undefined; one = work[next++]) {
      const found = await missingOf(product, one.device, one.times)
      lost += found.missing
      points += found.points
    }
  }
  await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, checker))
  const floodStored = await storedOf(product, flooding, firstTs)

  const ack = createHistogram()
  for (const { histogram } of results)
    histogram.forEach((count, at) => (ack.counts[at] = (ack.counts[at] ?? 0) + count))
  const total = (read: (one: DevicesResult) => number) =>
    results.reduce((sum, one) => sum + read(one), 0)
  const warm = samples.filter(({ second }) => second >= minutes * 60 * WARM_UP_SHARE)
  const quarter = Math.max(1, Math.floor(warm.length / 4))
  const rssWarmMiB = mean(warm.slice(0, quarter).map(({ rssMiB }) => rssMiB))
  const rssEndMiB = mean(warm.slice(-quarter).map(({ rssMiB }) => rssMiB))
  const least = (some: readonly Sample[]) => Math.min(...some.map(({ heapMiB }) => heapMiB))
  const heapWarmMiB = least(warm.slice(0, quarter))
  const heapEndMiB = least(warm.slice(-quarter))
  const figures = {
    devices: deviceCount,
    minutes,
    intervalSeconds,
    setUp: {
      registerSeconds: round(fleet.registerSeconds),
      credentialSeconds: round(fleet.credentialSeconds),
      connectSeconds: round(connectSeconds),
    },
    wellBehaved: {
      sent: total(({ sent }) => sent),
      acknowledged: total(({ acknowledged }) => acknowledged),
      unacknowledged: total(({ unacknowledged }) => unacknowledged),
      stored: points,
      lost,
      connectionsBroken: total(({ broken }) => broken),
      signInsRefused: total(({ refused }) => refused),
      ackMs: {
        p50: round(ack.quantileMs(0.5), 2),
        p90: round(ack.quantileMs(0.9), 2),
        p99: round(ack.quantileMs(0.99), 2),
        max: round(Math.max(...results.map(({ maxMs }) => maxMs)), 1),
      },
    },
    flooder: {
      sentPerSecond: round((flood.sent[0] + flood.sent[1]) / flood.seconds, 0),
      acceptedPerSecond: round(floodStored / flood.seconds, 0),
      acknowledged: flood.acknowledged,
      thrownOut: flood.thrownOut,
    },
    stuck: { answersAsked: stuck.asked, evictedAfterSeconds, evicted },
    memory: {
      rssWarmMiB,
      rssEndMiB,
      slopeMiBPerMinute: slopePerMinute(warm),
      rssAfterMiB: end.rssMiB,
      heapLeastMiB: { warm: heapWarmMiB, end: heapEndMiB },
    },
    pipeline: {
      journaled: numbers.journaled,
      stored: numbers.stored,
      quarantined: numbers.quarantined,
      duplicate: numbers.duplicate,
      holds: numbers.holds && samples.every(({ holds }) => holds),
      refused: numbers.refused,
    },
  }
  const { wellBehaved: good, flooder: bad } = figures
  const acceptedMax = RATE_MAX * 1.1 + (RATE_MAX * 4) / flood.seconds
  const expectations = [
    expectation('every acknowledged reading is stored', lost, lost === 0),
    expectation(
      'every reading sent is acknowledged',
      good.unacknowledged,
      good.unacknowledged === 0,
    ),
    expectation(
      'no well-behaved connection is broken',
      good.connectionsBroken,
      good.connectionsBroken === 0,
    ),
    expectation('every device signs in', good.signInsRefused, good.signInsRefused === 0),
    expectation(
      `p99 of the acknowledgement is at most ${ACK_P99_MAX_MS} ms`,
      good.ackMs.p99,
      good.ackMs.p99 <= ACK_P99_MAX_MS,
    ),
    expectation(
      'the accounting holds at every look',
      figures.pipeline.holds,
      figures.pipeline.holds,
    ),
    expectation('nothing is quarantined', numbers.quarantined, numbers.quarantined === 0),
    expectation(
      'the stuck subscriber is evicted',
      evictedAfterSeconds,
      evictedAfterSeconds !== null,
    ),
    expectation(
      `the flooder gets at most ${round(acceptedMax, 0)} messages a second`,
      bad.acceptedPerSecond,
      bad.acceptedPerSecond <= acceptedMax && bad.acceptedPerSecond < bad.sentPerSecond,
    ),
    ...(minutes < MEMORY_MINUTES
      ? []
      : [
          expectation(
            `RSS grows by at most ${RSS_GROWTH_MAX_MIB} MiB after the warm-up`,
            round(rssEndMiB - rssWarmMiB),
            rssEndMiB - rssWarmMiB <= RSS_GROWTH_MAX_MIB,
          ),
          expectation(
            `the least heap grows by at most ${HEAP_GROWTH_MAX_MIB} MiB after the warm-up`,
            round(heapEndMiB - heapWarmMiB),
            heapEndMiB - heapWarmMiB <= HEAP_GROWTH_MAX_MIB,
          ),
        ]),
  ]
  return { ...figures, samples, expectations }
}

function expectation(what: string, found: unknown, ok: boolean) {
  return { what, found, ok }
}

function print(result: Awaited<ReturnType<typeof soak>>): void {
  const { samples: _, expectations, ...figures } = result
  for (const [name, value] of Object.entries(figures))
    process.stdout.write(
      `${name.padEnd(18)} ${typeof value === 'object' ? JSON.stringify(value) : value}\n`,
    )
  for (const { what, found, ok } of expectations)
    process.stdout.write(`${ok ? '✓' : '✗'} ${what}: ${String(found)}\n`)
}
