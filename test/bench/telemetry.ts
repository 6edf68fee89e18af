// Rows per second and bytes per row of the embedded telemetry store: 10,000 devices of 4 metrics. Run with `npx node`.

import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { positionAt } from '../../src/core/position.ts'
import { metricsOf, type DeviceType } from '../../src/core/device-type.ts'
import type { Reading } from '../../src/core/reading.ts'
import { openEmbeddedTelemetryReader } from '../../src/store/telemetry/embedded-reader.ts'
import { openEmbeddedTelemetry } from '../../src/store/telemetry/embedded.ts'

const DEVICES = 10_000
const ROUNDS = 40
const BATCH = 2_000
const START = Date.UTC(2026, 10, 1)

const type: DeviceType = {
  id: 'bench-lamp',
  name: { zh: '灯', en: 'Lamp' },
  component: '0000',
  department: 'bench',
  reportSeconds: 60,
  metrics: ['power', 'voltage', 'current', 'leakage'].map((id) => ({
    id,
    name: { zh: id, en: id },
    unit: '1',
    kind: 'number',
    min: 0,
    max: 1000,
    precision: 1,
  })),
  rules: [],
}
const width = metricsOf(type).length

let sequence = 0
/** One report of every device, spread over a minute, in the order of time. */
function* reports(): Generator<Reading> {
  for (let round = 0; round < ROUNDS; round++)
    for (let device = 0; device < DEVICES; device++) {
      const ts = START + round * 60_000 + device * 6
      const values = Array<number>(width).fill(Number.NaN)
      for (let metric = 0; metric < 4; metric++)
        values[metric] = 220 + ((device * 7 + round * 3 + metric) % 1000) / 10
      yield {
        device: `LH-L-${String(device).padStart(5, '0')}`,
        type: type.id,
        ts,
        receivedAt: ts + 150,
        seq: null,
        values,
        simulated: true,
        redriven: false,
        position: positionAt(++sequence),
      }
    }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

const print = (line: string): boolean => process.stdout.write(`${line}\n`)
const directory = await mkdtemp(join(tmpdir(), 'hetao-bench-'))
try {
  const store = openEmbeddedTelemetry({ directory, types: [type] })
  const batches: Reading[][] = []
  let batch: Reading[] = []
  for (const reading of reports()) {
    batch.push(reading)
    if (batch.length === BATCH) batches.push(batch.splice(0))
  }
  const write = async (): Promise<void> => {
    for (batch of batches) await store.write(batch, positionAt(batch.at(-1)?.position ?? 0))
  }
  const rows = DEVICES * ROUNDS
  const appended = await seconds(write)
  print(`append      ${perSecond(rows, appended)}`)
  print(`sync        ${((await seconds(() => store.sync())) * 1000).toFixed(1)} ms`)
  batches.length = Math.ceil(batches.length / 4)
  for (const list of batches)
    for (const [index, reading] of list.entries())
      list[index] = { ...reading, position: positionAt(++sequence) }
  print(`redelivery  ${perSecond(batches.length * BATCH, await seconds(write))}`)
  await store.close()

  let bytes = 0
  for (const name of await readdir(join(directory, type.id)))
    bytes += (await stat(join(directory, type.id, name))).size
  print(`size        ${(bytes / rows).toFixed(1)} bytes per row of 4 values`)

  const reader = openEmbeddedTelemetryReader({
    directory,
    types: [type],
    timeZone: 'Asia/Shanghai',
  })
  const query = { device: 'LH-L-00042', type: type.id, metric: 'power', from: START }
  for (const window of ['raw', '1m', '1h'] as const) {
    let points = 0
    const took = await seconds(async () => {
      points = (
        await reader.series({ ...query, to: START + ROUNDS * 60_000, window, limit: 50_000 })
      ).length
    })
    print(
      `chart ${window.padEnd(4)}  ${(took * 1000).toFixed(1)} ms for ${points} points among ${rows} rows`,
    )
  }
  await reader.close()
} finally {
  await rm(directory, { recursive: true })
}

function perSecond(rows: number, took: number): string {
  return `${Math.round(rows / took)} rows/s, ${((took / rows) * 1e6).toFixed(2)} us a row`
}
