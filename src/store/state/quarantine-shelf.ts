// Keeps refused messages for people to look at and to send again, within bounds, and counts all there ever were by their code.

import { formatPosition, type Position } from '../../core/position.ts'
import type { Quarantined } from '../../core/messages/reading.ts'
import { numberIn } from '../sqlite/row.ts'
import type { Statements } from '../sqlite/statements.ts'

/** The newest are kept; the counts by code go on. */
export interface QuarantineBounds {
  /** Per device, or per client where no device is known: one broken sender cannot push out what the others sent. */
  readonly perSourceMax: number
  readonly max: number
}

/** Of a larger payload one copy serves all parts of its message. */
const INLINE_BYTES_MAX = 256
const NO_BYTES = new Uint8Array(0)

export interface QuarantineShelf {
  /** Keeps the item; one that is there already changes and counts nothing. */
  put(item: Quarantined): void
  /** Lets go of the items of the message that was refused at this position; the counts go on. */
  take(origin: Position): void
  /** Drops what is beyond the bounds; once per transaction, after its items. */
  trim(): void
  /** After a transaction was rolled back. */
  recount(): void
}

export function createQuarantineShelf(
  prepared: Statements,
  bounds: QuarantineBounds,
): QuarantineShelf {
  let kept = countKept()
  const grown = new Set<string>()

  function countKept(): number {
    return numberIn(prepared('SELECT count(*) AS kept FROM quarantine').get() ?? {}, 'kept')
  }

  function trimSource(source: string): void {
    kept -= Number(
      prepared(
        `DELETE FROM quarantine WHERE source = ?1 AND number <= (
           SELECT number FROM quarantine WHERE source = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)`,
      ).run(source, bounds.perSourceMax).changes,
    )
  }

  return {
    put(item) {
      const { payload, ...document } = item
      // A name that no device has is its sender's affair: whoever makes up names has one share, not one for each.
      const isOfClient = item.device === null || item.code === 'unknown_device'
      const source = isOfClient ? `client ${item.client}` : `device ${item.device}`
      const isShared = payload.length > INLINE_BYTES_MAX && !item.id.endsWith('.rest')
      const inserted = prepared(
        `INSERT INTO quarantine (id, source, device, code, payload, document) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO NOTHING`,
      ).run(
        item.id,
        source,
        item.device,
        item.code,
        isShared ? NO_BYTES : payload,
        JSON.stringify(document),
      )
      if (inserted.changes === 0) return
      if (isShared)
        prepared(
          `INSERT INTO quarantine_payloads VALUES (?, 1, ?)
           ON CONFLICT DO UPDATE SET items = items + 1`,
        ).run(formatPosition(item.position), payload)
      prepared(
        'INSERT INTO quarantine_counts VALUES (?, 1) ON CONFLICT DO UPDATE SET total = total + 1',
      ).run(item.code)
      kept++
      grown.add(source)
    },
    take(origin) {
      // Ids are the position, a dot and an ordinal; the slash is the character behind the dot.
      const place = formatPosition(origin)
      kept -= Number(
        prepared('DELETE FROM quarantine WHERE id > ? AND id < ?').run(`${place}.`, `${place}/`)
          .changes,
      )
    },
    trim() {
      for (const source of grown) trimSource(source)
      grown.clear()
      if (kept <= bounds.max) return
      kept -= Number(
        prepared(
          'DELETE FROM quarantine WHERE number IN (SELECT number FROM quarantine ORDER BY number LIMIT ?)',
        ).run(kept - bounds.max).changes,
      )
    },
    recount() {
      grown.clear()
      kept = countKept()
    },
  }
}
