// Faults as small operators: each turns one thing in a device's stress while it lasts, and they compose by being applied in turn.

import type { Millis } from '../src/core/position.ts'
import type { NewDevice } from './city.ts'
import { noStress, type Stress } from './stress.ts'

/** One fault on one device. */
export interface Fault {
  /** Name of the fault, and `name@device` where one entry strikes several devices. */
  readonly id: string
  readonly kind: FaultKind
  readonly device: string
  readonly start: Millis
  /** Exclusive. */
  readonly end: Millis
  /** In the operator's unit. */
  readonly magnitude: number
  /** Grows from nothing to its magnitude over this time. */
  readonly rampMs: number
}

interface Operator {
  /** What a magnitude counts; null: the fault is there or not. */
  readonly unit: string | null
  readonly magnitude: number
  /** Device types it can strike; null: any. */
  readonly strikes: readonly string[] | null
  /** The device notices the change by itself and reports at once. */
  readonly isNoticed: boolean
  /** `strength` is the magnitude after the ramp. */
  readonly apply: (stress: Stress, strength: number, fault: Fault) => Stress
  /** What it does to the devices that hang on the struck one. */
  readonly applyToChildren?: (stress: Stress) => Stress
}

const LAMPS = ['streetlight']
const LIGHTING = ['streetlight', 'lighting-feeder']
const CABINETS = ['lighting-feeder']
const COVERS = ['manhole-cover']
const SITES = ['site-dust-noise']

const operators = {
  feeder_cut: {
    unit: null,
    magnitude: 1,
    strikes: CABINETS,
    isNoticed: false,
    apply: (stress) => ({ ...stress, isCut: true }),
    // A lamp controller lives on the same cable: without it there is neither light nor report.
    applyToChildren: (stress) => ({ ...stress, isCut: true, isSilent: true }),
  },
  lamp_failure: {
    unit: null,
    magnitude: 1,
    strikes: LAMPS,
    isNoticed: true,
    apply: (stress) => ({ ...stress, isLampBroken: true }),
  },
  leakage: {
    unit: 'mA',
    magnitude: 45,
    strikes: LIGHTING,
    isNoticed: true,
    apply: (stress, strength) => ({ ...stress, leakageMa: stress.leakageMa + strength }),
  },
  door_open: {
    unit: null,
    magnitude: 1,
    strikes: CABINETS,
    isNoticed: true,
    apply: (stress) => ({ ...stress, isDoorOpen: true }),
  },
  water_in: {
    unit: null,
    magnitude: 1,
    strikes: CABINETS,
    isNoticed: true,
    apply: (stress) => ({ ...stress, isFlooded: true }),
  },
  cover_theft: {
    unit: null,
    magnitude: 1,
    strikes: COVERS,
    isNoticed: true,
    apply: (stress) => ({ ...stress, isCoverOff: true }),
  },
  night_work: {
    unit: 'dB',
    magnitude: 25,
    strikes: SITES,
    isNoticed: false,
    apply: (stress, strength) => ({ ...stress, noiseDb: Math.max(stress.noiseDb, strength) }),
  },
  dust: {
    unit: 'ug/m3',
    magnitude: 300,
    strikes: SITES,
    isNoticed: false,
    apply: (stress, strength) => ({ ...stress, dustUgM3: stress.dustUgM3 + strength }),
  },
  device_outage: {
    unit: null,
    magnitude: 1,
    strikes: null,
    isNoticed: false,
    apply: (stress) => ({ ...stress, isSilent: true }),
  },
  stuck: {
    unit: null,
    magnitude: 1,
    strikes: null,
    isNoticed: false,
    apply: (stress, _strength, fault) => ({ ...stress, stuckSince: fault.start }),
  },
  malformed: {
    unit: null,
    magnitude: 1,
    strikes: null,
    isNoticed: false,
    apply: (stress) => ({ ...stress, isGarbled: true }),
  },
  duplicate: {
    unit: null,
    magnitude: 1,
    strikes: null,
    isNoticed: false,
    apply: (stress) => ({ ...stress, isDoubled: true }),
  },
  clock_skew: {
    unit: 's',
    magnitude: 120,
    strikes: null,
    isNoticed: false,
    apply: (stress, strength) => ({ ...stress, clockSkewMs: stress.clockSkewMs + strength * 1000 }),
  },
  /** Changes nothing: names what a recording holds, so that it can be scored. */
  recorded: {
    unit: null,
    magnitude: 1,
    strikes: null,
    isNoticed: false,
    apply: (stress) => stress,
  },
} as const satisfies Record<string, Operator>

export type FaultKind = keyof typeof operators
export const faultKinds = Object.keys(operators) as readonly FaultKind[]

export function operatorOf(kind: FaultKind): Operator {
  return operators[kind]
}

function isActive(fault: Fault, at: Millis): boolean {
  return at >= fault.start && at < fault.end
}

/** The stress of `device` at `at`; `faults` are those on it and on its parent, in the order they shall act. */
export function stressOf(device: NewDevice, faults: readonly Fault[], at: Millis): Stress {
  let stress = noStress
  for (const fault of faults) {
    if (!isActive(fault, at)) continue
    const operator = operatorOf(fault.kind)
    if (fault.device === device.id) stress = operator.apply(stress, strengthAt(fault, at), fault)
    else if (fault.device === device.parent) stress = operator.applyToChildren?.(stress) ?? stress
  }
  return stress
}

/** The devices that a fault can be felt on: its own and those that hang on it. */
export function impactOf(fault: Fault, devices: readonly NewDevice[]): ReadonlySet<string> {
  const impact = new Set([fault.device])
  if (operatorOf(fault.kind).applyToChildren !== undefined)
    for (const device of devices) if (device.parent === fault.device) impact.add(device.id)
  return impact
}

function strengthAt(fault: Fault, at: Millis): number {
  if (fault.rampMs <= 0) return fault.magnitude
  return fault.magnitude * Math.min(1, (at - fault.start) / fault.rampMs)
}
