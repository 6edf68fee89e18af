// Thing-model JSON, which Chinese DTUs and gateways speak to any broker. The topic says whose dialect it is: OneNET, Alibaba Cloud,
// Huawei Cloud or Tencent Cloud.

import type { Decode } from '../core/messages/reading.ts'
import { shown } from './json-values.ts'
import { refused } from './refusal.ts'
import { decodeAliThing } from './thing-model-ali.ts'
import { decodeHuaweiThing } from './thing-model-huawei.ts'
import { decodeOnenetThing } from './thing-model-onenet.ts'
import { decodeTencentThing } from './thing-model-tencent.ts'

export const decodeThingModel: Decode = (payload, context) => {
  const { topic } = context
  // Case matters: `$SYS` is the broker's own.
  if (topic.startsWith('$sys/')) return decodeOnenetThing(payload, context)
  if (topic.startsWith('/sys/')) return decodeAliThing(payload, context)
  if (topic.startsWith('$oc/')) return decodeHuaweiThing(payload, context)
  if (topic.startsWith('$thing/')) return decodeTencentThing(payload, context)
  return refused(
    'wrong_topic',
    `expected a topic below $sys/, /sys/, $oc/ or $thing/, got ${shown(topic)}`,
  )
}
