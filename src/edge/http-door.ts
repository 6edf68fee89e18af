// The HTTP doors for readings: a body becomes one journal record, and the answer comes when it is on disk.

import {
  FLAG_HTTP,
  FLAG_SIMULATED,
  flagsOfFormat,
  type PayloadFormat,
} from '../core/messages/record.ts'
import type { AppendOutcome, Journal } from '../ports.ts'
import type { Directory } from './directory.ts'

const PAYLOAD_BYTES = 64 * 1024
/** What a journal record can hold of the sender's name. */
const SENDER_BYTES = 255

/** The returned function never rejects. `by` is the account; the payload names its device itself. */
export function createIngestDoor(options: {
  readonly journal: Pick<Journal, 'append'>
  readonly directory: Pick<Directory, 'get'>
}): (payload: Uint8Array, by: string) => Promise<AppendOutcome> {
  const { journal, directory } = options
  return (payload, by) =>
    enter(journal, payload, by, () =>
      namesSimulated(payload, directory) ? FLAG_HTTP | FLAG_SIMULATED : FLAG_HTTP,
    )
}

/**
 * The door of platforms that push in a format of their own. Which device a payload speaks of is for its decoder to find out, so the
 * registry alone says later what of it is simulated. The returned function never rejects; `by` is the marked account or the person.
 */
export function createPushDoor(options: {
  readonly journal: Pick<Journal, 'append'>
}): (format: PayloadFormat, payload: Uint8Array, by: string) => Promise<AppendOutcome> {
  return (format, payload, by) =>
    enter(options.journal, payload, by, () => FLAG_HTTP | flagsOfFormat(format))
}

function enter(
  journal: Pick<Journal, 'append'>,
  payload: Uint8Array,
  client: string,
  flags: () => number,
): Promise<AppendOutcome> {
  return new Promise((resolve) => {
    if (payload.length > PAYLOAD_BYTES || Buffer.byteLength(client) > SENDER_BYTES)
      resolve({ kind: 'refused', reason: 'too_large' })
    else journal.append({ kind: 'message', flags: flags(), client, topic: '', payload }, resolve)
  })
}

/** What cannot be read here ends in quarantine with its reason, so any damage simply means "not simulated". */
function namesSimulated(payload: Uint8Array, directory: Pick<Directory, 'get'>): boolean {
  try {
    const body: unknown = JSON.parse(Buffer.from(payload).toString('utf8'))
    if (typeof body !== 'object' || body === null || !('device' in body)) return false
    return typeof body.device === 'string' && directory.get(body.device)?.simulated === true
  } catch {
    return false
  }
}
