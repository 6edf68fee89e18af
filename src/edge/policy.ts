// The access policy of the city. A device is its client id with its password or its certificate; it speaks on its own topics and,
// as a gateway, on those of the devices registered under it. An integration account is its user name and password, under any
// client id that begins with it. Everything is compared segment by segment with the registry.

import type { DeviceAccess } from '../core/registry/device.ts'
import { DEVICE_ID_PATTERN } from '../core/registry/device.ts'
import type { IntegrationAccess } from '../core/registry/integration.ts'
import { INTEGRATION_ID_PATTERN } from '../core/registry/integration.ts'
import { FLAG_SIMULATED } from '../core/messages/record.ts'
import type { AccessPolicy, Principal, PublishDecision } from './access-policy.ts'
import type { Credentials } from './credentials.ts'
import type { Directory } from './directory.ts'
import { accountMayHear, accountOfClient, accountPublication } from './integration-access.ts'
import { createRememberedDecisions } from './remembered-decisions.ts'
import { judgeAccount, judgeDevice, unknown } from './sign-in.ts'
import type { Proof } from './sign-in.ts'

/** It is not good any more. */
const NEVER = 0
const UPWARD = new Set(['up', 'status', 'ack'])

export function createDevicePolicy(options: {
  readonly directory: Pick<Directory, 'get' | 'integration' | 'version'>
  readonly credentials: Pick<Credentials, 'verify'>
}): AccessPolicy {
  const { directory, credentials } = options
  const remembered = createRememberedDecisions(directory)

  /** The device and channel that `topic` speaks of, when `clientId` stands for it. */
  function owned(
    clientId: string,
    topic: string,
  ): { device: DeviceAccess; channel: string } | null {
    const [city, version, division, type, id, channel, ...rest] = topic.split('/')
    if (city !== 'city' || version !== 'v1' || rest.length > 0) return null
    if (id === undefined || channel === undefined) return null
    const device = directory.get(id)
    if (device === undefined || device.division !== division || device.type !== type) return null
    if (device.id !== clientId && device.parent !== clientId) return null
    return { device, channel }
  }

  function isOwnStatus(clientId: string, topic: string): boolean {
    const found = owned(clientId, topic)
    return found?.channel === 'status' && found.device.id === clientId
  }

  function account(id: string | null): IntegrationAccess | undefined {
    return id !== null && INTEGRATION_ID_PATTERN.test(id) ? directory.integration(id) : undefined
  }

  function devicePublication(clientId: string, topic: string, will: boolean): PublishDecision {
    const found = owned(clientId, topic)
    const sender = directory.get(clientId)
    if (found === null || sender === undefined || !UPWARD.has(found.channel))
      return {
        action: 'refuse',
        reason: 'foreign_topic',
        detail: `Cannot publish: expected up, status or ack of the device itself or of one under it, got "${topic}"`,
      }
    if (will && !isOwnStatus(clientId, topic))
      return {
        action: 'refuse',
        reason: 'will_not_allowed',
        detail: `Cannot publish the last will: expected the device's own status topic, got "${topic}"`,
      }
    const isSimulated = found.device.simulated || sender.simulated
    return { action: 'ingest', topic, flags: isSimulated ? FLAG_SIMULATED : 0 }
  }

  function publication(who: Principal, topic: string, will: boolean): PublishDecision {
    if (who.account === null) return devicePublication(who.clientId, topic, will)
    const speaker = account(who.account)
    if (speaker !== undefined) return accountPublication(speaker, topic)
    const detail = `Cannot publish: no account "${who.account}" any more`
    return { action: 'refuse', reason: 'foreign_topic', detail }
  }

  return {
    connect(request) {
      const { clientId, username, password, at } = request
      const device = DEVICE_ID_PATTERN.test(clientId) ? directory.get(clientId) : undefined
      // A device's name is its own, also for an account that is called the same.
      const speaker = device === undefined ? account(username) : undefined
      const secret = device ?? speaker
      const previous = secret?.previous ?? null
      // Both hashes are computed before anything is looked at, so that the time tells nobody which devices exist.
      const isCurrent = credentials.verify(password ?? '', secret?.credential ?? null)
      const isPrevious = credentials.verify(password ?? '', previous?.hash ?? null)
      const until = isPrevious && previous !== null && at < previous.until ? previous.until : null
      const proof: Proof = isCurrent
        ? { credential: secret?.credential ?? '' }
        : until === null
          ? null
          : { credential: previous?.hash ?? '', until }
      if (device !== undefined)
        return judgeDevice(device, request, proof, (topic) => isOwnStatus(clientId, topic))
      if (speaker === undefined) return unknown(request)
      const owner = accountOfClient(clientId, (id) => account(id) !== undefined)
      return judgeAccount(speaker, request, proof, owner)
    },
    publish(who, topic, traits) {
      if (traits.will) return publication(who, topic, true)
      const known = remembered.find(who, topic)
      if (known !== null) return known
      const decision = publication(who, topic, false)
      if (decision.action === 'ingest') remembered.add(who, topic, decision)
      return decision
    },
    subscribe(who, filter) {
      if (who.account === null) return owned(who.clientId, filter)?.channel === 'down'
      const listener = account(who.account)
      return listener !== undefined && accountMayHear(listener, filter)
    },
    forward(who, topic) {
      if (who.account === null) return owned(who.clientId, topic)?.channel === 'down'
      const listener = account(who.account)
      return listener !== undefined && accountMayHear(listener, topic)
    },
    goodUntil(who, credential) {
      const holder = who.account === null ? directory.get(who.clientId) : account(who.account)
      const isRevoked = who.account === null && directory.get(who.clientId)?.revoked === true
      if (holder === undefined || isRevoked) return NEVER
      if (credential === null || credential === holder.credential) return Number.POSITIVE_INFINITY
      return holder.previous?.hash === credential ? holder.previous.until : NEVER
    },
  }
}
