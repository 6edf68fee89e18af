// The product on a real InfluxDB that is stopped for a while under a steady load, comes up and is killed with -9 twice on the way, and
// refuses some readings for good when it is back. Measures what became of every acknowledged reading, how long alerts took
// and what memory did.

import { connectAsync } from 'mqtt'
import { startInfluxServer, type InfluxServer } from '../support/influx-server.ts'
import {
  removeDirectory,
  startProduct,
  until,
  type PipelineNumbers,
  type Product,
} from '../support/product.ts'
import { openStream, type StreamReader } from '../support/stream.ts'
import { makePassword, registerFleet, type SoakDevice } from './soak-fleet.ts'
import { takeSample, type Sample } from './soak-samples.ts'
import { startDevices, type DevicesResult } from './start-devices.ts'

export interface OutageOptions {
  /** How long InfluxDB is away. */
  readonly outageSeconds: number
  /** Readings a second over MQTT. */
  readonly rate: number
  /** Before and after the outage. */
  readonly calmSeconds: number
  readonly say: (line: string) => void
}

export interface OutageResult {
  readonly acknowledged: number
  readonly unacknowledged: number
  readonly connectionsBroken: number
  /** Acknowledged readings that InfluxDB does not have, and points that nobody has sent. */
  readonly missing: number
  readonly foreign: number
  /** The readings that InfluxDB must refuse: how many were sent, and those found in quarantine with its message. */
  readonly bad: { readonly sent: number; readonly quarantined: number; readonly details: string[] }
  readonly pipeline: PipelineNumbers
  /** By how many items the accounting was wrong at most, at any look. */
  readonly unaccountedMost: number
  /** Items that the pipeline must have stored: the fleet's, the probes'. */
  readonly expectedStored: number
  readonly alertMs: { readonly calm: readonly number[]; readonly outage: readonly number[] }
  /** States of the store while it was away, and at the end. */
  readonly states: readonly string[]
  readonly endState: string
  readonly catchUpSeconds: number
  readonly pendingMost: number
  readonly memory: { readonly samples: readonly Sample[]; readonly influxMiB: number }
}

const DIVISION = '150802'
const DEVICES_PER_READING = 0.2
const BAD_READINGS = 3
const PROBE_SECONDS = 5
const PROBES_MAX = 60
const CATCH_UP_MAX_MS = 600_000
/** A metric that no device of the fleet reports, so that the stranger is the first to write it. */
const BAD_METRIC = 'power_factor'

type OutagePipeline = PipelineNumbers & {
  readonly telemetry: { readonly state: string; readonly detail: string | null }
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

export async function runOutage(options: OutageOptions): Promise<OutageResult> {
  const influx = await startInfluxServer()
  try {
    const product = await startProduct({
      environment: {
        HETAO_STORE: 'influx',
        INFLUX_URL: influx.url,
        HETAO_SNAPSHOT_EVERY: '10s',
      },
    })
    try {
      return await outage(product, influx, options)
    } finally {
      await product.kill()
      removeDirectory(product.dataDirectory)
    }
  } finally {
    await influx.dispose()
  }
}

async function outage(
  product: Product,
  influx: InfluxServer,
  { outageSeconds, rate, calmSeconds, say }: OutageOptions,
): Promise<OutageResult> {
  const count = Math.max(5, Math.round(rate * DEVICES_PER_READING))
  const fleet = await registerFleet(product, 'OT-D', count)
  const probes = await registerLamps(
    product,
    'OT-P',
    Math.min(PROBES_MAX, Math.floor((calmSeconds + outageSeconds) / PROBE_SECONDS)),
  )
  const [bad] = await registerLamps(product, 'OT-B', 1)
  if (bad === undefined) throw new Error('Cannot send bad readings: no device')
  const stream = await openStream(product, 'alerts')
  const began = performance.now()
  const elapsed = () => (performance.now() - began) / 1000
  const devices = startDevices({
    port: product.mqtt.port,
    devices: fleet.devices,
    intervalMs: (count / rate) * 1000,
  })
  await devices.connected
  say(`${count} devices send ${rate} readings/s`)

  const samples: Sample[] = []
  const states = new Set<string>()
  const alertMs = { calm: [] as number[], outage: [] as number[] }
  let unaccountedMost = 0
  let pendingMost = 0
  const over = new AbortController()
  let isAway = false

  async function look(): Promise<OutagePipeline> {
    const { body } = await product.api<OutagePipeline>('GET', '/pipeline')
    const { journaled, stored, quarantined, duplicate, pending } = body
    const unaccounted = journaled - stored - quarantined - duplicate - pending
    unaccountedMost = Math.max(unaccountedMost, Math.abs(unaccounted), body.holds ? 0 : 1)
    pendingMost = Math.max(pendingMost, pending)
    if (isAway) states.add(body.telemetry.state)
    return body
  }
  const watching = (async () => {
    for (let next = 0; !over.signal.aborted; next++) {
      const sample = await takeSample(product, elapsed())
      samples.push(sample)
      const { stored, pending, telemetry } = await look()
      if (next % 5 === 0)
        say(
          `${sample.second} s: store ${telemetry.state}, ${stored} stored, ${pending} pending, RSS ${sample.rssMiB} MiB, heap ${sample.heapMiB} MiB`,
        )
      await wait(1_000)
    }
  })()
  const probing = (async () => {
    for (const probe of probes) {
      if (over.signal.aborted) return
      const into = isAway ? alertMs.outage : alertMs.calm
      into.push(await publishToAlert(product, stream, probe))
      await wait(PROBE_SECONDS * 1_000)
    }
  })()

  await until('the first readings in InfluxDB', async () => (await look()).stored > 0, 60_000)
  await wait(calmSeconds * 1_000)
  // One text in a field makes InfluxDB refuse every number in it for the rest of the shard: the surest way to a bad line.
  await poison(influx)

  isAway = true
  await influx.stop()
  say('InfluxDB is stopped')
  const away = performance.now()
  const at = (share: number) =>
    wait(Math.max(0, share * outageSeconds * 1_000 - (performance.now() - away)))
  await at(0.25)
  await upAndKilled()
  await at(0.5)
  const badTimes = await sendBad(product, bad.id)
  await at(0.65)
  await upAndKilled()
  await at(1)
  isAway = false
  await influx.start()
  const back = performance.now()
  const pendingAtStart = (await look()).pending
  say(`InfluxDB is back, ${pendingAtStart} pending`)

  /** Comes up, answers for a moment, so that the product is in the middle of its work with it, and is killed. */
  async function upAndKilled(): Promise<void> {
    const { stored } = await look()
    await influx.start()
    await until(
      'readings stored while it is up',
      async () => (await look()).stored > stored,
      outageSeconds * 150,
    ).catch(() => say('the product has not tried again before the kill'))
    await influx.kill()
    say('InfluxDB was up and is killed with -9')
  }

  const caughtUp = await until(
    'the product to catch up',
    async () => (await look()).pending < rate && (await look()).telemetry.state === 'ready',
    CATCH_UP_MAX_MS,
  ).then(() => (performance.now() - back) / 1000)
  say(`caught up in ${caughtUp.toFixed(1)} s`)
  await wait(calmSeconds * 1_000)

  const result = await devices.stop()
  over.abort()
  await Promise.all([watching, probing])
  await stream.close()
  const pipeline = await until(
    'nothing to be pending',
    async () => {
      const body = await look()
      return body.pending === 0 && body
    },
    120_000,
  )
  const { missing, foreign } = await compare(influx, fleet.devices, result)
  const quarantine = await product.api<{ items: { device: string; detail: string }[] }>(
    'GET',
    '/quarantine?code=store_refused&limit=100',
  )
  const probed = alertMs.calm.length + alertMs.outage.length
  return {
    acknowledged: result.acknowledged,
    unacknowledged: result.unacknowledged,
    connectionsBroken: result.broken,
    missing,
    foreign,
    bad: {
      sent: badTimes.length,
      quarantined: quarantine.body.items.filter(({ device }) => device === bad.id).length,
      details: quarantine.body.items.map(({ detail }) => detail),
    },
    pipeline,
    unaccountedMost,
    expectedStored: result.acknowledged + probed * PROBE_READINGS.length,
    alertMs,
    states: [...states],
    endState: pipeline.telemetry.state,
    catchUpSeconds: caughtUp,
    pendingMost,
    memory: { samples, influxMiB: influx.residentBytes() / 2 ** 20 },
  }
}

// ---------------------------------------------------------------------------------------------------------- alert probes

interface Lamp {
  readonly id: string
  readonly password: string
}

/** Leakage in mA: two of them above the limit of 30 in a row raise the alert. */
const PROBE_READINGS = [2.1, 41.2, 41.2]

async function registerLamps(product: Product, prefix: string, count: number): Promise<Lamp[]> {
  const ids = Array.from({ length: count }, (_, n) => `${prefix}-${String(n).padStart(3, '0')}`)
  const made = await product.api(
    'POST',
    '/devices',
    ids.map((id) => ({
      id,
      type: 'streetlight',
      name: id,
      division: DIVISION,
      lat: 40.75,
      lon: 107.39,
      simulated: true,
    })),
  )
  if (made.status !== 201) throw new Error(`Cannot register: ${JSON.stringify(made.body)}`)
  const lamps: Lamp[] = []
  for (const id of ids) lamps.push({ id, password: await makePassword(product, id) })
  return lamps
}

/** From handing the last reading to the socket until the alert is on the stream. */
async function publishToAlert(product: Product, stream: StreamReader, lamp: Lamp): Promise<number> {
  const client = await connectAsync({
    ...product.mqtt,
    clientId: lamp.id,
    username: lamp.id,
    password: lamp.password,
  })
  try {
    const topic = `city/v1/${DIVISION}/streetlight/${lamp.id}/up`
    const first = Date.now() - PROBE_READINGS.length
    let begun = 0
    for (const [n, leakage] of PROBE_READINGS.entries()) {
      const payload = JSON.stringify({ v: 1, ts: first + n, m: { leakage_current: leakage } })
      begun = performance.now()
      await client.publishAsync(topic, payload, { qos: 1 })
    }
    await stream.next(({ kind, item }) => kind === 'alert' && item['device'] === lamp.id, 30_000)
    return performance.now() - begun
  } finally {
    await client.endAsync()
  }
}

// ----------------------------------------------------------------------------------------------------------- bad readings

async function poison(influx: InfluxServer): Promise<void> {
  const hour = 3_600_000
  // The shards of now, and of what is later should the run reach into the next.
  const lines = [0, 24 * hour].map(
    (ms) => `streetlight,device=STRANGER ${BAD_METRIC}="nine" ${Date.now() + ms}`,
  )
  const answer = await influx.write('/write?db=iot&precision=ms', lines.join('\n'))
  if (answer.status !== 204) throw new Error(`Cannot write as a stranger: ${answer.body}`)
}

async function sendBad(product: Product, device: string): Promise<readonly number[]> {
  const times = Array.from({ length: BAD_READINGS }, (_, n) => Date.now() - n - 1)
  for (const ts of times) {
    const answer = await product.api('POST', '/ingest', { device, ts, m: { [BAD_METRIC]: 0.9 } })
    if (answer.status !== 202) throw new Error(`Cannot send: ${JSON.stringify(answer.body)}`)
  }
  return times
}

// ------------------------------------------------------------------------------------------------------------- comparison

/** Asks InfluxDB itself for every device of the fleet. */
async function compare(
  influx: InfluxServer,
  devices: readonly SoakDevice[],
  { times }: DevicesResult,
): Promise<{ readonly missing: number; readonly foreign: number }> {
  let missing = 0
  let foreign = 0
  for (const [place, device] of devices.entries()) {
    const type = device.topic.split('/')[3] ?? ''
    const rows = await influx.ask(
      `SELECT "${device.metric}" FROM "iot"."autogen"."${type}" WHERE "device" = '${device.id}'`,
      'iot',
    )
    const stored = new Set(rows.map((row) => Number(row['time'])))
    const sent = new Set(times[place])
    for (const ts of sent) if (!stored.has(ts)) missing++
    for (const ts of stored) if (!sent.has(ts)) foreign++
    // As many points as moments: none stands there twice.
    foreign += rows.length - stored.size
  }
  return { missing, foreign }
}
