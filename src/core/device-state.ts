// What the engine remembers of one device: its registry entry, its order marks, its latest values, and one slot per rule. Slots and
// marks are written by their owners (`order.ts`, the detectors, `engine.ts`) and by nobody else.

import type { CompiledType } from './compiled-type.ts'
import type { Device, DeviceAccess } from './registry/device.ts'
import type { Memory } from './detectors/memory.ts'
import type { Millis } from './position.ts'

const NEVER = Number.NEGATIVE_INFINITY
const NO_TIME = Number.POSITIVE_INFINITY
const FRESH_MIN_MS = 30 * 60_000

export interface DeviceState {
  device: Device
  access: DeviceAccess
  readonly type: CompiledType
  /** Its report interval: its own, else its type's. */
  reportMs: Millis
  /** Older than this when received: recorded, never annunciated. */
  freshMs: Millis
  /** Set once, so that what still points here knows. */
  isRemoved: boolean
  /** Newest event time as the device said it. */
  lastTs: Millis
  /** Newest event time, bounded by the receive time. */
  lastAt: Millis
  /** Receive time of the last fresh reading; before the first one, when it was registered. */
  heardAt: Millis
  /** Receive time of the reading that moved `latestAt` last; NEVER before the first. */
  latestReceivedAt: Millis
  /** Newest value per metric by event time, NaN where there was none. */
  readonly latestValues: number[]
  readonly latestAts: number[]
  /** How far its clock is behind ours, and when that was seen; NaN and NEVER before the first time. */
  clockSkewMs: Millis
  clockAt: Millis
  readonly slots: readonly Slot[]
  /** Sunrise and sunset at the device; worked out once a day. */
  readonly sun: { day: number; rise: Millis; set: Millis; nextRise: Millis }
}

/** The state of one (device, rule). */
export interface Slot {
  readonly index: number
  /** The open alert, and whether the rule is true at present. */
  alert: string | null
  isActive: boolean
  /** When the detector wants to be asked again; `armed` is the earliest entry the alarm clock holds for it. */
  due: Millis
  armed: Millis
  /** Two reasons for `due`: a value that holds long enough, and a window that ends. */
  holdDue: Millis
  windowDue: Millis
  /** Latest judgement that was true, and when it changed. */
  since: Millis
  at: Millis
  value: number
  limit: number
  leaf: number
  /** First moment of the newest alert, and how many alerts had that same first moment: keeps ids unique. */
  alertSince: Millis
  alertOrdinal: number
  /** Outcomes of the last samples, newest in bit 0, 1 = true, and when the true ones were. */
  history: number
  badAts: number[]
  /** First sample of the unbroken run of true ones; NaN when the last one was false. */
  runSince: Millis
  goodCount: number
  goodSince: Millis
  lastSampleAt: Millis
  /** One per operand that needs one. */
  readonly memories: Memory[]
  /** One per leaf, for this device; NaN where it has none. */
  readonly limits: number[]
  /** One bit per edition of the rule: the device has what it takes. */
  applies: number
}

function createSlot(index: number): Slot {
  return {
    index,
    alert: null,
    isActive: false,
    due: NO_TIME,
    armed: NO_TIME,
    holdDue: NO_TIME,
    windowDue: NO_TIME,
    since: Number.NaN,
    at: Number.NaN,
    value: Number.NaN,
    limit: Number.NaN,
    leaf: 0,
    alertSince: Number.NaN,
    alertOrdinal: 1,
    history: 0,
    badAts: [],
    runSince: Number.NaN,
    goodCount: 0,
    goodSince: Number.NaN,
    lastSampleAt: NEVER,
    memories: [],
    limits: [],
    applies: 0,
  }
}

export function createDeviceState(device: Device, type: CompiledType, signIn: SignIn): DeviceState {
  const reportMs = reportMsOf(device, type)
  return {
    device,
    access: accessOf(device, signIn),
    type,
    reportMs,
    freshMs: freshMsOf(reportMs),
    isRemoved: false,
    lastTs: NEVER,
    lastAt: NEVER,
    heardAt: device.createdAt,
    latestReceivedAt: NEVER,
    latestValues: [...type.blank],
    latestAts: type.metrics.map(() => NEVER),
    clockSkewMs: Number.NaN,
    clockAt: NEVER,
    slots: type.detectors.map((_, index) => createSlot(index)),
    sun: { day: Number.NaN, rise: 0, set: 0, nextRise: 0 },
  }
}

/** Another entry for the same device: what follows from it follows at once. */
export function replaceDevice(state: DeviceState, device: Device): void {
  state.device = device
  state.access = accessOf(device, state.access)
  state.reportMs = reportMsOf(device, state.type)
  state.freshMs = freshMsOf(state.reportMs)
  state.sun.day = Number.NaN
}

function reportMsOf(device: Device, { type }: CompiledType): Millis {
  return (device.reportSeconds ?? type.reportSeconds) * 1000
}

function freshMsOf(reportMs: Millis): Millis {
  return Math.max(3 * reportMs, FRESH_MIN_MS)
}

/** What lets a device in. */
export type SignIn = Pick<DeviceAccess, 'credential' | 'previous' | 'revoked'>

export function accessOf(device: Device, signIn: SignIn): DeviceAccess {
  const { credential, previous, revoked } = signIn
  return {
    id: device.id,
    type: device.type,
    division: device.division,
    parent: device.parent,
    simulated: device.simulated,
    credential,
    ...(previous === undefined || previous === null ? {} : { previous }),
    ...(revoked === true ? { revoked } : {}),
  }
}
