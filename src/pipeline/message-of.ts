// A device message as the core reads it, from its journal record.

import type { Message } from '../core/messages/message.ts'
import type { Position } from '../core/position.ts'
import {
  FLAG_HTTP,
  FLAG_REDRIVEN,
  FLAG_SIMULATED,
  formatOfFlags,
  type JournalRecord,
} from '../core/messages/record.ts'

/** One record as the journal's reader gives it. */
export type TailItem =
  | { readonly position: Position; readonly record: JournalRecord }
  | { readonly position: Position; readonly damaged: string }

export function messageOf(record: JournalRecord, position: Position): Message {
  return {
    topic: record.topic,
    payload: record.payload,
    client: record.client,
    http: (record.flags & FLAG_HTTP) !== 0,
    simulated: (record.flags & FLAG_SIMULATED) !== 0,
    redriven: (record.flags & FLAG_REDRIVEN) !== 0,
    format: formatOfFlags(record.flags),
    receivedAt: record.receivedAt,
    position,
  }
}
