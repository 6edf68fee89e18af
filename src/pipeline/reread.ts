// Readings of a stretch of journal, decoded again for a store that was away. Judges nothing: only the store is behind, the engine
// has seen these records before, and the registry may have changed since.

import type { CompiledType } from '../core/compiled-type.ts'
import { ingest } from '../core/messages/ingest.ts'
import type { FragmentBox } from '../core/messages/ingest-foreign.ts'
import { BEFORE_FIRST, type Position } from '../core/position.ts'
import type { Reading } from '../core/messages/reading.ts'
import type { Judge } from '../core/messages/take-reading.ts'
import { decoders } from '../decoders/index.ts'
import type { Joins } from './joins.ts'
import { messageOf, type TailItem } from './message-of.ts'
import type { RegistryPast } from './registry-past.ts'

const BATCH_MAX = 4_096

export function* readingsOf(
  journal: Iterable<TailItem>,
  past: {
    readonly registry: Pick<RegistryPast, 'deviceAt' | 'findAt'>
    readonly joins: Pick<Joins, 'prefixAt'>
  },
  typeNamed: (id: string) => CompiledType | undefined,
): Generator<{ readings: readonly Reading[]; through: Position }> {
  let readings: Reading[] = []
  let through: Position | null = null
  let at = BEFORE_FIRST
  const collector: Judge = {
    device: (id) => past.registry.deviceAt(id, at),
    find: (name) => past.registry.findAt(name, at),
    typeOf: (id) => typeNamed(past.registry.deviceAt(id, at)?.type ?? ''),
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
    through = at = item.position
    if ('record' in item && item.record.kind === 'message')
      ingest(messageOf(item.record, item.position), collector, decoders, fragments, () => {})
    if (readings.length >= BATCH_MAX) {
      yield { readings, through }
      readings = []
    }
  }
  if (through !== null) yield { readings, through }
}
