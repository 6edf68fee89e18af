// What people and systems ask of the engine. Every command comes to one outcome; a command of any other shape (an old journal, a
// mistake of a caller) is refused, never thrown at.

import type { AlertBook, Moment } from './alerts/alert-book.ts'
import type { Casework } from './tickets/casework.ts'
import type { DeviceState, Slot } from './device-state.ts'
import { accessOf } from './device-state.ts'
import { isCredentialHash, turnCredential } from './registry/credential-turn.ts'
import type { Command, Outcome, RefusedByStore } from './input.ts'
import { formatPosition } from './position.ts'
import { integrationAccessOf } from './registry/integrations.ts'
import type { Integrations, KnownIntegration } from './registry/integrations.ts'
import { applied, duplicate, refused } from './outcomes.ts'
import type { Registry } from './registry/registry.ts'
import type { Retired } from './registry/retired.ts'

const IDS_MAX = 1000
const COMMENT_MAX = 2000

export interface CommandContext {
  readonly registry: Registry
  readonly integrations: Integrations
  readonly book: AlertBook
  readonly casework: Casework
  readonly retired: Retired
  /** A device has come into the registry, or its entry has changed: its slots take it up. */
  readonly begin: (state: DeviceState) => void
  readonly changed: (state: DeviceState, moment: Moment) => void
}

export function runCommand(
  command: Command,
  by: string,
  moment: Moment,
  context: CommandContext,
): Outcome {
  const { registry, integrations, casework } = context
  switch (command.kind) {
    case 'devices.register':
      return registry.register(command.devices, moment.now, (state) => {
        context.retired.giveBack(state)
        context.begin(state)
        emitDevice(state, false, moment)
      })
    case 'device.update':
      return registry.update(command.id, command.patch, (state) => {
        emitDevice(state, false, moment)
        context.changed(state, moment)
      })
    case 'device.remove':
      return registry.remove(command.id, (state) => {
        for (const slot of state.slots)
          if (slot.alert !== null)
            context.book.change(
              slot.alert,
              { kind: 'removed', by, note: 'the device was removed from the registry' },
              null,
              moment,
            )
        context.retired.keep(state)
        moment.emit({ kind: 'device_removed', id: state.device.id })
      })
    case 'device.credential': {
      const state = registry.get(command.id)
      if (state === undefined) return refused('not_found', `no device "${command.id}"`)
      const { hash, previousUntil } = command
      if (!isCredentialHash(hash))
        return refused('invalid', 'expected a keyed hash in hexadecimal as credential')
      const turned = turnCredential(state.access.credential, hash, previousUntil, moment.now)
      state.access = accessOf(state.device, turned)
      emitDevice(state, true, moment)
      return applied
    }
    case 'device.revoke': {
      const state = registry.get(command.id)
      if (state === undefined) return refused('not_found', `no device "${command.id}"`)
      if (state.access.revoked === true) return duplicate
      state.access = accessOf(state.device, { credential: null, revoked: true })
      emitDevice(state, true, moment)
      return applied
    }
    case 'integration.create':
      return integrations.create(
        command,
        (id) => registry.get(id) !== undefined,
        moment.now,
        (account) => emitIntegration(account, moment),
      )
    case 'integration.credential':
      return integrations.credential(command, moment.now, (account) =>
        emitIntegration(account, moment),
      )
    case 'integration.remove': {
      const outcome = integrations.remove(command.id)
      if (outcome.ok) moment.emit({ kind: 'integration_removed', id: command.id })
      return outcome
    }
    case 'alerts.acknowledge':
      return acknowledge(command.ids, command.comment, by, moment, context)
    case 'alert.comment': {
      const { text } = command
      if (typeof text !== 'string' || text.trim() === '' || text.length > COMMENT_MAX)
        return refused('invalid', `expected a comment of 1 to ${COMMENT_MAX} characters`)
      const changed = context.book.change(command.id, { kind: 'commented', by, text }, null, moment)
      return changed === null ? refused('not_found', `no alert "${command.id}"`) : applied
    }
    case 'ticket.retry':
      return casework.retry(command.id, by, moment)
    case 'reading.refused':
      return refuseReading(command.reading, moment)
    default:
      return refused('invalid', 'expected a command of a known kind')
  }
}

function emitDevice(state: DeviceState, credentialChanged: boolean, moment: Moment): void {
  const { device, access } = state
  moment.emit({ kind: 'device', device, access, credentialChanged })
}

function emitIntegration(account: KnownIntegration, moment: Moment): void {
  const { integration } = account
  moment.emit({ kind: 'integration', integration, access: integrationAccessOf(account) })
}

const DETAIL_MAX = 300

function refuseReading(reading: unknown, { position, emit }: Moment): Outcome {
  if (!isRefusedByStore(reading))
    return refused('invalid', 'expected a refused reading with device, topic, time and payload')
  emit({
    kind: 'quarantine',
    item: {
      code: 'store_refused',
      detail: reading.detail.slice(0, DETAIL_MAX),
      id: `${formatPosition(position)}.0`,
      position,
      at: reading.at,
      client: reading.device,
      topic: reading.topic,
      device: reading.device,
      payload: new TextEncoder().encode(reading.payload),
      http: false,
      simulated: reading.simulated,
    },
  })
  return applied
}

function isRefusedByStore(value: unknown): value is RefusedByStore {
  const { device, topic, at, simulated, detail, payload } =
    typeof value === 'object' && value !== null ? (value as Partial<RefusedByStore>) : {}
  return (
    [device, topic, detail, payload].every((text) => typeof text === 'string') &&
    typeof at === 'number' &&
    typeof simulated === 'boolean'
  )
}

/** All or nothing: with one unknown alert none is acknowledged. */
function acknowledge(
  ids: unknown,
  comment: unknown,
  by: string,
  moment: Moment,
  { book, registry }: CommandContext,
): Outcome {
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > IDS_MAX)
    return refused('invalid', `expected a list of 1 to ${IDS_MAX} alert ids`)
  if (comment !== null && (typeof comment !== 'string' || comment.length > COMMENT_MAX))
    return refused('invalid', `expected a comment of at most ${COMMENT_MAX} characters, or null`)
  const errors: { row: number; field: string; reason: string }[] = []
  const known: string[] = []
  ids.forEach((id: unknown, row) => {
    if (typeof id === 'string' && book.get(id) !== undefined) known.push(id)
    else errors.push({ row, field: 'ids', reason: `no alert "${String(id).slice(0, 200)}"` })
  })
  if (errors.length > 0)
    return refused('not_found', `${errors.length} of ${ids.length} alerts are not known`, errors)
  let changes = 0
  for (const id of known) {
    const state = registry.get(book.get(id)?.device ?? '')
    const slot = state?.slots.find((one) => one.alert === id)
    const subject = state !== undefined && slot?.isActive === true ? { state, slot } : null
    const changed = book.change(id, { kind: 'acknowledged', by, comment }, subject, moment)
    if (changed === null) continue
    changes++
    if (changed.state === 'closed') release(slot)
  }
  return changes === 0 ? duplicate : applied
}

function release(slot: Slot | undefined): void {
  if (slot !== undefined) slot.alert = null
}
