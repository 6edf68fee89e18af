// How decoders say no, and how they say that there is nothing to say.

import { shortened } from '../core/messages/detail.ts'
import type { Decoded, QuarantineCode, Refusal } from '../core/messages/reading.ts'

export function refusal(code: QuarantineCode, detail: string): Refusal {
  return { code, detail: shortened(detail) }
}

/** The whole message is refused. */
export function refused(code: QuarantineCode, detail: string): Decoded {
  return { kind: 'refused', refusal: refusal(code, detail) }
}

/** The message is refused, and it is known whose it is. */
export function refusedOf(device: string, code: QuarantineCode, detail: string): Decoded {
  return { kind: 'readings', device, readings: [], refused: [refusal(code, detail)] }
}

/** The message is understood and holds no readings. */
export function understood(device: string | null): Decoded {
  return { kind: 'readings', device, readings: [], refused: [] }
}

/** What a damaged frame says may hold any byte; a reason is for people. */
export function printable(text: string): string {
  return text.replace(/[^\u0020-\u007e]/g, '?')
}
