// The state store, writing side: folds the engine's effects into tables that lists and pages are read from. The engine's thread
// owns it and is the only writer of its file.

import { BEFORE_FIRST, later, type Position } from '../../core/position.ts'
import type { Latest } from '../../core/effect.ts'
import type { PlacedEffect, StateStore } from '../../ports.ts'
import { inTransaction } from '../sqlite/in-transaction.ts'
import { makeDurable } from '../sqlite/make-durable.ts'
import { openForWriting } from '../sqlite/open-database.ts'
import { numberIn } from '../sqlite/row.ts'
import { createStatements } from '../sqlite/statements.ts'
import { createProjection } from './projection.ts'
import { createQuarantineShelf, type QuarantineBounds } from './quarantine-shelf.ts'
import { prepareStateSchema } from './schema.ts'
import { createStrangerList } from './stranger-list.ts'

export interface StateOptions {
  readonly file: string
  readonly quarantine?: QuarantineBounds
  /** Names of devices nobody has registered; beyond it the one heard least recently is forgotten. */
  readonly strangersMax?: number
}

/** Opens or makes the file (mode 0600). Throws when it cannot, or when a newer version of the product wrote it. */
export function openState(options: StateOptions): StateStore {
  const { file } = options
  const database = openForWriting(file, 'normal')
  try {
    prepareStateSchema(database, file)
    const prepared = createStatements(database)
    const shelf = createQuarantineShelf(
      prepared,
      options.quarantine ?? { perSourceMax: 1_000, max: 100_000 },
    )
    const strangers = createStrangerList(prepared, options.strangersMax ?? 5_000)
    const projection = createProjection(prepared, shelf, strangers)
    const meta = prepared('SELECT applied, any_simulated FROM meta').get() ?? {}
    let applied = later(BEFORE_FIRST, numberIn(meta, 'applied'))
    let anySimulated = numberIn(meta, 'any_simulated') === 1

    function project(
      effects: readonly PlacedEffect[],
      latest: readonly Latest[],
      through: Position,
    ): void {
      projection.begin()
      for (const { position, effect } of effects)
        if (position > applied) projection.apply(position, effect)
      for (const one of latest) projection.replaceLatest(one)
      shelf.trim()
      strangers.trim()
      if (projection.sawSimulated() && !anySimulated)
        prepared('UPDATE meta SET any_simulated = 1').run()
      prepared('UPDATE meta SET applied = ?').run(through)
    }

    return {
      get applied() {
        return applied
      },
      apply(effects, latest, through) {
        // At the same position effects are known already, but a recovery may bring latest values that were not written yet.
        if (through < applied || (through === applied && latest.length === 0)) return
        try {
          inTransaction(database, () => project(effects, latest, through))
        } catch (error) {
          shelf.recount()
          strangers.recount()
          throw new Error(
            `Cannot apply ${effects.length} effects to ${file}: ${error instanceof Error ? error.message : String(error)}`,
            { cause: error },
          )
        }
        applied = through
        anySimulated ||= projection.sawSimulated()
      },
      sync: () => makeDurable(database, file),
      close: () => database.close(),
    }
  } catch (error) {
    database.close()
    throw error
  }
}
