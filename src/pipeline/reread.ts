// Readings of a stretch of journal, decoded again for a store that was away. Judges nothing: only the store is behind, the engine
// has seen these records before.

import type { Engine } from '../core/engine.ts'
import { ingest } from '../core/ingest.ts'
import type { Position } from '../core/position.ts'
import type { Reading } from '../core/reading.ts'
import { decoders } from '../decoders/index.ts'
import { messageOf, type TailItem } from './message-of.ts'

const BATCH_MAX = 4_096

export function* readingsOf(
  journal: Iterable<TailItem>,
  registry: Pick<Engine, 'device' | 'typeOf'>,
): Generator<{ readings: readonly Reading[]; through: Position }> {
  let readings: Reading[] = []
  let through: Position | null = null
  const collector = {
    device: (id: string) => registry.device(id),
    typeOf: (id: string) => registry.typeOf(id),
    read: (reading: Reading) => {
      readings.push(reading)
    },
    presence: () => {},
  }
  for (const item of journal) {
    through = item.position
    if ('record' in item && item.record.kind === 'message')
      ingest(messageOf(item.record, item.position), collector, decoders.canonical, () => {})
    if (readings.length >= BATCH_MAX) {
      yield { readings, through }
      readings = []
    }
  }
  if (through !== null) yield { readings, through }
}
