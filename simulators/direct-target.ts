// The product on this thread: no sockets, no disk, a clock turned by hand.

import { createManualClock } from '../src/clock.ts'
import type { DeviceType } from '../src/core/device-type.ts'
import { createOfflineApp } from '../src/offline.ts'
import type { CaseSystem } from '../src/ports.ts'
import type { ManualClock } from '../src/clock.ts'
import type { Scenario } from './scenario.ts'
import type { SeenAlert, SeenTicket } from './matching.ts'
import type { Target } from './target.ts'

export interface DirectTargetOptions {
  readonly scenario: Scenario
  readonly types: readonly DeviceType[]
  readonly timeZone: string
  /** Made on the story's clock; null: tickets stay undelivered. */
  readonly cases: ((clock: ManualClock) => SimulatedCaseSystem) | null
}

interface SimulatedCaseSystem extends CaseSystem {
  /** Cases beyond the first for one ticket. */
  doubleCases(): number
}

export function createDirectTarget(options: DirectTargetOptions): Target {
  const { scenario } = options
  const clock = createManualClock(scenario.start)
  const cases = options.cases?.(clock) ?? null
  const alerts = new Map<string, SeenAlert>()
  const tickets = new Map<string, SeenTicket>()
  const app = createOfflineApp({
    clock,
    types: options.types,
    timeZone: options.timeZone,
    cases,
    onEffect(effect) {
      if (effect.kind === 'alert') {
        const { alert } = effect
        const raisedAt = alerts.get(alert.id)?.raisedAt ?? alert.raisedAt
        if (effect.entry.what === 'raised' || effect.entry.what === 'raised_again') attend(alert.id)
        alerts.set(alert.id, { ...alert, raisedAt, returnedAt: alert.returnedAt ?? alert.closedAt })
      } else if (effect.kind === 'ticket') {
        const { ticket } = effect
        tickets.set(ticket.id, { ...ticket, isDelivered: ticket.delivery.state === 'delivered' })
      }
    },
  })

  /** Somebody sees the alert, when the scenario has somebody. */
  function attend(id: string): void {
    const { acknowledgeAfter } = scenario.file.operator
    if (acknowledgeAfter === undefined) return
    clock.after(acknowledgeAfter, () => {
      app.command('operator', { kind: 'alerts.acknowledge', ids: [id], comment: null })
    })
  }

  return {
    open() {
      const outcome = app.command('simulator', {
        kind: 'devices.register',
        devices: scenario.devices,
      })
      if (outcome.ok) return Promise.resolve()
      const errors = outcome.errors
        .slice(0, 5)
        .map((error) => `row ${error.row} ${error.field}: ${error.reason}`)
      return Promise.reject(
        new Error(`Cannot register the fleet: ${[outcome.detail, ...errors].join('; ')}`),
      )
    },
    async reach(at) {
      if (at > clock.now()) await app.advance(at)
    },
    publish({ client, topic, payload }) {
      app.publish({ client, topic, payload, simulated: true })
    },
    async outcome() {
      const { hash, readings } = await app.result()
      return {
        seen: {
          alerts: [...alerts.values()],
          tickets: [...tickets.values()],
          doubleCases: cases?.doubleCases() ?? 0,
          end: clock.now(),
        },
        hash,
        readings,
      }
    },
    close: () => app.close(),
  }
}
