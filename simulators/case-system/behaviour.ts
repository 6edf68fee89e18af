// How the simulated case system behaves, as data that can be changed while it runs.

import { z } from 'zod'

const share = z.number().min(0).max(1)
const durationMs = z.number().min(0).max(86_400_000)

const behaviourSchema = z.strictObject({
  /** Time between filing a case and answering. */
  delayMs: durationMs,
  /** Up to this much more, drawn per delivery. */
  delaySpreadMs: durationMs,
  /** The connection is reset, nothing is read. */
  down: z.boolean(),
  /** Share of deliveries answered with `failStatus` and not filed. */
  failShare: share,
  failStatus: z.number().int().min(400).max(599),
  /** Sent along with a failure, in seconds. */
  retryAfterSeconds: z.number().int().min(0).max(86_400).nullable(),
  /** Share of tickets refused for good, with `refuseStatus`. */
  refuseShare: share,
  refuseStatus: z.number().int().min(400).max(499),
  /** Share of deliveries that are filed and then never answered. */
  silentShare: share,
  /** Share of deliveries that are filed, after which the connection is cut. */
  dropShare: share,
  /** How a repetition of a filed ticket is answered; the case number is the same either way. */
  repeatStatus: z.union([z.literal(200), z.literal(409)]),
  /** Mean time a case spends in a stage; 0: cases stay where they are. */
  stageMs: durationMs,
  /** Share of dispatched cases that come back as the wrong department's (退回). */
  returnShare: share,
  /** Share of checked cases that have to be done again (返工). */
  reworkShare: share,
  /** Share of events that are sent twice, under the same id. */
  duplicateEventShare: share,
  /** Share of cases whose filing is told a second time, by an event. */
  duplicateAnswerShare: share,
})

export type Behaviour = Readonly<z.output<typeof behaviourSchema>>

/** A friendly case system: answers at once, files everything, moves no case. */
export const friendly: Behaviour = {
  delayMs: 0,
  delaySpreadMs: 0,
  down: false,
  failShare: 0,
  failStatus: 503,
  retryAfterSeconds: null,
  refuseShare: 0,
  refuseStatus: 422,
  silentShare: 0,
  dropShare: 0,
  repeatStatus: 409,
  stageMs: 0,
  returnShare: 0.05,
  reworkShare: 0.05,
  duplicateEventShare: 0,
  duplicateAnswerShare: 0,
}

export type BehaviourPatch = Partial<Behaviour>

export type ParsedPatch =
  | { readonly ok: true; readonly patch: BehaviourPatch }
  | { readonly ok: false; readonly problems: readonly string[] }

const patchSchema = behaviourSchema.partial()

export function parseBehaviourPatch(value: unknown): ParsedPatch {
  const parsed = patchSchema.safeParse(value)
  if (!parsed.success)
    return {
      ok: false,
      problems: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    }
  const given = Object.entries(parsed.data).filter(([, setting]) => setting !== undefined)
  return { ok: true, patch: Object.fromEntries(given) }
}
