// The HTTP door for readings: a body becomes one journal record, and the answer comes when it is on disk.

import { FLAG_HTTP, FLAG_SIMULATED } from '../core/record.ts'
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
  return (payload, by) =>
    new Promise((resolve) => {
      if (payload.length > PAYLOAD_BYTES || Buffer.byteLength(by) > SENDER_BYTES) {
        resolve({ kind: 'refused', reason: 'too_large' })
        return
      }
      const simulated = namesSimulated(payload, options.directory) ? FLAG_SIMULATED : 0
      options.journal.append(
        { kind: 'message', flags: FLAG_HTTP | simulated, client: by, topic: '', payload },
        resolve,
      )
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
