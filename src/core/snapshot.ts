// The engine's state as plain JSON and back. Metrics and rules are named once per type, so that a snapshot still fits after a type
// has gained or lost some. What can be worked out again (timers, limits, sun times) is left out.

import type { Alert } from './alerts/alert.ts'
import type { TicketRecord } from './tickets/casework.ts'
import type { CompiledType } from './compiled-type.ts'
import { createDeviceState } from './device-state.ts'
import type { DeviceState, Slot } from './device-state.ts'
import type { Device, DeviceAccess } from './registry/device.ts'
import type { KnownIntegration } from './registry/integrations.ts'
import { copyMemory } from './detectors/memory.ts'
import type { Memory } from './detectors/memory.ts'
import type { Millis } from './position.ts'
import type { RetiredDevice } from './registry/retired.ts'

export const SNAPSHOT_VERSION = 1

export interface EngineSnapshot {
  readonly version: typeof SNAPSHOT_VERSION
  readonly now: Millis
  /** Order of metrics and rules in `devices`, per type id. */
  readonly layouts: Readonly<
    Record<string, { readonly metrics: readonly string[]; readonly rules: readonly string[] }>
  >
  readonly devices: readonly DeviceSnapshot[]
  readonly openAlerts: readonly Alert[]
  readonly closedAlerts: readonly Alert[]
  readonly tickets: readonly TicketRecord[]
  readonly retired: readonly RetiredDevice[]
  /** Absent in snapshots of before there were accounts. */
  readonly integrations?: readonly KnownIntegration[]
}

/** Null stands for NaN and for "never". */
export interface DeviceSnapshot {
  readonly device: Device
  readonly credential: string | null
  readonly previous?: NonNullable<DeviceAccess['previous']>
  readonly revoked?: boolean
  readonly lastTs: Millis | null
  readonly lastAt: Millis | null
  readonly heardAt: Millis
  readonly latestReceivedAt: Millis | null
  /** `[metric index, value, event time]`. */
  readonly latest: readonly (readonly [number, number, Millis])[]
  readonly slots: readonly SlotSnapshot[]
  /** How far its clock is behind ours, and when that was seen. */
  readonly clock?: readonly [skewMs: number, at: Millis]
}

/** Only slots that remember something; fields at their start value are left out. */
interface SlotSnapshot {
  readonly rule: number
  readonly alert?: string
  readonly isActive?: true
  readonly due?: Millis
  readonly holdDue?: Millis
  readonly windowDue?: Millis
  readonly seen?: readonly [since: Millis, value: number | null, limit: number | null, leaf: number]
  readonly alertSince?: Millis
  readonly alertOrdinal?: number
  readonly history?: number
  readonly badAts?: readonly number[]
  readonly runSince?: Millis
  readonly goodCount?: number
  readonly goodSince?: Millis
  readonly lastSampleAt?: Millis
  readonly memories?: readonly Memory[]
}

const NEVER = Number.NEGATIVE_INFINITY

export function deviceSnapshot(state: DeviceState): DeviceSnapshot {
  const latest: (readonly [number, number, Millis])[] = []
  state.latestValues.forEach((value, index) => {
    if (!Number.isNaN(value)) latest.push([index, value, state.latestAts[index] ?? 0])
  })
  return {
    device: state.device,
    credential: state.access.credential,
    ...signInOf(state),
    lastTs: finite(state.lastTs),
    lastAt: finite(state.lastAt),
    heardAt: state.heardAt,
    latestReceivedAt: finite(state.latestReceivedAt),
    latest,
    slots: state.slots.flatMap((slot) => slotSnapshot(slot)),
    ...(Number.isFinite(state.clockAt) ? { clock: [state.clockSkewMs, state.clockAt] } : {}),
  }
}

function signInOf({ access }: DeviceState): Pick<DeviceSnapshot, 'previous' | 'revoked'> {
  const { previous = null, revoked = false } = access
  return { ...(previous === null ? {} : { previous }), ...(revoked ? { revoked } : {}) }
}

function slotSnapshot(slot: Slot): SlotSnapshot[] {
  const isCounting = slot.history !== 0 || slot.goodCount !== 0
  const isWatched = slot.isActive || slot.holdDue !== Number.POSITIVE_INFINITY
  const isSeen = slot.isActive || slot.history !== 0
  const memories = slot.memories.filter((memory) => memory.lastAt !== null)
  const snapshot: SlotSnapshot = {
    rule: slot.index,
    ...(slot.alert === null ? {} : { alert: slot.alert }),
    ...(slot.isActive ? { isActive: true } : {}),
    ...some('due', slot.due),
    ...(isWatched
      ? { ...some('holdDue', slot.holdDue), ...some('windowDue', slot.windowDue) }
      : {}),
    ...(isSeen ? { seen: [slot.since, finite(slot.value), finite(slot.limit), slot.leaf] } : {}),
    ...some('alertSince', slot.alertSince),
    ...(slot.alertOrdinal === 1 ? {} : { alertOrdinal: slot.alertOrdinal }),
    ...(slot.history === 0 ? {} : { history: slot.history }),
    ...(slot.badAts.length === 0 ? {} : { badAts: [...slot.badAts] }),
    ...some('runSince', slot.runSince),
    ...(slot.goodCount === 0 ? {} : { goodCount: slot.goodCount }),
    ...some('goodSince', slot.goodSince),
    ...(isCounting ? some('lastSampleAt', slot.lastSampleAt) : {}),
    ...(memories.length === 0 ? {} : { memories: memories.map(copyMemory) }),
  }
  return Object.keys(snapshot).length === 1 ? [] : [snapshot]
}

/** `from` is the layout the snapshot was written with; what the type no longer has is dropped. */
export function restoreDevice(
  snapshot: DeviceSnapshot,
  type: CompiledType,
  from: { readonly metrics: readonly string[]; readonly rules: readonly string[] },
): DeviceState {
  const state = createDeviceState(snapshot.device, type, snapshot)
  state.lastTs = snapshot.lastTs ?? NEVER
  state.lastAt = snapshot.lastAt ?? NEVER
  state.heardAt = snapshot.heardAt
  state.latestReceivedAt = snapshot.latestReceivedAt ?? NEVER
  for (const [index, value, at] of snapshot.latest) {
    const here = type.indexOf.get(from.metrics[index] ?? '')
    if (here === undefined) continue
    state.latestValues[here] = value
    state.latestAts[here] = at
  }
  if (snapshot.clock !== undefined) [state.clockSkewMs, state.clockAt] = snapshot.clock
  for (const kept of snapshot.slots) {
    const here = type.type.rules.findIndex((rule) => rule.id === from.rules[kept.rule])
    const slot = state.slots[here]
    if (slot === undefined) continue
    restoreSlot(slot, kept)
    if (type.detectors[here]?.leaves[slot.leaf] !== undefined) continue
    // The rule no longer compares what it saw last.
    slot.leaf = 0
    slot.value = Number.NaN
    slot.limit = Number.NaN
  }
  return state
}

function restoreSlot(slot: Slot, kept: SlotSnapshot): void {
  slot.alert = kept.alert ?? null
  slot.isActive = kept.isActive ?? false
  slot.due = kept.due ?? slot.due
  slot.holdDue = kept.holdDue ?? slot.holdDue
  slot.windowDue = kept.windowDue ?? slot.windowDue
  if (kept.seen !== undefined) {
    const [since, value, limit, leaf] = kept.seen
    slot.since = since
    slot.value = value ?? Number.NaN
    slot.limit = limit ?? Number.NaN
    slot.leaf = leaf
  }
  slot.alertSince = kept.alertSince ?? slot.alertSince
  slot.alertOrdinal = kept.alertOrdinal ?? 1
  slot.history = kept.history ?? 0
  slot.badAts = [...(kept.badAts ?? [])]
  slot.runSince = kept.runSince ?? slot.runSince
  slot.goodCount = kept.goodCount ?? 0
  slot.goodSince = kept.goodSince ?? slot.goodSince
  slot.lastSampleAt = kept.lastSampleAt ?? slot.lastSampleAt
  for (const memory of kept.memories ?? []) slot.memories.push(copyMemory(memory))
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

function some<K extends string>(name: K, value: number): { readonly [P in K]?: number } {
  // A computed key of one name: the compiler sees an index signature where this is one field.
  return (Number.isFinite(value) ? { [name]: value } : {}) as { readonly [P in K]?: number }
}
