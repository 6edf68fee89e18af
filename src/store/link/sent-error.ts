// Errors across the seam: their class does not survive the copy, so it is named and made again.

import { TelemetryUnavailable } from '../../ports.ts'
import type { SentError } from './messages.ts'

export function sendError(error: unknown): SentError {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof TelemetryUnavailable)
    return { kind: 'unavailable', message, retryAfterMs: error.retryAfterMs }
  return { kind: error instanceof RangeError ? 'range' : 'other', message, retryAfterMs: null }
}

export function receiveError({ kind, message, retryAfterMs }: SentError): Error {
  if (kind === 'unavailable') return new TelemetryUnavailable(message, retryAfterMs)
  return kind === 'range' ? new RangeError(message) : new Error(message)
}
