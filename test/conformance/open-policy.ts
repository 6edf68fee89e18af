// Everybody may do everything, except subscribe to `test/nosubscribe`; and the figures that differ from a city's.

import type { AccessPolicy } from '../../src/edge/access-policy.ts'
import type { Limits } from '../../src/edge/limits.ts'

export const openPolicy: AccessPolicy = {
  connect: () => ({ allow: true }),
  publish: (_who, _topic, { retain }) => ({ action: 'deliver', retain }),
  subscribe: (_who, filter) => filter !== 'test/nosubscribe',
  forward: () => true,
}

/** Rates and queues of a test client, not of a device that reports once a minute. */
export const openLimits: Partial<Limits> = {
  willPayloadBytesMax: 1_024,
  messagesPerSecondMax: 50_000,
  messagesBurstMax: 200_000,
  queuedPerClientMax: 1_000,
  retainedMessagesMax: 10_000,
}
