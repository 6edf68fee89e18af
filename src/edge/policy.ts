// The access policy of the city: a device is its client id, its user name and its password; it speaks on its own topics and, as
// a gateway, on those of the devices registered under it. Everything is compared segment by segment with the registry.

import type { DeviceAccess } from '../core/device.ts'
import { DEVICE_ID_PATTERN } from '../core/device.ts'
import { FLAG_SIMULATED } from '../core/record.ts'
import type { Credentials } from './credentials.ts'
import type { Directory } from './directory.ts'
import type {
  AccessPolicy,
  ConnectDecision,
  ConnectRequest,
  PublishDecision,
} from './access-policy.ts'

/** Topics whose decision is remembered; a city's devices have one each. */
const REMEMBERED_MAX = 200_000

const UPWARD = new Set(['up', 'status', 'ack'])
const WILL_PAYLOADS = new Set(['{"state":"offline"}', '{"state":"online"}'])

export function createDevicePolicy(options: {
  readonly directory: Directory
  readonly credentials: Credentials
}): AccessPolicy {
  const { directory, credentials } = options
  // A device publishes on the same topic all its life: the decision stands until the directory changes.
  const remembered = new Map<
    string,
    { readonly clientId: string; readonly decision: PublishDecision }
  >()
  let rememberedVersion = directory.version

  function rememberedDecision(clientId: string, topic: string): PublishDecision | null {
    if (rememberedVersion !== directory.version) {
      rememberedVersion = directory.version
      remembered.clear()
    }
    const found = remembered.get(topic)
    return found !== undefined && found.clientId === clientId ? found.decision : null
  }

  function remember(clientId: string, topic: string, decision: PublishDecision): PublishDecision {
    if (remembered.size >= REMEMBERED_MAX) remembered.clear()
    remembered.set(topic, { clientId, decision })
    return decision
  }

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

  function mayListen(clientId: string, topic: string): boolean {
    return owned(clientId, topic)?.channel === 'down'
  }

  function isOwnStatus(clientId: string, topic: string): boolean {
    const found = owned(clientId, topic)
    return found?.channel === 'status' && found.device.id === clientId
  }

  return {
    connect(request) {
      const device = DEVICE_ID_PATTERN.test(request.clientId)
        ? directory.get(request.clientId)
        : undefined
      // The hash is computed before anything is looked at, so that the time tells nobody which devices exist.
      const isKnown = credentials.verify(request.password ?? '', device?.credential ?? null)
      return judge(request, isKnown)
    },
    publish(clientId, topic, traits): PublishDecision {
      const known = traits.will ? null : rememberedDecision(clientId, topic)
      if (known !== null) return known
      const found = owned(clientId, topic)
      const sender = directory.get(clientId)
      if (found === null || sender === undefined || !UPWARD.has(found.channel))
        return {
          action: 'refuse',
          reason: 'foreign_topic',
          detail: `Cannot publish: expected up, status or ack of the device itself or of one under it, got "${topic}"`,
        }
      if (traits.will && !isOwnStatus(clientId, topic))
        return {
          action: 'refuse',
          reason: 'will_not_allowed',
          detail: `Cannot publish the last will: expected the device's own status topic, got "${topic}"`,
        }
      const isSimulated = found.device.simulated || sender.simulated
      const decision = {
        action: 'ingest',
        topic,
        flags: isSimulated ? FLAG_SIMULATED : 0,
      } as const
      return traits.will ? decision : remember(clientId, topic, decision)
    },
    subscribe: (clientId, filter) => mayListen(clientId, filter),
    forward: (clientId, topic) => mayListen(clientId, topic),
  }

  function judge(request: ConnectRequest, isKnown: boolean): ConnectDecision {
    const { clientId, username, password, will } = request
    if (username === null || password === null)
      return denied(4, 'bad_credentials', 'Cannot connect: expected a user name and a password')
    if (username !== clientId)
      return denied(
        5,
        'foreign_identity',
        `Cannot connect: expected the client id to be the user name "${username}"`,
      )
    if (!isKnown) return denied(4, 'bad_credentials', 'Cannot connect: unknown device or password')
    if (will === null) return { allow: true }
    if (!isOwnStatus(clientId, will.topic))
      return denied(
        5,
        'will_not_allowed',
        `Cannot accept the last will: expected the device's own status topic, got "${will.topic}"`,
      )
    if (!WILL_PAYLOADS.has(Buffer.from(will.payload).toString('utf8')))
      return denied(
        5,
        'will_not_allowed',
        'Cannot accept the last will: expected {"state":"offline"} or {"state":"online"}',
      )
    return { allow: true }
  }
}

function denied(
  returnCode: 4 | 5,
  reason: 'bad_credentials' | 'foreign_identity' | 'will_not_allowed',
  detail: string,
): ConnectDecision {
  return { allow: false, returnCode, reason, detail }
}
