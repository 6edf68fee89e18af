// The explicit table of payload formats. A new format is a file and a line here.

import type { Decode } from '../core/messages/reading.ts'
import type { PayloadFormat } from '../core/messages/record.ts'
import { decodeCanonical } from './canonical.ts'
import { decodeChirpstack } from './chirpstack.ts'
import { decodeCjt188 } from './cjt188.ts'
import { decodeCtwing } from './ctwing.ts'
import { decodeHj212 } from './hj212.ts'
import { decodeOnenet } from './onenet.ts'
import { decodeSenml } from './senml.ts'
import { decodeSl651 } from './sl651.ts'
import { decodeThingModel } from './thing-model.ts'
import { decodeTts } from './tts.ts'
import { decodeZigbee2mqtt } from './zigbee2mqtt.ts'

export const decoders: Readonly<Record<PayloadFormat, Decode>> = {
  canonical: decodeCanonical,
  'thing-model': decodeThingModel,
  ctwing: decodeCtwing,
  onenet: decodeOnenet,
  chirpstack: decodeChirpstack,
  tts: decodeTts,
  hj212: decodeHj212,
  sl651: decodeSl651,
  cjt188: decodeCjt188,
  senml: decodeSenml,
  zigbee2mqtt: decodeZigbee2mqtt,
}
