// What the telemetry database refuses for good, on its way into quarantine: through the journal, like any input, so that a reading
// never leaves the books of one before it is in those of the other.

import { deviceTypes } from '../devices/index.ts'
import { metricsOf } from './core/device-type.ts'
import type { RefusedByStore } from './core/input.ts'
import type { Reading } from './core/messages/reading.ts'
import { JournalUnavailable, type AppendOutcome, type Journal } from './ports.ts'
import type { RefusedReading } from './store/influx/influx.ts'

/** Resolves when every one is committed; rejects when one is not, and all may be tried again. */
export function createRefusals(options: {
  readonly journal: Pick<Journal, 'append'>
}): (items: readonly RefusedReading[]) => Promise<void> {
  async function keep(item: RefusedReading): Promise<void> {
    const { reading, reason } = item
    const refused: RefusedByStore = {
      device: reading.device,
      topic: `city/v1/${reading.division}/${reading.type}/${reading.device}/up`,
      at: reading.receivedAt,
      simulated: reading.simulated,
      detail: reason,
      payload: canonicalPayload(reading),
    }
    const outcome = await new Promise<AppendOutcome>((done) =>
      options.journal.append(
        {
          kind: 'command',
          flags: 0,
          client: 'telemetry',
          topic: 'reading.refused',
          payload: Buffer.from(JSON.stringify({ kind: 'reading.refused', reading: refused })),
        },
        done,
      ),
    )
    if (outcome.kind !== 'committed')
      throw new JournalUnavailable(
        `Cannot journal a refused reading of ${reading.device}: ${outcome.kind === 'refused' ? outcome.reason : outcome.cause}`,
      )
  }

  return async (items) => {
    await Promise.all(items.map(keep))
  }
}

/** The reading as a device would send it, so that it can be tried again. */
function canonicalPayload(reading: Reading): string {
  const type = deviceTypes.find(({ id }) => id === reading.type)
  const metrics = type === undefined ? [] : metricsOf(type)
  const measured = metrics.flatMap(({ id, kind }, index) => {
    const value = reading.values[index] ?? Number.NaN
    if (Number.isNaN(value)) return []
    return [[id, kind === 'boolean' ? value !== 0 : value] as const]
  })
  return JSON.stringify({ v: 1, ts: reading.ts, m: Object.fromEntries(measured) })
}
