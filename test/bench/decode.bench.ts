// What one message costs the decoder: `npx node test/bench/decode.bench.ts`. Prints nanoseconds per message for payloads as devices
// write them, read by JSON.parse alone and with the usual shape read from its bytes.

import { decodeAnyShape, decodeCanonical } from '../../src/decoders/canonical.ts'

const MESSAGES = 1000
const ROUNDS = 300
const BATCHES = 5
const START = Date.UTC(2026, 10, 1, 14)

type Payload = (n: number) => unknown

const payloads: Readonly<Record<string, Payload>> = {
  '4 metrics': (n) => ({
    v: 1,
    ts: START + n,
    seq: n,
    m: { power: 90 + (n % 7), voltage: 229.8, lamp_on: true, leakage_current: 1.5 },
  }),
  '3 metrics, radio': (n) => ({
    v: 1,
    ts: START + n,
    seq: n,
    m: { power: 92.5, voltage: 229.8 + (n % 9) / 10, lamp_on: n % 2 === 0 },
    bat: 87,
    rssi: -91,
  }),
  '4 metrics, time as text': (n) => ({
    v: 1,
    ts: new Date(START + n).toISOString().replace('Z', '+08:00'),
    seq: n,
    m: { power: 90 + (n % 7), voltage: 229.8, lamp_on: true, leakage_current: 1.5 },
  }),
  '13 metrics': (n) => ({
    v: 1,
    ts: START + n,
    m: {
      ...Object.fromEntries(
        ['voltage_a', 'voltage_b', 'voltage_c', 'current_a', 'current_b', 'current_c'].map(
          (id, index) => [id, 230 - index + (n % 10) / 10],
        ),
      ),
      ...{ active_power: 6.1, energy_total: 88_231.2, contactor_on: true, door_open: false },
      ...{ water_immersion: false, leakage_current: 3.1, temp: 4.5 },
    },
  }),
  'not the usual shape': (n) => ({
    v: 1,
    ts: START + n,
    seq: n,
    m: { power: 90 + (n % 7), voltage: 229.8, lamp_on: true, leakage_current: 1.5 },
    firmware: '1.2',
  }),
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
