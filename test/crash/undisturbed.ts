// The run without any disturbance: the same engine, fed with the same readings in the order of their times, grows beside the
// tortured product and says which alerts and tickets there must be.

import { deviceTypes } from '../../devices/index.ts'
import { createManualClock } from '../../src/clock.ts'
import type { Alert } from '../../src/core/alerts/alert.ts'
import { checkDevice } from '../../src/core/registry/device-check.ts'
import { createOfflineApp } from '../../src/offline.ts'
import { lamp, payloadOf, topicOf, type StoryReading } from './story.ts'

export interface Undisturbed {
  readonly alerts: ReadonlyMap<string, Pick<Alert, 'severity' | 'state' | 'count'>>
  readonly tickets: ReadonlySet<string>
  register(devices: readonly { readonly id: string; readonly parent: string | null }[]): void
  /** `readings` are later than all that were fed before. */
  feed(
    readings: readonly { readonly client: string; readonly reading: StoryReading }[],
  ): Promise<void>
  close(): Promise<void>
}

export function createUndisturbed(start: number): Undisturbed {
  const alerts = new Map<string, Pick<Alert, 'severity' | 'state' | 'count'>>()
  const tickets = new Set<string>()
  const types = new Map(deviceTypes.map((type) => [type.id, type]))
  const clock = createManualClock(start)
  const app = createOfflineApp({
    clock,
    types: deviceTypes,
    timeZone: 'Asia/Shanghai',
    cases: null,
    onEffect(effect) {
      if (effect.kind === 'alert') {
        const { id, severity, state, count } = effect.alert
        alerts.set(id, { severity, state, count })
      }
      if (effect.kind === 'ticket') tickets.add(effect.ticket.id)
    },
  })

  return {
    alerts,
    tickets,
    register(devices) {
      const checked = devices.map(({ id, parent }) => {
        const check = checkDevice(lamp(id, parent), (type) => types.get(type))
        if (!check.ok) throw new Error(`Cannot register ${id}: ${JSON.stringify(check.errors)}`)
        return check.device
      })
      const outcome = app.command('crash', { kind: 'devices.register', devices: checked })
      if (!outcome.ok) throw new Error(`Cannot register the story's devices: ${outcome.detail}`)
    },
    async feed(readings) {
      for (const { client, reading } of [...readings].sort((a, b) => a.reading.ts - b.reading.ts)) {
        await app.advance(Math.max(reading.ts, clock.now()))
        app.publish({
          client,
          topic: topicOf(reading.device),
          payload: payloadOf(reading, 0),
          simulated: true,
        })
      }
    },
    close: () => app.close(),
  }
}
