// The formats whose payload is JSON and not our own, and their golden vectors.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Decoded } from '../../../src/core/messages/reading.ts'
import { decoders } from '../../../src/decoders/index.ts'

export const jsonFormats = [
  'chirpstack',
  'ctwing',
  'onenet',
  'senml',
  'thing-model',
  'tts',
  'zigbee2mqtt',
] as const
export type JsonFormat = (typeof jsonFormats)[number]

export interface Golden {
  readonly name: string
  readonly description: string
  readonly topic: string
  readonly receivedAt?: string
  readonly json: unknown
  readonly expected: unknown
}

const receivedAt = Date.UTC(2026, 10, 2, 0, 2)

export function goldenVectors(format: JsonFormat): readonly Golden[] {
  const folder = join(import.meta.dirname, 'golden', format)
  return readdirSync(folder).map((name) => ({
    ...(JSON.parse(readFileSync(join(folder, name), 'utf8')) as Golden),
    name: name.replace('.json', ''),
  }))
}

/** Takes bytes as they are, and JSON for anything else. */
export function decodeJson(
  format: JsonFormat,
  topic: string,
  payload: unknown,
  at = receivedAt,
): Decoded {
  const bytes = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload))
  return decoders[format](bytes, { topic, receivedAt: at })
}
