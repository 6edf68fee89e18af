// The demo city's life in real time: every device reports far more often than in reality, and a rotating story of faults, each
// over after some minutes, keeps the operations centre busy but not drowned.

import type { DeviceType } from '../src/core/device-type.ts'
import type { Millis } from '../src/core/position.ts'
import type { Clock } from '../src/ports.ts'
import type { NewDevice } from './city.ts'
import { createDeviceModel, type DeviceModel, type Message } from './device-model.ts'
import { operatorOf, type Fault, type FaultKind } from './faults.ts'
import { createHeap } from '../src/core/time/heap.ts'
import { isLightingOn } from './physics/lighting-plan.ts'
import { stream, type RandomStream } from './random.ts'

export interface DemoLifeOptions {
  readonly devices: readonly NewDevice[]
  readonly types: readonly DeviceType[]
  readonly seed: string
  readonly clock: Clock
  readonly publish: (message: Message) => void
  /** The line of a device that falls out is dropped, too. */
  readonly cut: (device: string, ms: number) => void
  readonly onFault: (fault: Fault) => void
}

export interface DemoLife {
  start(): void
  stop(): void
}

const INTERVAL_MS: Readonly<Record<string, number>> = {
  streetlight: 30_000,
  'lighting-feeder': 10_000,
  'manhole-cover': 60_000,
  'site-dust-noise': 5_000,
}
/** What a device says at once when something happens to it, and again for rules that want two samples. */
const NOTICE_MS = [1_500, 6_000, 15_000]

interface Act {
  readonly kind: FaultKind
  readonly type: string
  readonly forMs: number
  readonly onlyAtNight?: boolean
}

/** The first acts can be seen at any hour of the day. */
const ACTS: readonly Act[] = [
  { kind: 'cover_theft', type: 'manhole-cover', forMs: 240_000 },
  { kind: 'leakage', type: 'streetlight', forMs: 300_000 },
  { kind: 'door_open', type: 'lighting-feeder', forMs: 120_000 },
  { kind: 'night_work', type: 'site-dust-noise', forMs: 1_800_000 },
  { kind: 'feeder_cut', type: 'lighting-feeder', forMs: 1_200_000, onlyAtNight: true },
  { kind: 'water_in', type: 'lighting-feeder', forMs: 180_000 },
  { kind: 'lamp_failure', type: 'streetlight', forMs: 600_000, onlyAtNight: true },
  { kind: 'dust', type: 'site-dust-noise', forMs: 1_800_000 },
  { kind: 'malformed', type: 'site-dust-noise', forMs: 20_000 },
  { kind: 'device_outage', type: 'streetlight', forMs: 180_000 },
]
const FIRST_ACT_MS = 2_000
/** The first acts come quickly, so that a newcomer sees something happen; later ones at a steady pace. */
const OPENING_PAUSE_MS = 9_000
const PAUSE_MS = 45_000
const ACTIVE_MAX = 8

export function createDemoLife(options: DemoLifeOptions): DemoLife {
  const { devices, clock, seed } = options
  const active: Fault[] = []
  const models = new Map(modelsOf(options, active).map((model) => [model.id, model]))
  const due = createHeap<{ at: Millis; model: DeviceModel }>((a, b) => a.at < b.at)
  const chance = stream(seed, 'story', String(clock.now()))
  const timers = new Set<() => void>()
  let acts = 0
  let isStopped = false

  function after(ms: number, task: () => void): void {
    const cancel = clock.after(ms, () => {
      timers.delete(cancel)
      if (!isStopped) task()
    })
    timers.add(cancel)
  }

  function report(model: DeviceModel, at: Millis): void {
    for (const message of model.messages(at)) options.publish(message)
  }

  function tick(): void {
    const now = clock.now()
    for (let item = due.pop(); item !== undefined; item = due.pop()) {
      if (item.at > now) {
        due.push(item)
        after(item.at - now, tick)
        return
      }
      report(item.model, now)
      // After a pause of the machine the rhythm goes on from now; nothing is made up for.
      due.push({ at: Math.max(item.model.nextReport(item.at), now + 1), model: item.model })
    }
  }

  function nextAct(): void {
    const act = ACTS[acts % ACTS.length]
    acts += 1
    if (act !== undefined && active.length < ACTIVE_MAX) perform(act)
    after(acts < 4 ? OPENING_PAUSE_MS : PAUSE_MS, nextAct)
  }

  function perform(act: Act): void {
    const now = clock.now()
    const target = pickTarget(devices, act, active, now, chance)
    if (target === null) return
    const fault: Fault = {
      id: `demo-${acts}`,
      kind: act.kind,
      device: target.id,
      start: now,
      end: now + act.forMs,
      magnitude: operatorOf(act.kind).magnitude,
      rampMs: 0,
    }
    active.push(fault)
    options.onFault(fault)
    if (act.kind === 'device_outage') options.cut(target.id, act.forMs)
    notice(target.id)
    after(act.forMs, () => {
      active.splice(active.indexOf(fault), 1)
      notice(target.id)
    })
  }

  function notice(id: string): void {
    const model = models.get(id)
    if (model !== undefined) for (const ms of NOTICE_MS) after(ms, () => report(model, clock.now()))
  }

  return {
    start() {
      const now = clock.now()
      for (const model of models.values()) due.push({ at: model.firstReport(now), model })
      tick()
      after(FIRST_ACT_MS, nextAct)
    },
    stop() {
      isStopped = true
      for (const cancel of timers) cancel()
      timers.clear()
    },
  }
}

/** `active` is shared: what is added to it acts at once. */
function modelsOf(
  { devices, types, seed }: DemoLifeOptions,
  active: readonly Fault[],
): readonly DeviceModel[] {
  const typeOf = new Map(types.map((type) => [type.id, type]))
  const childrenOf = Map.groupBy(devices, (device) => device.parent)
  return devices.flatMap((device) => {
    const type = typeOf.get(device.type)
    const intervalMs = INTERVAL_MS[device.type]
    if (type === undefined || intervalMs === undefined) return []
    return [
      createDeviceModel({
        seed,
        device,
        type,
        children: childrenOf.get(device.id) ?? [],
        faults: active,
        intervalMs,
      }),
    ]
  })
}

/** A device of the act's kind that nothing else is happening to, or null. */
function pickTarget(
  devices: readonly NewDevice[],
  act: Act,
  active: readonly Fault[],
  now: Millis,
  chance: RandomStream,
): NewDevice | null {
  const busy = new Set(active.map((fault) => fault.device))
  const free = devices.filter(
    (device) =>
      device.type === act.type &&
      !busy.has(device.id) &&
      (device.parent === null || !busy.has(device.parent)),
  )
  const candidates =
    act.onlyAtNight === true ? free.filter((device) => isLightingOn(device, now)) : free
  return candidates.length === 0 ? null : chance.pick(candidates)
}
