// `npm run bench [-- --json] [--connections N] [--window N] [--seconds N] [--blocks N]`
//
// In one run, alternating: bare aedes with QoS 1 from memory, and this product with everything on (journal, decode, rules, stores).
// Then latency from publish to alert under a paced load, and bytes per reading on disk. Only the ratio means anything: the machine
// and its neighbours drift.

import { spawn, execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { connectAsync } from 'mqtt'
import {
  removeDirectory,
  startProduct,
  until,
  type PipelineNumbers,
  type Product,
} from '../support/product.ts'
import { createHistogram } from './histogram.ts'
import type { LoaderResult, LoaderTask } from './loader.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    connections: { type: 'string', default: '50' },
    window: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '4' },
    blocks: { type: 'string', default: '3' },
    rate: { type: 'string', default: '5000' },
  },
})
const connections = Number(values.connections)
const window = Number(values.window)
const seconds = Number(values.seconds)
const blocks = Number(values.blocks)
const rate = Number(values.rate)
if (
  ![connections, window, seconds, blocks, rate].every(
    (value) => Number.isFinite(value) && value > 0,
  )
) {
  process.stderr.write(
    'Usage: npm run bench -- [--json] [--connections N] [--window N] [--seconds N] [--blocks N] [--rate N]; all positive numbers\n',
  )
  process.exit(2)
}
const say = (line: string) => process.stderr.write(`${line}\n`)

function load(task: LoaderTask, onRunning: () => void = () => {}): Promise<LoaderResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./loader.ts', import.meta.url), { workerData: task })
    worker.on(
      'message',
      (message: { kind: 'running' } | { kind: 'result'; result: LoaderResult }) => {
        if (message.kind === 'running') onRunning()
        else resolve(message.result)
      },
    )
    worker.on('error', reject)
  })
}

const names = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(4, '0')}`)
const topicOf = (type: string, id: string) => `city/v1/150802/${type}/${id}/up`

async function bareBlock(): Promise<LoaderResult> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'bare-aedes.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await new Promise<number>((resolve) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(Number(/\d+/.exec(chunk.toString())?.[0])))
  })
  const devices = names(connections, 'BN-L').map((id) => ({
    id,
    topic: topicOf('streetlight', id),
    password: null,
  }))
  const result = await load({
    port,
    devices,
    window,
    seconds,
    warmUpSeconds: 1,
    rate: 0,
    firstTs: Date.now() - 3_600_000,
  })
  child.kill('SIGTERM')
  await new Promise((resolve) => child.once('exit', resolve))
  return result
}

async function startBenchProduct(): Promise<Product> {
  return startProduct({ environment: { HETAO_MQTT_RATE: '1000000', HETAO_LOG_LEVEL: 'info' } })
}

async function register(product: Product, type: string, ids: readonly string[]) {
  const created = await product.api(
    'POST',
    '/devices',
    ids.map((id) => ({ id, type, name: id, division: '150802', simulated: true })),
  )
  if (created.status !== 201) throw new Error(`Cannot register: ${JSON.stringify(created.body)}`)
  const devices: { id: string; topic: string; password: string }[] = []
  for (const id of ids) {
    const made = await product.api<{ password: string }>('POST', `/devices/${id}/credentials`, {})
    if (made.status !== 201)
      throw new Error(`Cannot make credentials: ${JSON.stringify(made.body)}`)
    devices.push({ id, topic: topicOf(type, id), password: made.body.password })
  }
  return devices
}

function drained(product: Product): Promise<PipelineNumbers> {
  return until(
    'the pipeline to be through',
    async () => {
      const { body } = await product.api<PipelineNumbers>('GET', '/pipeline')
      return body.pending === 0 && body
    },
    120_000,
  )
}

/** Publish-to-alert: covers opening one after the other while the load runs; measured up to the event on the stream. */
async function alertLatency(
  product: Product,
  load5k: readonly { id: string; topic: string; password: string }[],
) {
  const covers = await register(product, 'manhole-cover', names(200, 'BN-M'))
  const histogram = createHistogram()
  const sent = new Map<string, number>()
  const stream = await fetch(`${product.http}/api/v1/stream?topics=alerts`, {
    headers: { authorization: `Bearer ${product.token}` },
  })
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (reader === undefined) throw new Error(`The stream has no body, status ${stream.status}`)
  const listening = (async () => {
    let text = ''
    while (histogram.count < covers.length) {
      const { value, done } = await reader.read()
      if (done) break
      text += value
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events)
        for (const match of event.matchAll(/"device":"(BN-M-\d+)"/g)) {
          const at = sent.get(match[1] ?? '')
          if (at === undefined) continue
          sent.delete(match[1] ?? '')
          histogram.add((performance.now() - at) * 1000)
        }
    }
    await reader.cancel()
  })()
  let publishing: Promise<void> = Promise.resolve()
  const background = load(
    {
      port: product.mqtt.port,
      devices: load5k,
      window: 50,
      seconds: 10,
      warmUpSeconds: 1,
      rate,
      firstTs: Date.now() - 1_800_000,
    },
    () => {
      publishing = (async () => {
        for (const cover of covers) {
          const client = await connectAsync({
            host: '127.0.0.1',
            port: product.mqtt.port,
            clientId: cover.id,
            username: cover.id,
            password: cover.password,
          })
          sent.set(cover.id, performance.now())
          await client.publishAsync(
            cover.topic,
            JSON.stringify({ v: 1, ts: Date.now(), m: { cover_open: true, tilt: 60 } }),
            { qos: 1 },
          )
          await client.endAsync()
        }
      })()
    },
  )
  const result = await background
  await publishing
  await Promise.race([listening, new Promise((resolve) => setTimeout(resolve, 10_000))])
  return {
    histogram,
    achievedRate: result.acknowledged / result.seconds,
    ack: createHistogram(result.histogram),
  }
}

function bytesUnder(path: string): number {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

const median = (list: readonly number[]) =>
  [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN
const round = (value: number, digits = 0) => Math.round(value * 10 ** digits) / 10 ** digits

const bare: number[] = []
const durable: number[] = []
const ratios: number[] = []
const bareAck = createHistogram()
const durableAck = createHistogram()
const merge = (into: Float64Array, from: Float64Array) =>
  from.forEach((value, index) => (into[index] = (into[index] ?? 0) + value))

const product = await startBenchProduct()
const devices = await register(product, 'streetlight', names(connections, 'BN-L'))
let firstTs = Date.now() - 2.9 * 3_600_000
let published = 0
try {
  for (let block = 1; block <= blocks; block++) {
    const alone = await bareBlock()
    const task: LoaderTask = {
      port: product.mqtt.port,
      devices,
      window,
      seconds,
      warmUpSeconds: 1,
      rate: 0,
      firstTs,
    }
    const ours = await load(task)
    if (ours.broken > 0)
      throw new Error(`${ours.broken} connections broke under load:\n${product.log()}`)
    firstTs += ours.total + 1_000
    published += ours.total
    const [a, b] = [alone.acknowledged / alone.seconds, ours.acknowledged / ours.seconds]
    bare.push(a)
    durable.push(b)
    ratios.push(b / a)
    merge(bareAck.counts, alone.histogram)
    merge(durableAck.counts, ours.histogram)
    const numbers = await drained(product)
    say(
      `block ${block} of ${blocks}: bare ${round(a)} msg/s, durable ${round(b)} msg/s, ratio ${round(b / a, 2)}, stored ${numbers.stored}`,
    )
  }
  const numbers = await drained(product)
  const journalBytes = bytesUnder(join(product.dataDirectory, 'journal'))
  const telemetryBytes = bytesUnder(join(product.dataDirectory, 'telemetry'))
  const { histogram: alerts, achievedRate, ack: pacedAck } = await alertLatency(product, devices)
  await product.stop()
  const result = {
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      node: process.version,
      commit: commit(),
    },
    load: { connections, window, seconds, blocks, payloadBytes: 104, qos: 1 },
    bareMessagesPerSecond: round(median(bare)),
    durableMessagesPerSecond: round(median(durable)),
    ratio: round(median(ratios), 2),
    guarantee: {
      bare: 'acknowledged from memory',
      durable: 'acknowledged after write and sync to disk; decoded, judged, stored',
    },
    ackMs: {
      bare: { p50: round(bareAck.quantileMs(0.5), 2), p99: round(bareAck.quantileMs(0.99), 2) },
      durable: {
        p50: round(durableAck.quantileMs(0.5), 2),
        p99: round(durableAck.quantileMs(0.99), 2),
      },
    },
    paced: {
      messagesPerSecond: round(achievedRate),
      ackP50Ms: round(pacedAck.quantileMs(0.5), 2),
      ackP99Ms: round(pacedAck.quantileMs(0.99), 2),
      alerts: alerts.count,
      publishToAlertP50Ms: round(alerts.quantileMs(0.5), 1),
      publishToAlertP99Ms: round(alerts.quantileMs(0.99), 1),
    },
    accounting: { published, stored: numbers.stored, holds: numbers.holds },
    bytesPerReading: {
      journal: round(journalBytes / numbers.stored, 1),
      telemetry: round(telemetryBytes / numbers.stored, 1),
    },
  }
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else print(result)
} finally {
  await product.kill().catch(() => {})
  removeDirectory(product.dataDirectory)
}

function print(result: Record<string, unknown>, indent = ''): void {
  for (const [name, value] of Object.entries(result)) {
    if (typeof value === 'object' && value !== null) {
      process.stdout.write(`${indent}${name}\n`)
      print(value as Record<string, unknown>, `${indent}  `)
    } else process.stdout.write(`${indent}${name.padEnd(28 - indent.length)} ${String(value)}\n`)
  }
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .trim()
  } catch {
    return 'unknown'
  }
}
