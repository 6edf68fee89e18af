// Where a connection comes from and what it has shown before its first MQTT packet.

import type { Millis } from '../core/position.ts'

export interface Origin {
  /** Null when it did not come through our listener. */
  readonly address: string | null
  /** A client certificate that our authority has signed; null when none was shown. */
  readonly certificate: { readonly names: readonly string[]; readonly until: Millis } | null
}

export const NOWHERE: Origin = { address: null, certificate: null }
