// What devices with a thing model wait for after a report. A device that hears nothing sends again.

import type { Reply } from '../core/messages/reading.ts'

const ID_MAX = 128
const utf8 = new TextEncoder()

/** `id`: the field of the request by which the device knows its answer; without a usable one nothing could be matched. */
export function replyTo(
  topic: string,
  id: unknown,
  answer: (id: string | number) => object,
): readonly Reply[] {
  const isUsable =
    (typeof id === 'string' && id !== '' && id.length <= ID_MAX) || typeof id === 'number'
  return isUsable ? [{ topic, payload: utf8.encode(JSON.stringify(answer(id))) }] : []
}
