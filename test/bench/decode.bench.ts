// What one message costs the decoder: `npx node test/bench/decode.bench.ts`. Prints nanoseconds per message for payloads as devices
// write them, read by JSON.parse alone and with the usual shape read from its bytes.

import { decodeAnyShape, decodeCanonical } from '../../src/decoders/canonical.ts'

const MESSAGES = 1000
const ROUNDS = 100
const BATCHES = 5
const START = Date.UTC(2026, 10, 1, 14)

type Payload = (n: number) => unknown

const lamp = (n: number) => ({
  v: 1,
  ts: START + n,
  seq: n,
  m: { power: 90 + (n % 7), voltage: 229.8, lamp_on: n % 2 === 0, leakage_current: 1.5 },
})

const payloads: Readonly<Record<string, Payload>> = {
  '4 metrics': lamp,
  '4 metrics, time as text': (n) => ({
    ...lamp(n),
    ts: new Date(START + n).toISOString().replace('Z', '+08:00'),
  }),
  '4 metrics, radio': (n) => ({ ...lamp(n), bat: 87, rssi: -91 }),
  '4 metrics, 17 digits': (n) => ({ ...lamp(n), m: { ...lamp(n).m, voltage: 229.8 + 0.3 } }),
  '13 metrics': (n) => ({
    v: 1,
    ts: START + n,
    m: {
      voltage_a: 229.1,
      voltage_b: 230.4,
      voltage_c: 228.8,
      current_a: 9.1,
      current_b: 8.7,
      current_c: (90 + (n % 10)) / 10,
      active_power: 6.1,
      energy_total: 88_231.2,
      contactor_on: true,
      door_open: false,
      water_immersion: false,
      leakage_current: 3.1,
      temp: 4.5,
    },
  }),
  'an unknown key at the end': (n) => ({ ...lamp(n), firmware: '1.2' }),
  'a batch of 10': (n) => ({ v: 1, r: Array.from({ length: 10 }, (_, i) => lamp(n + i)) }),
}

function nsPerMessage(decode: (payload: Uint8Array) => unknown, made: readonly Buffer[]): number {
  const begin = process.hrtime.bigint()
  for (let round = 0; round < ROUNDS; round++) for (const payload of made) decode(payload)
  return Number(process.hrtime.bigint() - begin) / (ROUNDS * made.length)
}

/** The best of some batches, the two decoders in turns: what else the machine does then hurts neither more. */
for (const [name, payload] of Object.entries(payloads)) {
  const made = Array.from({ length: MESSAGES }, (_, n) => Buffer.from(JSON.stringify(payload(n))))
  let parsed = Number.POSITIVE_INFINITY
  let scanned = Number.POSITIVE_INFINITY
  for (let batch = 0; batch < BATCHES; batch++) {
    parsed = Math.min(parsed, nsPerMessage(decodeAnyShape, made))
    scanned = Math.min(scanned, nsPerMessage(decodeCanonical, made))
  }
  process.stdout.write(
    `${name.padEnd(26)}${parsed.toFixed(0).padStart(6)} ns by JSON.parse${scanned.toFixed(0).padStart(6)} ns now  ${(parsed / scanned).toFixed(1)}x\n`,
  )
}
