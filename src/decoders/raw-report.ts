// Reports that are the vendor's bytes and nothing else: the platform behind would have run a script on them, here a codec reads them.

import type { Decoded } from '../core/messages/reading.ts'
import { sizeProblem } from './json-payload.ts'
import { refusedOf } from './refusal.ts'

export function decodeRawReport(device: string, payload: Uint8Array): Decoded {
  const problem = sizeProblem(payload)
  if (problem !== null) return refusedOf(device, problem.code, problem.detail)
  if (payload.length === 0) return refusedOf(device, 'empty', 'expected bytes, got none')
  const readings = [{ ts: null, seq: null, metrics: {}, bytes: payload }]
  return { kind: 'readings', device, readings, refused: [] }
}
