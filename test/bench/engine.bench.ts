// What one reading costs the pure core: `npx node test/bench/engine.ts`. Prints nanoseconds per reading for the decoder, the
// validation and the engine, one line each.

import { deviceTypes } from '../../devices/index.ts'
import { createEngine } from '../../src/core/engine.ts'
import { ingest } from '../../src/core/messages/ingest.ts'
import { later, positionAt } from '../../src/core/position.ts'
import type { Reading } from '../../src/core/messages/reading.ts'
import { validateReading } from '../../src/core/messages/validate.ts'
import { decoders } from '../../src/decoders/index.ts'
import { createJoins } from '../../src/pipeline/joins.ts'

const DEVICES = 1000
const ROUNDS = 200
const START = Date.UTC(2026, 10, 1, 14)

const engine = createEngine({ types: deviceTypes, timeZone: 'Asia/Shanghai' })
const ignore = (): void => {}
const first = positionAt(1)
const ids = Array.from({ length: DEVICES }, (_, n) => `L-${n}`)
engine.advance(START, first, ignore)
engine.command(
  {
    kind: 'devices.register',
    devices: ids.map((id) => ({
      id,
      type: 'streetlight',
      name: id,
      division: '150802',
      grid: null,
      street: null,
      parent: null,
      lat: 40.75,
      lon: 107.39,
      roadClass: null,
      weakArea: false,
      department: null,
      maintainer: null,
      componentCode: null,
      rated: { power: 120 },
      simulated: true,
    })),
  },
  'bench',
  first,
  ignore,
)

const payloads = ids.map((_, n) =>
  Buffer.from(
    JSON.stringify({
      v: 1,
      ts: START + 1000,
      seq: n,
      m: { power: 90 + (n % 7), voltage: 229.8, lamp_on: true, leakage_current: 1.5 },
    }),
  ),
)
const raws = payloads.map((payload) => {
  const decoded = decoders.canonical(payload, { topic: '', receivedAt: START })
  const raw = decoded.kind === 'readings' ? decoded.readings[0] : undefined
  if (raw === undefined) throw new Error('Cannot bench: the payload was refused')
  return raw
})
const type = engine.typeOf('L-0')
if (type === undefined) throw new Error('Cannot bench: the type is not there')

function measure(name: string, round: (round: number) => void): void {
  for (let n = 0; n < 20; n++) round(n)
  const begin = process.hrtime.bigint()
  for (let n = 20; n < 20 + ROUNDS; n++) round(n)
  const ns = Number(process.hrtime.bigint() - begin) / (ROUNDS * DEVICES)
  process.stdout.write(`${name.padEnd(28)} ${ns.toFixed(0).padStart(6)} ns per reading\n`)
}

measure('decode', () => {
  for (const payload of payloads) decoders.canonical(payload, { topic: '', receivedAt: START })
})
measure('validate', () => {
  for (const raw of raws) validateReading(raw, type, START + 2000)
})
const values = raws.map((raw) => validateReading(raw, type, START + 2000).values ?? [])
const readings = (at: number): Reading[] =>
  ids.map((id, n) => ({
    device: id,
    type: 'streetlight',
    division: '150802',
    ts: at,
    receivedAt: at,
    seq: n,
    values: values[n] ?? [],
    simulated: true,
    redriven: false,
    position: first,
  }))
const prepared = Array.from({ length: ROUNDS + 20 }, (_, n) => readings(START + 3000 + n * 1000))
measure('engine.read', (round) => {
  const at = START + 3000 + round * 1000
  engine.advance(at, first, ignore)
  for (const reading of prepared[round] ?? []) engine.read(reading, ignore)
})
let position = first
const joins = createJoins()
measure('ingest (all of it)', (round) => {
  const receivedAt = START + 1000 + 240_000 + round
  payloads.forEach((payload, n) => {
    position = later(position)
    ingest(
      {
        topic: `city/v1/150802/streetlight/${ids[n]}/up`,
        payload,
        client: ids[n] ?? '',
        http: false,
        simulated: true,
        redriven: false,
        format: 'canonical',
        receivedAt,
        position,
      },
      engine,
      decoders,
      joins,
      ignore,
    )
  })
})
