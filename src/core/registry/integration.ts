// An account through which another network speaks for many devices: a LoRaWAN server, a fleet of DTUs, an operator's platform.

import { payloadFormats } from '../messages/record.ts'
import type { PayloadFormat } from '../messages/record.ts'
import type { Millis } from '../position.ts'

export interface Integration {
  /** `^[a-z][a-z0-9-]{1,31}$`; also its MQTT user name. */
  readonly id: string
  readonly name: string
  readonly format: IntegrationFormat
  /** Topic filters it may publish on and listen to, outside `city/` and `$SYS`; empty for an HTTP door. At most 16. */
  readonly topics: readonly string[]
  readonly createdAt: Millis
}

export type IntegrationFormat = Exclude<PayloadFormat, 'canonical'>

/** What a door needs to know of an integration to let it in. */
export interface IntegrationAccess {
  readonly id: string
  readonly format: IntegrationFormat
  readonly topics: readonly string[]
  readonly credential: string
  readonly previous: { readonly hash: string; readonly until: Millis } | null
}

/** What an account's password begins with, so that it is known for what it is, also where it has leaked to. */
export const INTEGRATION_PASSWORD_PREFIX = 'hti_'

export const INTEGRATION_ID_PATTERN = /^[a-z][a-z0-9-]{1,31}$/

export const integrationFormats: readonly IntegrationFormat[] = payloadFormats.filter(
  (format): format is IntegrationFormat => format !== 'canonical',
)

/** Formats that come through the HTTP door and have no topics. */
export const pushFormats: ReadonlySet<IntegrationFormat> = new Set(['ctwing', 'onenet'])

/** Where a format's devices speak when the account does not say otherwise. */
export const usualTopics: Readonly<Record<IntegrationFormat, readonly string[]>> = {
  'thing-model': ['$sys/#', '/sys/#', '$oc/#', '$thing/#'],
  ctwing: [],
  onenet: [],
  chirpstack: ['application/#'],
  tts: ['v3/#'],
  hj212: ['dtu/#'],
  sl651: ['sl651/#'],
  cjt188: ['cjt188/#'],
  senml: ['senml/#'],
  zigbee2mqtt: ['zigbee2mqtt/#'],
}
