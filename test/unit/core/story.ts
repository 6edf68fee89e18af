// Random stories for laws: what devices, people and case systems may do to a small city, including what they should not do.

import * as fc from 'fast-check'
import type { CaseAnswer, Command } from '../../../src/core/input.ts'
import { positionAt } from '../../../src/core/position.ts'
import type { Position } from '../../../src/core/position.ts'
import type { Effect } from '../../../src/core/effect.ts'
import type { Engine } from '../../../src/core/engine.ts'
import { ingest } from '../../../src/core/messages/ingest.ts'
import { decodeCanonical } from '../../../src/decoders/canonical.ts'
import { deviceTypes } from '../../../devices/index.ts'
import type { DeviceType } from '../../../src/core/device-type.ts'
import { everyOperand } from './every-operand.ts'
import { deviceOf, noFragments } from './harness.ts'

type Act =
  | {
      readonly kind: 'message'
      readonly device: string
      readonly type: string
      readonly payload: string
    }
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'answer'; readonly answer: CaseAnswer }
  | { readonly kind: 'clock' }

export interface StoryStep {
  readonly at: number
  readonly position: Position
  readonly act: Act
}

/** Five in the afternoon in Linhe: lighting windows and night hours begin within a story. */
export const START = Date.UTC(2026, 10, 1, 9)

const fleet = [
  deviceOf({ id: 'F-1', type: 'lighting-feeder', rated: { current: 30 } }),
  deviceOf({ id: 'L-1', type: 'streetlight', parent: 'F-1', rated: { power: 120 } }),
  deviceOf({ id: 'C-1', type: 'manhole-cover' }),
  deviceOf({ id: 'S-1', type: 'site-dust-noise', simulated: true }),
  deviceOf({
    id: 'E-1',
    type: everyOperand.id,
    rated: { tilt: 3, home_lat: 40.75, home_lon: 107.39 },
  }),
  // Its clock is slow and its sensor broken, mostly.
  deviceOf({ id: 'K-1', type: everyOperand.id }),
]

/** The types of the stories: engines are made by the hundred, and each compiles what it is given. */
export const storyTypes: readonly DeviceType[] = [...deviceTypes, everyOperand].filter(({ id }) =>
  fleet.some((device) => device.type === id),
)

const everything = fc.record(
  {
    level: fc.constantFrom(0, 3, 5, 9, 9.1),
    inflow: fc.constantFrom(0, 4, 9, 5000),
    tilt: fc.constantFrom(0, 4.5, 9),
    total: fc.constantFrom(100, 101, 104, 107, 110, 120),
    pump: fc.boolean(),
    fan: fc.boolean(),
    current_a: fc.constantFrom(0, 20),
    current_b: fc.constantFrom(3, 20),
    lat: fc.constantFrom(40.75, 40.76),
    lon: fc.constantFrom(107.39, 107.4),
  },
  { requiredKeys: [] },
)

const metrics: Readonly<Record<string, fc.Arbitrary<Record<string, unknown>>>> = {
  'E-1': everything,
  'K-1': fc.record({ level: fc.constantFrom(3, 5000, 5000, 5000) }),
  'F-1': fc.record(
    {
      contactor_on: fc.boolean(),
      current_a: fc.constantFrom(0, 9),
      current_b: fc.constantFrom(0, 9),
      door_open: fc.boolean(),
      water_immersion: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
  'L-1': fc.record(
    {
      lamp_on: fc.boolean(),
      power: fc.constantFrom(0, 30, 96),
      leakage_current: fc.constantFrom(2, 28, 41, 5000),
      voltage: fc.constantFrom(180, 230, 250),
    },
    { requiredKeys: [] },
  ),
  'C-1': fc.record(
    {
      cover_open: fc.boolean(),
      tilt: fc.constantFrom(1, 8, 60),
      battery_v: fc.constantFrom(3.6, 3.1),
    },
    { requiredKeys: [] },
  ),
  'S-1': fc.record(
    {
      noise_leq: fc.constantFrom(45, 62, 80),
      noise_max: fc.constantFrom(60, 75),
      pm10: fc.constantFrom(50, 180, 640),
      spray_on: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
}

const message = fc.constantFrom(...fleet, ...fleet.slice(-2)).chain((device) =>
  fc.record({
    device: fc.constant(device),
    // Mostly now, sometimes late, far too late, or ahead.
    delayMs: fc
      .oneof(
        { weight: 6, arbitrary: fc.constant(0) },
        { weight: 3, arbitrary: fc.integer({ min: -400_000, max: 2_500_000 }) },
        { weight: 1, arbitrary: fc.constantFrom(-599_000, 7_200_000, 9 * 86_400_000) },
      )
      .map((delayMs) => (device.id === 'K-1' && delayMs === 0 ? 400_000 : delayMs)),
    m: metrics[device.id] ?? fc.constant({}),
    isBroken: fc.constantFrom(false, false, false, false, false, true),
  }),
)

const command: fc.Arbitrary<(alerts: readonly string[], tickets: readonly string[]) => Command> =
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.nat().map((n) => (alerts: readonly string[]): Command => ({
        kind: 'alerts.acknowledge',
        ids: [alerts[n % Math.max(1, alerts.length)] ?? 'none'],
        comment: null,
      })),
    },
    {
      weight: 1,
      arbitrary: fc.nat().map((n) => (alerts: readonly string[]): Command => ({
        kind: 'alert.comment',
        id: alerts[n % Math.max(1, alerts.length)] ?? 'none',
        text: 'seen',
      })),
    },
    {
      weight: 1,
      arbitrary: fc
        .nat()
        .map((n) => (_: readonly string[], tickets: readonly string[]): Command => ({
          kind: 'ticket.retry',
          id: tickets[n % Math.max(1, tickets.length)] ?? 'none',
        })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('C-1', 'L-1', 'F-1', 'E-1')
        .map((id) => (): Command => ({ kind: 'device.remove', id })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...fleet)
        .map((device) => (): Command => ({ kind: 'devices.register', devices: [device] })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(10, 100).map((power) => (): Command => ({
        kind: 'device.update',
        id: 'L-1',
        patch: { rated: { power } },
      })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom<Record<string, number>>({}, { tilt: 1 }, { home_lat: 40, home_lon: 107 })
        .map((rated) => (): Command => ({ kind: 'device.update', id: 'E-1', patch: { rated } })),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({
          id: fc.constantFrom('F-1', 'S-1', 'E-1'),
          reportSeconds: fc.constantFrom(null, 60, 600, 3600),
        })
        .map(({ id, reportSeconds }) => (): Command => ({
          kind: 'device.update',
          id,
          patch: { reportSeconds },
        })),
    },
  )

const answer: fc.Arbitrary<(tickets: readonly string[]) => CaseAnswer> = fc
  .record({
    n: fc.nat(),
    attempt: fc.integer({ min: 1, max: 4 }),
    what: fc.constantFrom('accepted', 'accepted', 'retry', 'rejected', 'event'),
    state: fc.constantFrom('filed', 'dispatched', 'in_progress', 'rework', 'closed', 'returned'),
    id: fc.nat(30),
  })
  .map(({ n, attempt, what, state, id }) => (tickets: readonly string[]): CaseAnswer => {
    const ticket = tickets[n % Math.max(1, tickets.length)] ?? 'none'
    if (what === 'event')
      return {
        kind: 'event',
        event: {
          id: `e-${id}`,
          ticket,
          caseNo: null,
          state,
          at: START,
          by: null,
          note: null,
          code: null,
        },
      }
    const outcome =
      what === 'accepted'
        ? ({ kind: 'accepted', caseNo: `C-${n % 7}` } as const)
        : what === 'retry'
          ? ({ kind: 'retry', error: 'timeout', nextAt: START } as const)
          : ({ kind: 'rejected', error: '422' } as const)
    return { kind: 'delivery', ticket, attempt, outcome }
  })

type Draft =
  | {
      readonly kind: 'message'
      readonly of: typeof message extends fc.Arbitrary<infer T> ? T : never
    }
  | {
      readonly kind: 'command'
      readonly of: (alerts: readonly string[], tickets: readonly string[]) => Command
    }
  | { readonly kind: 'answer'; readonly of: (tickets: readonly string[]) => CaseAnswer }
  | { readonly kind: 'clock' }

const draft: fc.Arbitrary<{ gapMs: number; draft: Draft }> = fc.record({
  gapMs: fc.oneof(
    { weight: 2, arbitrary: fc.constant(0) },
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 120_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 4_000_000 }) },
  ),
  draft: fc.oneof(
    { weight: 12, arbitrary: message.map((of): Draft => ({ kind: 'message', of })) },
    { weight: 2, arbitrary: command.map((of): Draft => ({ kind: 'command', of })) },
    { weight: 2, arbitrary: answer.map((of): Draft => ({ kind: 'answer', of })) },
    { weight: 1, arbitrary: fc.constant<Draft>({ kind: 'clock' }) },
  ),
})

export const storyDraft = fc.array(draft, { minLength: 1, maxLength: 60 })

/**
 * Fixes the drafts to steps by running them once: commands and answers speak of alerts and tickets that exist by then. The result is
 * a plain list of inputs, like a journal.
 */
export function fixStory(
  drafts: readonly { gapMs: number; draft: Draft }[],
  engine: Engine,
): { steps: StoryStep[]; effects: Effect[] } {
  const steps: StoryStep[] = []
  const effects: Effect[] = []
  const alerts: string[] = []
  const tickets: string[] = []
  let at = START
  const play = (act: Act): void => {
    const one = { at, position: positionAt(steps.length + 1), act }
    steps.push(one)
    apply(engine, one, (effect) => {
      effects.push(effect)
      if (effect.kind === 'alert' && !alerts.includes(effect.alert.id))
        alerts.unshift(effect.alert.id)
      if (effect.kind === 'ticket' && !tickets.includes(effect.ticket.id))
        tickets.unshift(effect.ticket.id)
    })
  }
  play({ kind: 'command', command: { kind: 'devices.register', devices: fleet } })
  for (const { gapMs, draft } of drafts) {
    at += gapMs
    if (draft.kind === 'clock') play(draft)
    else if (draft.kind === 'command') play({ kind: 'command', command: draft.of(alerts, tickets) })
    else if (draft.kind === 'answer') play({ kind: 'answer', answer: draft.of(tickets) })
    else {
      const { device, delayMs, m, isBroken } = draft.of
      const payload = JSON.stringify({ v: 1, ts: at - delayMs, m })
      play({
        kind: 'message',
        device: device.id,
        type: device.type,
        payload: isBroken ? payload.slice(0, -3) : payload,
      })
    }
  }
  return { steps, effects }
}

export function apply(engine: Engine, step: StoryStep, emit: (effect: Effect) => void): void {
  const { at, position, act } = step
  engine.advance(at, position, emit)
  if (act.kind === 'command') engine.command(act.command, 'op', position, emit)
  else if (act.kind === 'answer') engine.answer(act.answer, position, emit)
  else if (act.kind === 'message')
    ingest(
      {
        topic: `city/v1/150802/${act.type}/${act.device}/up`,
        payload: Buffer.from(act.payload),
        client: act.device,
        http: false,
        simulated: false,
        redriven: false,
        format: 'canonical',
        receivedAt: at,
        position,
      },
      engine,
      { canonical: decodeCanonical },
      noFragments,
      emit,
    )
}
