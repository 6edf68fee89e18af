// An asset in the registry, as the API shows it.

import type { Millis } from '../position.ts'

export interface Device {
  /** `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`; also its MQTT client id and user name. */
  readonly id: string
  readonly type: string
  readonly name: string
  /** GB/T 2260 county code, or a local code for a unit without one. */
  readonly division: string
  readonly grid: string | null
  readonly street: string | null
  /** Gateway, feeder or station it hangs on: the device id of that one. */
  readonly parent: string | null
  /** WGS 84 degrees. */
  readonly lat: number | null
  readonly lon: number | null
  readonly roadClass: string | null
  readonly weakArea: boolean
  readonly department: string | null
  readonly maintainer: string | null
  readonly componentCode: string | null
  /** Rated values that rules refer to (`power` in W, `current` in A). */
  readonly rated: Readonly<Record<string, number>>
  /** Longest time between two reports of this one when healthy; null or absent: its type's. */
  readonly reportSeconds?: number | null
  /**
   * Names under which other networks know it: DevEUI, IMEI, MN, station or meter number, friendly name. Compared without regard to
   * case and to `:` and `/` at the end, unique in the registry, at most eight.
   */
  readonly aliases?: readonly string[]
  /** The integration account that may speak for it; null or absent: none. */
  readonly integration?: string | null
  /** Codec of its type that reads its vendor's payload; null or absent: the one of the format, if any. */
  readonly codec?: string | null
  /** Its readings are simulated; once true it stays true (invariant I9). */
  readonly simulated: boolean
  readonly createdAt: Millis
}

/** What a door needs to know of a device to let it in. */
export interface DeviceAccess {
  readonly id: string
  readonly type: string
  readonly division: string
  readonly parent: string | null
  readonly simulated: boolean
  /** Keyed hash (hex) of the secret, or null while none was made. */
  readonly credential: string | null
  /** The one before it, where a rotation lets it live on until then. */
  readonly previous?: { readonly hash: string; readonly until: Millis } | null
  /** Revoked: nothing lets it in, also no certificate, until a new credential is made. */
  readonly revoked?: boolean
}

/** Thirty days: whoever reports less often cannot be told from a dead one. */
export const REPORT_SECONDS_MAX = 2_592_000

export const DEVICE_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
