// The engine: all that the product believes, as a fold over its inputs. It owns the state; time and positions come with the inputs,
// effects go to the sink of each call. Same inputs in the same order, same effects; a snapshot and the rest of the inputs, too.

import { createAlertBook } from './alerts/alert-book.ts'
import type { Moment } from './alerts/alert-book.ts'
import { createCasework } from './tickets/casework.ts'
import { runAnswer } from './tickets/answers.ts'
import { runCommand } from './commands.ts'
import { compileType } from './compiled-type.ts'
import type { CompiledType } from './compiled-type.ts'
import type { DeviceState, Slot } from './device-state.ts'
import type { Change, Sample } from './detectors/detector.ts'
import type { Device, DeviceAccess } from './registry/device.ts'
import type { DeviceType } from './device-type.ts'
import type { EffectSink, Latest } from './effect.ts'
import type { CaseAnswer, Command } from './input.ts'
import type { Integration } from './registry/integration.ts'
import { createIntegrations } from './registry/integrations.ts'
import { createHealth } from './health.ts'
import { createLocalTime } from './time/local-time.ts'
import { place } from './order.ts'
import { refused } from './outcomes.ts'
import type { Millis, Position } from './position.ts'
import type { Reading } from './messages/reading.ts'
import { createRegistry } from './registry/registry.ts'
import { createRetired } from './registry/retired.ts'
import { SNAPSHOT_VERSION, deviceSnapshot, restoreDevice } from './snapshot.ts'
import type { EngineSnapshot } from './snapshot.ts'
import { createTimers } from './time/timers.ts'

export type { EngineSnapshot } from './snapshot.ts'

export interface Engine {
  /** Stamp of the last input consumed. */
  readonly now: Millis
  device(id: string): Device | undefined
  /** By id, else by alias, which is compared without regard to case. */
  find(name: string): Device | undefined
  devices(): Iterable<Device>
  access(id: string): DeviceAccess | undefined
  /** The device's type, ready for validation. */
  typeOf(deviceId: string): CompiledType | undefined
  /** A type of the catalogue, ready for validation. */
  typeNamed(id: string): CompiledType | undefined
  /** Fires what falls due up to and at `to`, in order. Going back is ignored. Call it with each record's stamp before the record. */
  advance(to: Millis, position: Position, emit: EffectSink): void
  /** No timer fires before this; null when none is set. */
  nextDue(): Millis | null
  read(reading: Reading, emit: EffectSink): void
  presence(
    device: string,
    state: 'online' | 'offline',
    at: Millis,
    position: Position,
    emit: EffectSink,
  ): void
  /** A live message with a time of its own: how far the device's clock is behind ours, negative when it is ahead. */
  clockSeen(device: string, skewMs: Millis, position: Position, emit: EffectSink): void
  /** A reading held values that cannot be, or none such. */
  rangeSeen(device: string, isImpossible: boolean, position: Position, emit: EffectSink): void
  integrations(): Iterable<Integration>
  /** Emits its effects and then exactly one outcome; never throws, whatever the command looks like. */
  command(command: Command, by: string, position: Position, emit: EffectSink): void
  answer(answer: CaseAnswer, position: Position, emit: EffectSink, by?: string): void
  latest(deviceId: string): Latest | undefined
  /** Plain JSON. */
  snapshot(): EngineSnapshot
}

/** Throws RangeError for a type with a mistake in its rules, an unknown time zone, or a snapshot of another version. */
export function createEngine(options: {
  readonly types: readonly DeviceType[]
  readonly timeZone: string
  readonly snapshot?: EngineSnapshot | undefined
}): Engine {
  const { snapshot } = options
  // What stands on disk may be of any version, whatever the type says.
  const version: number | undefined = snapshot?.version
  if (version !== undefined && version !== SNAPSHOT_VERSION)
    throw new RangeError(
      `Cannot restore the engine: expected a snapshot of version ${SNAPSHOT_VERSION}, got ${version}`,
    )
  const localTime = createLocalTime(options.timeZone)
  const types = new Map(options.types.map((type) => [type.id, compileType(type, localTime)]))
  const integrations = createIntegrations(snapshot?.integrations ?? [])
  const registry = createRegistry(types, (id) => integrations.has(id))
  const timers = createTimers()
  const retired = createRetired(snapshot?.retired ?? [])
  const casework = createCasework({ localTime, records: snapshot?.tickets ?? [] })
  const book = createAlertBook({
    open: snapshot?.openAlerts ?? [],
    closed: snapshot?.closedAlerts ?? [],
  })
  const health = createHealth(act)
  const sample: Sample = { values: [], at: 0, now: 0 }
  let now: Millis = snapshot?.now ?? 0
  if (snapshot !== undefined) restore(snapshot)
  const context = { registry, integrations, book, casework, retired, begin, changed }

  function restore(kept: EngineSnapshot): void {
    for (const one of kept.devices) {
      const { type } = one.device
      const layout = kept.layouts[type] ?? { metrics: [], rules: [] }
      const state = restoreDevice(one, types.get(type) ?? forgottenType(type), layout)
      registry.restore(state)
      prepare(state)
      for (const slot of state.slots) timers.arm(state, slot)
    }
  }

  /** A type that the catalogue has lost: its devices stay registered and are not judged. */
  function forgottenType(id: string): CompiledType {
    const name = { zh: id, en: id }
    const empty = { id, name, component: '', department: '', reportSeconds: 3600 }
    const type = compileType({ ...empty, metrics: [], rules: [] }, localTime)
    types.set(id, type)
    return type
  }

  function begin(state: DeviceState): void {
    prepare(state)
    for (const slot of state.slots) {
      state.type.detectors[slot.index]?.begin(slot, state)
      timers.arm(state, slot)
    }
  }

  function changed(state: DeviceState, moment: Moment): void {
    prepare(state)
    for (const slot of state.slots) {
      const change = state.type.detectors[slot.index]?.changed?.(slot, state, moment.now) ?? 'none'
      if (change !== 'none') act(change, state, slot, moment)
      timers.arm(state, slot)
    }
  }

  function act(change: Change, state: DeviceState, slot: Slot, moment: Moment): void {
    if (change === 'raise') raise(state, slot, moment)
    else if (change === 'return') bringBack(slot, moment)
  }

  function raise(state: DeviceState, slot: Slot, moment: Moment): void {
    const rule = state.type.type.rules[slot.index]
    if (rule === undefined) return
    slot.isActive = true
    const { alert, isNew } = book.raise({ state, slot }, moment)
    slot.alert = alert.id
    if (isNew && rule.ticket)
      book.attachTicket(alert.id, casework.open(alert, state, rule, moment), moment)
    else if (!isNew && alert.ticket !== null) casework.note(alert.ticket, 'raised_again', moment)
  }

  function bringBack(slot: Slot, moment: Moment): void {
    slot.isActive = false
    if (slot.alert === null) return
    const alert = book.change(slot.alert, { kind: 'returned', at: slot.at }, null, moment)
    if (alert === null) return
    if (alert.state === 'closed') slot.alert = null
    if (alert.ticket !== null) casework.note(alert.ticket, 'sensor_normal', moment)
  }

  /** Rules that the catalogue has lost cannot bring their alerts back to normal. */
  function closeOrphans(moment: Moment): void {
    for (const alert of Array.from(book.open())) {
      const slots = registry.get(alert.device)?.slots
      if (slots?.some((slot) => slot.alert === alert.id) !== true)
        book.change(alert.id, { kind: 'removed', by: 'engine', note: RULE_GONE }, null, moment)
    }
  }
  let mayHaveOrphans = snapshot !== undefined

  return {
    get now() {
      return now
    },
    device: (id) => registry.get(id)?.device,
    find: (name) => registry.find(name)?.device,
    *devices() {
      for (const state of registry.states()) yield state.device
    },
    access: (id) => registry.get(id)?.access,
    typeOf: (id) => registry.get(id)?.type,
    typeNamed: (id) => types.get(id),

    advance(to, position, emit) {
      if (mayHaveOrphans) {
        mayHaveOrphans = false
        closeOrphans({ now, position, emit })
      }
      for (let fired = timers.next(to); fired !== null; fired = timers.next(to)) {
        const { state, slot, due } = fired
        if (due > now) now = due
        const change = state.type.detectors[slot.index]?.elapsed(slot, state, due) ?? 'none'
        if (change !== 'none') act(change, state, slot, { now, position, emit })
        timers.arm(state, slot)
      }
      if (to > now) now = to
    },

    nextDue: () => timers.earliest(),

    read(reading, emit) {
      emit({ kind: 'reading', reading })
      const state = registry.get(reading.device)
      if (state === undefined) return
      const { isFresh, isInOrder } = place(state, reading)
      if (!isInOrder) health.readingRepeated(reading.position)
      if (!isFresh) return
      const { detectors, hearing, sampling } = state.type
      state.heardAt = Math.max(state.heardAt, reading.receivedAt)
      for (const index of hearing) {
        const slot = state.slots[index]
        if (slot === undefined) continue
        const change = detectors[index]?.heard?.(slot, state, state.heardAt) ?? 'none'
        if (change !== 'none') act(change, state, slot, { now, position: reading.position, emit })
        timers.arm(state, slot)
      }
      if (!isInOrder) return
      sample.values = reading.values
      sample.at = state.lastAt
      sample.now = now
      for (const index of sampling) {
        const slot = state.slots[index]
        if (slot === undefined) continue
        const change = detectors[index]?.sample?.(slot, state, sample) ?? 'none'
        if (change !== 'none') act(change, state, slot, { now, position: reading.position, emit })
        timers.arm(state, slot)
      }
    },

    presence(device, state, at, _position, emit) {
      if (registry.get(device) !== undefined) emit({ kind: 'presence', device, state, at })
    },

    clockSeen(device, skewMs, position, emit) {
      const state = registry.get(device)
      if (state !== undefined) health.clockSeen(state, skewMs, { now, position, emit })
    },
    rangeSeen(device, isImpossible, position, emit) {
      const state = registry.get(device)
      if (state !== undefined) health.rangeSeen(state, isImpossible, { now, position, emit })
    },

    integrations: () => integrations.list().map(({ integration }) => integration),

    command(command, by, position, emit) {
      const moment = { now, position, emit }
      const outcome = isObject(command) ? runCommand(command, by, moment, context) : unreadable
      emit({ kind: 'outcome', position, outcome })
    },

    answer(answer, position, emit, by = 'case-system') {
      const outcome = runAnswer(answer, by, { now, position, emit }, casework)
      emit({ kind: 'outcome', position, outcome })
    },

    latest(id) {
      const state = registry.get(id)
      if (state === undefined || (state.latestReceivedAt < 0 && state.clockAt < 0)) return undefined
      return latestOf(state)
    },

    snapshot() {
      const states = [...registry.states()]
      const used = new Map(states.map((state) => [state.type.type.id, state.type]))
      return {
        version: SNAPSHOT_VERSION,
        now,
        layouts: Object.fromEntries(
          [...used].map(([id, type]) => [
            id,
            {
              metrics: type.metrics.map((metric) => metric.id),
              rules: type.type.rules.map((rule) => rule.id),
            },
          ]),
        ),
        devices: states.map(deviceSnapshot),
        openAlerts: [...book.open()],
        closedAlerts: [...book.closed()],
        tickets: [...casework.records()],
        retired: retired.list(),
        integrations: integrations.list(),
      }
    },
  }
}

function prepare(state: DeviceState): void {
  for (const slot of state.slots) state.type.detectors[slot.index]?.prepare(slot, state)
}

const RULE_GONE = 'the rule is no longer in the catalogue'
const unreadable = refused('invalid', 'expected a command or answer of a known kind')

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function latestOf(state: DeviceState): Latest {
  const { device, latestValues, latestAts, latestReceivedAt, clockSkewMs, clockAt } = state
  let ts = 0
  const values: [string, { value: number; ts: Millis }][] = []
  state.type.metrics.forEach((metric, index) => {
    const value = latestValues[index] ?? Number.NaN
    const at = latestAts[index] ?? 0
    if (Number.isNaN(value)) return
    values.push([metric.id, { value, ts: at }])
    if (at > ts) ts = at
  })
  return {
    device: device.id,
    // A clock so wrong that every reading is refused is known all the same.
    ts: latestReceivedAt < 0 ? clockAt : ts,
    receivedAt: latestReceivedAt < 0 ? clockAt : latestReceivedAt,
    simulated: device.simulated,
    clock: clockAt < 0 ? null : { skewMs: clockSkewMs, at: clockAt },
    values: Object.fromEntries(values),
  }
}
