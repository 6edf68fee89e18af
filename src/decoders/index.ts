// The explicit table of payload formats.

import type { Decoded } from '../core/reading.ts'
import { decodeCanonical } from './canonical.ts'

export type Decode = (payload: Uint8Array) => Decoded

export const decoders = { canonical: decodeCanonical } as const satisfies Record<string, Decode>
