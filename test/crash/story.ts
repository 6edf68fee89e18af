// What the crash test publishes: a fixed story per device, so that an undisturbed run can be computed beside the tortured one.

import { deviceTypes } from '../../devices/index.ts'
import { createManualClock } from '../../src/clock.ts'
import type { Alert } from '../../src/core/alert.ts'
import type { Ticket } from '../../src/core/ticket.ts'
import { createOfflineApp } from '../../src/offline.ts'

export interface StoryReading {
  readonly ts: number
  readonly seq: number
  readonly m: { readonly voltage: number; readonly leakage_current: number }
}

export interface StoryDevice {
  readonly id: string
  readonly topic: string
  readonly readings: readonly StoryReading[]
}

export function devicesOf(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    id: `CR-L-${String(index).padStart(4, '0')}`,
    type: 'streetlight',
    name: `崩溃测试 ${index} 号灯`,
    division: '150802',
    street: '胜利路',
    lat: 40.75,
    lon: 107.39,
    rated: { power: 120 },
    simulated: true,
  }))
}

/** One reading a second of event time per device; every third device has one or two leakage faults. */
export function storyOf(
  seed: number,
  deviceCount: number,
  readingCount: number,
  start: number,
): StoryDevice[] {
  const random = generator(seed)
  return devicesOf(deviceCount).map((device, index) => {
    const faults = index % 3 === 0 ? 1 + Math.floor(random() * 2) : 0
    const begins = Array.from({ length: faults }, () => Math.floor(random() * (readingCount - 20)))
    return {
      id: device.id,
      topic: `city/v1/150802/streetlight/${device.id}/up`,
      readings: Array.from({ length: readingCount }, (_, k) => ({
        ts: start + k * 1000,
        seq: k,
        m: {
          voltage: Math.round((225 + random() * 10) * 10) / 10,
          leakage_current: begins.some((begin) => k >= begin && k < begin + 4)
            ? 41.5
            : Math.round(random() * 50) / 10,
        },
      })),
    }
  })
}

/** The alerts and tickets the story must end with, computed by the same engine without any disturbance. */
export async function undisturbed(
  story: readonly StoryDevice[],
  start: number,
): Promise<{ alerts: Map<string, Alert>; tickets: Map<string, Ticket> }> {
  const alerts = new Map<string, Alert>()
  const tickets = new Map<string, Ticket>()
  const clock = createManualClock(start)
  const app = createOfflineApp({
    clock,
    types: deviceTypes,
    timeZone: 'Asia/Shanghai',
    cases: null,
    onEffect(effect) {
      if (effect.kind === 'alert') alerts.set(effect.alert.id, effect.alert)
      if (effect.kind === 'ticket') tickets.set(effect.ticket.id, effect.ticket)
    },
  })
  const registered = app.command('crash', {
    kind: 'devices.register',
    devices: devicesOf(story.length).map((device) => ({
      ...device,
      grid: null,
      parent: null,
      roadClass: null,
      weakArea: false,
      department: null,
      maintainer: null,
      componentCode: null,
    })),
  })
  if (!registered.ok) throw new Error(`Cannot register the story's devices: ${registered.detail}`)
  const length = story[0]?.readings.length ?? 0
  for (let k = 0; k < length; k++) {
    await app.advance(start + k * 1000)
    for (const device of story) {
      const reading = device.readings[k]
      if (reading !== undefined)
        app.publish({
          client: device.id,
          topic: device.topic,
          payload: JSON.stringify({ v: 1, ...reading }),
          simulated: true,
        })
    }
  }
  await app.close()
  return { alerts, tickets }
}

/** mulberry32: small, seeded, good enough to choose moments. */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}
