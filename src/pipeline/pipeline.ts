// The fold: one journal record in, effects out. Live, in recovery, in replay and in simulations it is the same object.

import { createEngine, type Engine, type EngineSnapshot } from '../core/engine.ts'
import type { DeviceType } from '../core/device-type.ts'
import type { EffectSink } from '../core/effect.ts'
import { ingest } from '../core/messages/ingest.ts'
import type { CaseAnswer, Command, Outcome } from '../core/input.ts'
import { BEFORE_FIRST, formatPosition, type Millis, type Position } from '../core/position.ts'
import type { JournalRecord } from '../core/messages/record.ts'
import { decoders } from '../decoders/index.ts'
import { createJoins, type Joins, type JoinsSnapshot } from './joins.ts'
import { messageOf } from './message-of.ts'

/** Totals since the journal began; `items` are readings, or the refused part of a message. */
export interface PipelineCounts {
  readonly messages: number
  readonly items: number
  readonly accepted: number
  readonly quarantined: number
}

export interface PipelineSnapshot {
  readonly position: Position
  readonly engine: EngineSnapshot
  readonly counts: PipelineCounts
  /** Absent in snapshots of versions that knew no frames. */
  readonly joins?: JoinsSnapshot
}

export interface PipelineOptions {
  readonly types: readonly DeviceType[]
  readonly timeZone: string
  readonly snapshot?: PipelineSnapshot
}

export interface Pipeline {
  readonly engine: Engine
  /** Position of the last consumed record. */
  readonly position: Position
  readonly counts: PipelineCounts
  readonly joins: Pick<Joins, 'prefixAt' | 'forget'>
  /** Consumes the record at `position`, which must come after the last one; effects are emitted in order. */
  consume(record: JournalRecord, position: Position, emit: EffectSink): void
  /** A record that is there but cannot be read any more: it ends in quarantine. */
  damaged(reason: string, position: Position, emit: EffectSink): void
  /** Lets time pass without a record; only simulations, which have no clock records, call it. */
  advance(to: Millis, emit: EffectSink): void
  snapshot(): PipelineSnapshot
}

export function createPipeline(options: PipelineOptions): Pipeline {
  const engine = createEngine({
    types: options.types,
    timeZone: options.timeZone,
    ...(options.snapshot === undefined ? {} : { snapshot: options.snapshot.engine }),
  })
  let position = options.snapshot?.position ?? BEFORE_FIRST
  const counts = { messages: 0, items: 0, accepted: 0, quarantined: 0, ...options.snapshot?.counts }

  function enter(next: Position): void {
    if (next <= position)
      throw new RangeError(
        `Cannot consume ${formatPosition(next)}: expected a position after ${formatPosition(position)}`,
      )
    position = next
  }

  const joins = createJoins(options.snapshot?.joins)

  function message(record: JournalRecord, emit: EffectSink): void {
    const result = ingest(messageOf(record, position), engine, decoders, joins, emit)
    counts.messages++
    counts.items += result.items
    counts.accepted += result.accepted
    counts.quarantined += result.quarantined
    countLost()
  }

  /** A beginning of a frame counts when it is given up. */
  function countLost(): void {
    const lost = joins.takeLost()
    counts.items += lost
    counts.quarantined += lost
  }

  function advance(to: Millis, emit: EffectSink): void {
    engine.advance(to, position, emit)
    joins.expire(to, emit)
    countLost()
  }

  return {
    engine,
    get position() {
      return position
    },
    counts,
    joins,
    consume(record, next, emit) {
      enter(next)
      advance(record.receivedAt, emit)
      switch (record.kind) {
        case 'message':
          message(record, emit)
          break
        case 'command': {
          const command = parse<Command>(record.payload)
          if (command === null) emit(unreadable(next))
          else engine.command(command, record.client, next, emit)
          break
        }
        case 'answer': {
          const answer = parse<CaseAnswer>(record.payload)
          if (answer === null) emit(unreadable(next))
          else engine.answer(answer, next, emit)
          break
        }
        case 'clock':
          break
      }
    },
    damaged(reason, next, emit) {
      enter(next)
      counts.messages++
      counts.items++
      counts.quarantined++
      emit({
        kind: 'quarantine',
        item: {
          id: `${formatPosition(next)}.0`,
          position: next,
          at: engine.now,
          client: '',
          topic: '',
          device: null,
          payload: new Uint8Array(0),
          http: false,
          simulated: false,
          code: 'damaged_record',
          detail: reason,
        },
      })
    },
    advance,
    snapshot: () => ({
      position,
      engine: engine.snapshot(),
      counts: { ...counts },
      joins: joins.snapshot(),
    }),
  }
}

/** Commands and answers were checked before they were journaled; only a damaged or foreign journal gets past that. */
function parse<T>(payload: Uint8Array): T | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload))
    return typeof value === 'object' && value !== null ? (value as T) : null
  } catch {
    return null
  }
}

function unreadable(position: Position) {
  const outcome: Outcome = {
    ok: false,
    code: 'invalid',
    detail: 'Cannot read the input: expected a JSON object',
    errors: [],
  }
  return { kind: 'outcome', position, outcome } as const
}
