// One simulated device: when it reports and what it says, from its physics, its faults and its own streams of chance.

import type { DeviceType } from '../src/core/device-type.ts'
import type { Millis } from '../src/core/position.ts'
import type { NewDevice } from './city.ts'
import { operatorOf, stressOf, type Fault } from './faults.ts'
import { encodeReport, garble, topicOf } from './payload.ts'
import { isLightingOn, nextLightingChange } from './physics/lighting-plan.ts'
import type { Metrics, Moment } from './physics/moment.ts'
import { physicsOf } from './physics/physics.ts'
import { noiseAt, stream } from './random.ts'

const HOUR_MS = 3_600_000
const METER_SINCE_MS = Date.UTC(2024, 0, 1)
/** A device that has noticed a change says it again, in case the first word was lost and for rules that want two samples. */
const REPEATS_MS = [0, 70_000, 140_000]
const DOUBLE_DELAY_MS = 900
/** Lamps take a moment to burn up before what they draw is worth reporting. */
const SETTLE_MS = 10_000

export interface Message {
  readonly at: Millis
  readonly client: string
  readonly topic: string
  readonly payload: string
}

export interface DeviceModel {
  readonly id: string
  /** The first regular report at or after `at`. */
  firstReport(at: Millis): Millis
  nextReport(after: Millis): Millis
  /** Reports beside the rhythm that faults cause, in order. */
  faultReports(): readonly Millis[]
  /** Called with moments that never go back; empty when the device is silent. */
  messages(at: Millis): readonly Message[]
}

export interface DeviceModelOptions {
  readonly seed: string
  readonly device: NewDevice
  readonly type: DeviceType
  readonly children: readonly NewDevice[]
  /** Those on the device and on its parent. */
  readonly faults: readonly Fault[]
  /** Replaces the type's real interval. */
  readonly intervalMs?: number
}

/** Throws RangeError when there is no physics for the device's type. */
export function createDeviceModel(options: DeviceModelOptions): DeviceModel {
  const { seed, device, type, faults } = options
  const physics = physicsOf[device.type]
  if (physics === undefined)
    throw new RangeError(
      `Cannot simulate ${device.id}: expected a type out of ${Object.keys(physicsOf).join(', ')}, got ${device.type}`,
    )
  const { measure, rhythm } = physics
  const traits = stream(seed, device.id, 'traits')
  const phase = traits.next()
  const rssi = traits.integer(-104, -68)
  const reactionMs = traits.integer(1_500, 9_000)
  const damage = stream(seed, device.id, 'damage')
  const topic = topicOf(device, 'up')
  const metersEnergy = type.metrics.some((metric) => metric.id === 'energy_total')
  const baseKwh = traits.between(200, 4_000)
  let energyKwh = Number.NaN
  let meteredAt: Millis | null = null
  let seq = traits.integer(0, 5_000)

  function intervalAt(at: Millis): number {
    return options.intervalMs ?? rhythm.intervalMs(isLightingOn(device, at))
  }

  function momentOf(target: NewDevice, at: Millis, children: readonly NewDevice[]): Moment {
    const stress = stressOf(target, faults, at)
    const measuredAt = stress.stuckSince ?? at
    return {
      seed,
      device: target,
      at: measuredAt,
      stress,
      children: children.map((child) => momentOf(child, measuredAt, [])),
    }
  }

  /**
   * The meter counts what was drawn since it was last read. A new run takes the count up where no earlier one can have come to:
   * at full load ever since the meter was put in.
   */
  function withEnergy(metrics: Metrics, at: Millis): Metrics {
    if (!metersEnergy) return metrics
    const isCabinet = typeof metrics['active_power'] === 'number'
    const kilowatts =
      Number(isCabinet ? metrics['active_power'] : metrics['power']) / (isCabinet ? 1 : 1000)
    const fullKilowatts = (device.rated['power'] ?? 0) / (isCabinet ? 1 : 1000)
    energyKwh =
      meteredAt === null
        ? baseKwh + fullKilowatts * (Math.max(0, at - METER_SINCE_MS) / HOUR_MS)
        : energyKwh + kilowatts * ((at - meteredAt) / HOUR_MS)
    meteredAt = at
    return { ...metrics, energy_total: energyKwh }
  }

  return {
    id: device.id,
    firstReport(at) {
      const interval = intervalAt(at)
      const first = Math.floor(at / interval) * interval + Math.floor(phase * interval)
      return first >= at ? first : first + interval
    },
    nextReport(after) {
      const next = after + intervalAt(after)
      return rhythm.followsLighting
        ? Math.min(next, nextLightingChange(device, after) + SETTLE_MS)
        : next
    },
    faultReports() {
      const times = faults
        .filter((fault) => operatorOf(fault.kind).isNoticed && fault.device === device.id)
        .flatMap((fault) => [fault.start, fault.end])
        .flatMap((change) => REPEATS_MS.map((delay) => change + reactionMs + delay))
      return [...new Set(times)].sort((a, b) => a - b)
    },
    messages(at) {
      const moment = momentOf(device, at, options.children)
      if (moment.stress.isSilent) return []
      seq += 1
      const radio = rssi + Math.round(3 * noiseAt(seed, device.id, 'rssi', at))
      const ts = at + moment.stress.clockSkewMs
      const report = encodeReport(
        { ts, seq, metrics: withEnergy(measure(moment), at), rssi: radio },
        type,
      )
      const payload = moment.stress.isGarbled ? garble(report, damage) : report
      const message = { at, client: device.id, topic, payload }
      return moment.stress.isDoubled
        ? [message, { ...message, at: at + DOUBLE_DELAY_MS }]
        : [message]
    },
  }
}
