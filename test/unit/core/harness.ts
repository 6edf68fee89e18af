// A small rig around the engine for tests: a clock in the hand, one device by default, every effect kept in order.

import { createEngine } from '../../../src/core/engine.ts'
import type { Engine, EngineSnapshot } from '../../../src/core/engine.ts'
import type { Alert } from '../../../src/core/alerts/alert.ts'
import type { Device } from '../../../src/core/registry/device.ts'
import type { DeviceType } from '../../../src/core/device-type.ts'
import type { Effect } from '../../../src/core/effect.ts'
import { ingest } from '../../../src/core/messages/ingest.ts'
import type { Counts } from '../../../src/core/messages/message.ts'
import type { FragmentBox } from '../../../src/core/messages/ingest-foreign.ts'
import type { CaseAnswer, Command, Outcome } from '../../../src/core/input.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { Position } from '../../../src/core/position.ts'
import { decodeCanonical } from '../../../src/decoders/canonical.ts'
import { deviceTypes } from '../../../devices/index.ts'

export type DeviceFields = Omit<Device, 'createdAt'>

export function deviceOf(over: Partial<DeviceFields> & { id: string; type: string }): DeviceFields {
  return {
    name: `${over.id} 号`,
    division: '150802',
    grid: null,
    street: null,
    parent: null,
    lat: 40.7512,
    lon: 107.3921,
    roadClass: null,
    weakArea: false,
    department: null,
    maintainer: null,
    componentCode: null,
    rated: {},
    simulated: false,
    ...over,
  }
}

/** Canonical messages come whole. */
export const noFragments: FragmentBox = { join: ({ payload }) => payload, keep() {} }

export interface Rig {
  readonly engine: Engine
  readonly effects: Effect[]
  now: number
  /** Moves time and fires timers. */
  to(at: number): void
  command(command: Command, by?: string): Outcome
  answer(answer: CaseAnswer): Outcome
  /** A canonical message of a device, received now. */
  send(device: string, payload: unknown, over?: { client?: string; redriven?: boolean }): Counts
  alerts(): Alert[]
  /** Effects since the last call. */
  take(): Effect[]
}

export function createRig(
  options: {
    start?: number
    types?: readonly DeviceType[]
    snapshot?: EngineSnapshot
    devices?: readonly DeviceFields[]
    sequence?: number
  } = {},
): Rig {
  const engine = createEngine({
    types: options.types ?? deviceTypes,
    timeZone: 'Asia/Shanghai',
    snapshot: options.snapshot,
  })
  const effects: Effect[] = []
  const emit = (effect: Effect): void => {
    effects.push(effect)
  }
  let sequence = options.sequence ?? 0
  const next = (): Position => positionAt(++sequence)
  let taken = 0

  function outcomeOf(from: number): Outcome {
    const outcomes = effects.slice(from).filter((effect) => effect.kind === 'outcome')
    if (outcomes.length !== 1 || outcomes[0] === undefined)
      throw new Error(`Expected one outcome, got ${outcomes.length}`)
    return outcomes[0].outcome
  }

  const rig: Rig = {
    engine,
    effects,
    now: options.start ?? Date.UTC(2026, 5, 15, 4),
    to(at) {
      rig.now = at
      engine.advance(at, next(), emit)
    },
    command(command, by = 'op') {
      const from = effects.length
      const position = next()
      engine.advance(rig.now, position, emit)
      engine.command(command, by, position, emit)
      return outcomeOf(from)
    },
    answer(answer) {
      const from = effects.length
      const position = next()
      engine.advance(rig.now, position, emit)
      engine.answer(answer, position, emit)
      return outcomeOf(from)
    },
    send(id, payload, over = {}) {
      const position = next()
      engine.advance(rig.now, position, emit)
      const device = engine.device(id)
      const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
      return ingest(
        {
          topic: `city/v1/${device?.division ?? '150802'}/${device?.type ?? 'none'}/${id}/up`,
          payload: bytes,
          client: over.client ?? id,
          http: false,
          simulated: false,
          redriven: over.redriven ?? false,
          format: 'canonical',
          receivedAt: rig.now,
          position,
        },
        engine,
        { canonical: decodeCanonical },
        noFragments,
        emit,
      )
    },
    alerts() {
      const byId = new Map<string, Alert>()
      for (const effect of effects)
        if (effect.kind === 'alert') byId.set(effect.alert.id, effect.alert)
      return [...byId.values()]
    },
    take() {
      const fresh = effects.slice(taken)
      taken = effects.length
      return fresh
    },
  }
  if (options.snapshot === undefined) rig.to(rig.now)
  if (options.devices !== undefined) {
    const outcome = rig.command({ kind: 'devices.register', devices: options.devices })
    if (!outcome.ok) throw new Error(JSON.stringify(outcome))
  }
  return rig
}
