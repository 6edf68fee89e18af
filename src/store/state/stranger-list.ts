// Names that messages speak of and that no device has: the first contact of what nobody has registered yet. Bounded, and a name leaves
// when a device takes it.

import type { NamedDevice } from '../../core/registry/device-names.ts'
import { foldAlias } from '../../core/registry/alias.ts'
import type { Quarantined } from '../../core/messages/reading.ts'
import { numberIn } from '../sqlite/row.ts'
import type { Statements } from '../sqlite/statements.ts'

export interface StrangerList {
  /** A message spoke of a device that is not there; of items of other kinds nothing is kept. */
  met(item: Quarantined): void
  registered(device: NamedDevice): void
  /** Drops what is beyond the bound; once per transaction. */
  trim(): void
  /** After a transaction was rolled back. */
  recount(): void
}

/** Whoever makes names and topics up must not fill the disk with long ones. */
const TEXT_MAX = 200

export function createStrangerList(prepared: Statements, max: number): StrangerList {
  let kept = countKept()

  function countKept(): number {
    return numberIn(prepared('SELECT count(*) AS kept FROM strangers').get() ?? {}, 'kept')
  }

  return {
    met({ code, device, at, client, topic: wholeTopic }) {
      if (code !== 'unknown_device' || device === null) return
      const name = device.slice(0, TEXT_MAX)
      const topic = wholeTopic.slice(0, TEXT_MAX)
      const heard = prepared(
        `UPDATE strangers SET first_at = min(first_at, ?1), last_at = max(last_at, ?1), count = count + 1,
           client = ?2, topic = ?3 WHERE name = ?4`,
      ).run(at, client, topic, name)
      if (heard.changes > 0) return
      prepared('INSERT INTO strangers VALUES (?, ?, ?, ?, 1, ?, ?)').run(
        name,
        foldAlias(name),
        at,
        at,
        client,
        topic,
      )
      kept++
    },
    registered({ id, aliases = [] }) {
      if (kept === 0) return
      kept -= Number(prepared('DELETE FROM strangers WHERE name = ?').run(id).changes)
      for (const alias of aliases)
        kept -= Number(
          prepared('DELETE FROM strangers WHERE folded = ?').run(foldAlias(alias)).changes,
        )
    },
    trim() {
      if (kept <= max) return
      kept -= Number(
        prepared(
          'DELETE FROM strangers WHERE name IN (SELECT name FROM strangers ORDER BY last_at, name LIMIT ?)',
        ).run(kept - max).changes,
      )
    },
    recount() {
      kept = countKept()
    },
  }
}
