// Readings of a stretch of journal, decoded again for a store that was away. Judges nothing: only the store is behind, the engine
// has seen these records before, and the registry may have changed since.

import type { CompiledType } from '../core/compiled-type.ts'
import { ingest } from '../core/ingest.ts'
import { BEFORE_FIRST, type Position } from '../core/position.ts'
import type { Reading } from '../core/reading.ts'
import { decoders } from '../decoders/index.ts'
import { messageOf, type TailItem } from './message-of.ts'
import type { RegistryPast } from './registry-past.ts'

const BATCH_MAX = 4_096

export function* readingsOf(
  journal: Iterable<TailItem>,
  registry: Pick<RegistryPast, 'deviceAt'>,
  typeNamed: (id: string) => CompiledType | undefined,
): Generator<{ readings: readonly Reading[]; through: Position }> {
  let readings: Reading[] = []
  let through: Position | null = null
  let at = BEFORE_FIRST
  const collector = {
    device: (id: string) => registry.deviceAt(id, at),
    typeOf: (id: string) => typeNamed(registry.deviceAt(id, at)?.type ?? ''),
    read: (reading: Reading) => {
      readings.push(reading)
    },
    presence: () => {},
  }
  for (const item of journal) {
    through = at = item.position
    if ('record' in item && item.record.kind === 'message')
      ingest(messageOf(item.record, item.position), collector, decoders.canonical, () => {})
    if (readings.length >= BATCH_MAX) {
      yield { readings, through }
      readings = []
    }
  }
  if (through !== null) yield { readings, through }
}
