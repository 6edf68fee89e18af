// The devices the engine knows, and the commands that change them. All or nothing: a registration with one mistake changes nothing
// and lists every mistake.

import type { CompiledType } from '../compiled-type.ts'
import { checkDevice } from './device-check.ts'
import type { DeviceFields } from './device-check.ts'
import { createDeviceNames } from './device-names.ts'
import { createDeviceState, replaceDevice } from '../device-state.ts'
import type { DeviceState } from '../device-state.ts'
import type { Device } from './device.ts'
import type { Outcome } from '../input.ts'
import { applied, refused } from '../outcomes.ts'
import type { Millis } from '../position.ts'

const ROWS_MAX = 20_000
const ERRORS_MAX = 1000
/** Feeder, gateway, station, site: no city hangs its devices deeper. */
const DEPTH_MAX = 16

type RowError = { readonly row: number; readonly field: string; readonly reason: string }

export interface Registry {
  get(id: string): DeviceState | undefined
  /** By id, else by alias, as `foldAlias` compares them. */
  find(name: string): DeviceState | undefined
  states(): Iterable<DeviceState>
  /** Puts back what a snapshot held, without checks. */
  restore(state: DeviceState): void
  /** On success `added` is called for each new device, in order. */
  register(rows: unknown, now: Millis, added: (state: DeviceState) => void): Outcome
  update(id: string, patch: unknown, updated: (state: DeviceState) => void): Outcome
  remove(id: string, removed: (state: DeviceState) => void): Outcome
}

/** `isAccount` tells whether an id is taken by an integration account: both sign in at the same doors. */
export function createRegistry(
  types: ReadonlyMap<string, CompiledType>,
  isAccount: (id: string) => boolean = () => false,
): Registry {
  const states = new Map<string, DeviceState>()
  const names = createDeviceNames()
  /** How many devices hang on an id. */
  const children = new Map<string, number>()

  function count(parent: string | null, by: 1 | -1): void {
    if (parent === null) return
    const next = (children.get(parent) ?? 0) + by
    if (next === 0) children.delete(parent)
    else children.set(parent, next)
  }

  function add(state: DeviceState): void {
    states.set(state.device.id, state)
    count(state.device.parent, 1)
    names.add(state.device)
  }

  function idProblem(id: string): string | null {
    if (states.has(id)) return `"${id}" is registered already`
    return isAccount(id) ? `"${id}" is an integration account` : names.idProblem(id)
  }

  const typeOf = (id: string) => types.get(id)?.type

  const registeredParent = (id: string): string | null | undefined => {
    const state = states.get(id)
    return state === undefined ? undefined : state.device.parent
  }

  return {
    get: (id) => states.get(id),
    find(name) {
      const direct = states.get(name)
      if (direct !== undefined) return direct
      const id = names.byAlias(name)
      return id === undefined ? undefined : states.get(id)
    },
    states: () => states.values(),
    restore: add,

    register(rows, now, added) {
      if (!Array.isArray(rows) || rows.length === 0 || rows.length > ROWS_MAX)
        return refused(
          'invalid',
          `cannot register devices: expected a list of 1 to ${ROWS_MAX}, got ${Array.isArray(rows) ? rows.length : typeof rows}`,
        )
      const errors: RowError[] = []
      const fresh = new Map<string, DeviceFields>()
      const clean: (DeviceFields | null)[] = rows.map((raw: unknown, row) => {
        const check = checkDevice(raw, typeOf)
        if (!check.ok) {
          for (const error of check.errors) errors.push({ row, ...error })
          return null
        }
        const { device } = check
        const problem = idProblem(device.id)
        if (problem !== null) errors.push({ row, field: 'id', reason: problem })
        else if (fresh.has(device.id))
          errors.push({ row, field: 'id', reason: `"${device.id}" stands in this list twice` })
        else fresh.set(device.id, device)
        return device
      })
      const freshNames = createDeviceNames()
      for (const { id } of fresh.values()) freshNames.add({ id })
      clean.forEach((device, row) => {
        // Of two rows with the same id the second has its mistake already.
        if (device === null || fresh.get(device.id) !== device) return
        const { id, aliases } = device
        for (const alias of aliases) {
          const problem =
            names.aliasProblem(alias, id, false) ?? freshNames.aliasProblem(alias, id, true)
          if (problem !== null) errors.push({ row, field: 'aliases', reason: problem })
        }
        freshNames.remove({ id })
        freshNames.add(device)
      })
      const onlyTaken = errors.length > 0 && errors.every((error) => error.field === 'id')
      const parentOf = (id: string): string | null | undefined => {
        const device = fresh.get(id)
        return device === undefined ? registeredParent(id) : device.parent
      }
      clean.forEach((device, row) => {
        const problem = device === null ? null : parentProblem(device.id, device.parent, parentOf)
        if (problem !== null) errors.push({ row, field: 'parent', reason: problem })
      })
      if (errors.length > 0) {
        errors.sort((a, b) => a.row - b.row)
        const isTaken = onlyTaken && errors.every((error) => error.reason.endsWith('already'))
        return refused(
          isTaken ? 'already_exists' : 'invalid',
          `cannot register ${rows.length} devices: ${errors.length} mistakes, nothing was registered`,
          errors.slice(0, ERRORS_MAX),
        )
      }
      for (const fields of fresh.values()) {
        const type = types.get(fields.type)
        if (type === undefined) continue
        const state = createDeviceState({ ...fields, createdAt: now }, type, { credential: null })
        add(state)
        added(state)
      }
      return applied
    },

    update(id, patch, updated) {
      const state = states.get(id)
      if (state === undefined) return refused('not_found', `no device "${id}"`)
      if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
        return refused('invalid', `cannot update "${id}": expected an object of fields`)
      const { device } = state
      const { createdAt, ...before } = device
      const check = checkDevice(
        { ...before, ...patch, id: device.id, type: device.type },
        typeOf,
        device,
      )
      const errors: RowError[] = check.ok
        ? []
        : check.errors.map((error) => ({ row: 0, field: error.field, reason: error.reason }))
      const fields: Readonly<Record<string, unknown>> = { ...patch }
      for (const field of ['id', 'type'] as const)
        if (fields[field] !== undefined && fields[field] !== device[field])
          errors.push({ row: 0, field, reason: `expected it to stay "${device[field]}"` })
      if (check.ok) {
        const problem = parentProblem(id, check.device.parent, registeredParent)
        if (problem !== null) errors.push({ row: 0, field: 'parent', reason: problem })
        for (const alias of check.device.aliases) {
          const reason = names.aliasProblem(alias, id, true)
          if (reason !== null) errors.push({ row: 0, field: 'aliases', reason })
        }
        if (device.simulated && !check.device.simulated)
          errors.push({
            row: 0,
            field: 'simulated',
            reason: 'a simulated device stays simulated',
          })
        if (errors.length === 0) {
          const next: Device = { ...check.device, createdAt }
          count(device.parent, -1)
          count(next.parent, 1)
          names.remove(device)
          names.add(next)
          replaceDevice(state, next)
          updated(state)
          return applied
        }
      }
      return refused('invalid', `cannot update "${id}": ${errors.length} mistakes`, errors)
    },

    remove(id, removed) {
      const state = states.get(id)
      if (state === undefined) return refused('not_found', `no device "${id}"`)
      const hanging = children.get(id) ?? 0
      if (hanging > 0)
        return refused('not_allowed', `cannot remove "${id}": ${hanging} devices hang on it`)
      removed(state)
      state.isRemoved = true
      states.delete(id)
      names.remove(state.device)
      count(state.device.parent, -1)
      return applied
    },
  }
}

/** Why the chain of parents above a device is wrong, or null. */
export function parentProblem(
  id: string,
  parent: string | null,
  parentOf: (id: string) => string | null | undefined,
): string | null {
  let above = parent
  for (let depth = 0; above !== null; depth++) {
    if (above === id) return `expected another device, got a circle back to "${id}"`
    if (depth === DEPTH_MAX) return `expected at most ${DEPTH_MAX} levels of parents`
    const next = parentOf(above)
    if (next === undefined) return `expected a registered device, got "${above}"`
    above = next
  }
  return null
}
