// One run from scenario to score: the story's messages, the player, the target, the scoring.

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { DeviceType } from '../src/core/device-type.ts'
import type { Clock } from '../src/ports.ts'
import { parseBehaviourPatch } from './case-system/behaviour.ts'
import { createSimulatedCases } from './case-system/simulated-cases.ts'
import type { Message } from './device-model.ts'
import { createDirectTarget } from './direct-target.ts'
import { play, type Progress } from './player.ts'
import { hash } from './random.ts'
import { recordedMessages, recordedValues } from './recording.ts'
import type { Run } from './result.ts'
import type { Scenario } from './scenario.ts'
import { score } from './score.ts'
import { story } from './story.ts'
import type { Target } from './target.ts'

/** Part of every scenario, so that a hash does not depend on a machine's settings. */
const TIME_ZONE = 'Asia/Shanghai'

export interface RunOptions {
  readonly scenario: Scenario
  /** The scenario's file; a recording is looked for beside it. */
  readonly path: string
  readonly types: readonly DeviceType[]
  readonly target: Target
  readonly speed: number | null
  readonly wall: Clock
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

/** Rejects with a reason for people when the target or a recording fails; the target is closed either way. */
export async function run(options: RunOptions): Promise<Run> {
  const { scenario, target, wall } = options
  try {
    const recorded = readRecording(options)
    await target.open()
    const wallStart = wall.now()
    await play({
      messages: story(scenario, options.types, recorded),
      target,
      start: scenario.start,
      end: scenario.end,
      speed: options.speed,
      wall,
      signal: options.signal,
      onProgress: options.onProgress,
    })
    const { seen, hash, readings } = await target.outcome()
    return {
      scenario,
      score: score(scenario, seen, recordedValues(recorded)),
      hash,
      readings,
      virtualSeconds: Math.round((seen.end - scenario.start) / 1000),
      wallSeconds: (wall.now() - wallStart) / 1000,
    }
  } finally {
    await target.close()
  }
}

/** The product on this thread with the scenario's own case system. */
export function directTarget(scenario: Scenario, types: readonly DeviceType[]): Target {
  const { kind, behaviour } = scenario.file.cases
  const patch = parseBehaviourPatch(behaviour)
  return createDirectTarget({
    scenario,
    types,
    timeZone: TIME_ZONE,
    cases:
      kind === 'none'
        ? null
        : (clock) => {
            const cases = createSimulatedCases({
              clock,
              seed: hash(scenario.seed, 11) >>> 0,
              ...(patch.ok ? { behaviour: patch.patch } : {}),
            })
            return {
              file: (ticket, report, signal) => cases.file(ticket, report, signal),
              doubleCases: () => cases.counters().duplicatesFiled,
            }
          },
  })
}

function readRecording({ scenario, path, types }: RunOptions): readonly Message[] {
  const mapping = scenario.file.fleet.recording
  if (mapping === undefined) return []
  const file = resolve(dirname(path), mapping.file)
  return recordedMessages({
    csv: readFileSync(file, 'utf8'),
    mapping,
    devices: scenario.devices,
    types,
    start: scenario.start,
    end: scenario.end,
  })
}
