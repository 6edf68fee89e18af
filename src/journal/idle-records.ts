// Keeps the journal's time going: when nothing was appended for a second, a bare clock record is, so that the engine's time, which is
// the stamp of the last record, moves on in silence.

import type { Millis } from '../core/position.ts'
import type { Entry } from '../core/messages/record.ts'
import type { Clock } from '../ports.ts'

const IDLE_MS = 1000

const CLOCK_ENTRY: Entry = {
  kind: 'clock',
  flags: 0,
  client: '',
  topic: '',
  payload: new Uint8Array(0),
}

export interface IdleRecordsOptions {
  readonly clock: Clock
  /** When the last entry was appended, by the same clock. */
  readonly lastAppendAt: () => Millis
  readonly append: (entry: Entry) => void
}

/** Starts watching; the returned function stops it. */
export function startIdleRecords(options: IdleRecordsOptions): () => void {
  const { clock, lastAppendAt, append } = options
  let cancel = clock.after(IDLE_MS, look)

  function look(): void {
    const silenceMs = clock.now() - lastAppendAt()
    // Negative when the wall clock was set back: one record too many is harmless, none for as long as that is not.
    const isSilent = silenceMs >= IDLE_MS || silenceMs < 0
    if (isSilent) append(CLOCK_ENTRY)
    cancel = clock.after(isSilent ? IDLE_MS : IDLE_MS - silenceMs, look)
  }

  return () => cancel()
}
