// Readings of a stretch of journal, decoded again for a store that was away. Judges nothing: only the store is behind, the engine
// has seen these records before, and the registry may have changed since.

import type { CompiledType } from '../core/compiled-type.ts'
import { ingest } from '../core/messages/ingest.ts'
import type { FragmentBox } from '../core/messages/ingest-foreign.ts'
import { BEFORE_FIRST, type Millis, type Position } from '../core/position.ts'
import type { Reading } from '../core/messages/reading.ts'
import type { Judge } from '../core/messages/take-reading.ts'
import { decoders } from '../decoders/index.ts'
import type { Joins } from './joins.ts'
import { messageOf, type TailItem } from './message-of.ts'
import type { RegistryPast } from './registry-past.ts'

const BATCH_MAX = 4_096
/** Others run between two batches, also where the journal has nothing but what was refused. */
const RECORDS_MAX = 4_096

export function* readingsOf(
  journal: Iterable<TailItem>,
  past: {
    readonly registry: Pick<RegistryPast, 'deviceAt' | 'findAt'>
    readonly joins: Pick<Joins, 'prefixAt'>
  },
  typeNamed: (id: string) => CompiledType | undefined,
): Generator<{ readings: readonly Reading[]; through: Position; at: Millis }> {
  let readings: Reading[] = []
  let records = 0
  let through: Position | null = null
  let current = BEFORE_FIRST
  let at: Millis = 0
  const collector: Judge = {
    device: (id) => past.registry.deviceAt(id, current),
    find: (name) => past.registry.findAt(name, current),
    typeOf: (id) => typeNamed(past.registry.deviceAt(id, current)?.type ?? ''),
    read: (reading) => {
      readings.push(reading)
    },
    presence: () => {},
    clockSeen: () => {},
    rangeSeen: () => {},
  }
  const fragments: FragmentBox = {
    join({ payload, position }) {
      const prefix = past.joins.prefixAt(position)
      return prefix === undefined ? payload : Buffer.concat([prefix, payload])
    },
    keep: () => {},
  }
  for (const item of journal) {
    through = current = item.position
    if ('record' in item) at = item.record.receivedAt
    if ('record' in item && item.record.kind === 'message')
      ingest(messageOf(item.record, item.position), collector, decoders, fragments, () => {})
    if (readings.length >= BATCH_MAX || ++records >= RECORDS_MAX) {
      yield { readings, through, at }
      readings = []
      records = 0
    }
  }
  if (through !== null) yield { readings, through, at }
}
