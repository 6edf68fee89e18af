// Judges a CONNECT once the password has been compared: what a device and an integration account must show, and why not. Pure.

import type { DeviceAccess } from '../core/registry/device.ts'
import type { IntegrationAccess } from '../core/registry/integration.ts'
import type { Millis } from '../core/position.ts'
import type { ConnectDecision, ConnectRequest, WillRequest } from './access-policy.ts'
import { isClientOf } from './integration-access.ts'
import type { RefusalReason } from './refusal.ts'

/** Whose hash the password is, and until when that is good when it is the one before; null: nobody's. */
export type Proof = { readonly credential: string; readonly until?: Millis } | null

const WILL_PAYLOADS = new Set(['{"state":"offline"}', '{"state":"online"}'])

/** No device and no account has this name. Told apart from a wrong password in our own records only, never on the wire. */
export function unknown(request: ConnectRequest): ConnectDecision {
  const problem = incomplete(request) ?? foreignName(request)
  if (problem !== null) return { ...problem, reason: 'unknown_client' }
  return denied(4, 'unknown_client', 'Cannot connect: unknown device or password')
}

export function judgeDevice(
  device: DeviceAccess,
  request: ConnectRequest,
  proof: Proof,
  isOwnStatus: (topic: string) => boolean,
): ConnectDecision {
  const { clientId, username, password, certificate } = request
  if (certificate !== null && !certificate.includes(clientId))
    return denied(
      5,
      'foreign_identity',
      `Cannot connect as "${clientId}": expected a certificate of this name, got ${shown(certificate)}`,
    )
  // A device with a certificate needs no password, and none that it shows makes up for another's certificate. One that it does show
  // must be right all the same: whoever sends a wrong one is not set up as we think. An empty one counts as none.
  const isCertified = certificate !== null && (username === null || username === clientId)
  if (!isCertified) {
    const problem = incomplete(request) ?? foreignName(request)
    if (problem !== null) return problem
  }
  const needsProof = !isCertified || (password !== null && password.length > 0)
  if (needsProof && proof === null)
    return denied(4, 'bad_credentials', 'Cannot connect: unknown device or password')
  if (device.revoked === true)
    return denied(5, 'revoked', `Cannot connect: the credential of "${clientId}" is revoked`)
  const problem = willProblem(request.will, isOwnStatus)
  if (problem !== null) return denied(5, 'will_not_allowed', problem)
  return isCertified || proof === null ? { allow: true } : { allow: true, ...proof }
}

/** `owner`: the account that the client id belongs to. */
export function judgeAccount(
  account: IntegrationAccess,
  request: ConnectRequest,
  proof: Proof,
  owner: string | null,
): ConnectDecision {
  const { clientId, password, certificate } = request
  if (password === null || proof === null)
    return denied(4, 'bad_credentials', 'Cannot connect: unknown account or password')
  if (certificate !== null && !certificate.includes(account.id))
    return denied(
      5,
      'foreign_identity',
      `Cannot connect as "${account.id}": expected a certificate of this name, got ${shown(certificate)}`,
    )
  if (!isClientOf(account.id, clientId))
    return denied(
      5,
      'foreign_identity',
      `Cannot connect: expected the client id "${account.id}", or one that begins with it and one of -._:/, got "${clientId}"`,
    )
  if (owner !== account.id)
    return denied(
      5,
      'foreign_identity',
      `Cannot connect as "${account.id}": the client id "${clientId}" belongs to the account "${owner}"`,
    )
  return { allow: true, account: account.id, keepWill: false, ...proof }
}

type Denial = ConnectDecision & { allow: false }

function incomplete({ username, password }: ConnectRequest): Denial | null {
  return username === null || password === null
    ? denied(4, 'bad_credentials', 'Cannot connect: expected a user name and a password')
    : null
}

function foreignName({ clientId, username }: ConnectRequest): Denial | null {
  return username === clientId
    ? null
    : denied(
        5,
        'foreign_identity',
        `Cannot connect: expected the client id to be the user name "${username}", got "${clientId}"`,
      )
}

function willProblem(
  will: WillRequest | null,
  isOwnStatus: (topic: string) => boolean,
): string | null {
  if (will === null) return null
  if (!isOwnStatus(will.topic))
    return `Cannot accept the last will: expected the device's own status topic, got "${will.topic}"`
  if (!WILL_PAYLOADS.has(Buffer.from(will.payload).toString('utf8')))
    return 'Cannot accept the last will: expected {"state":"offline"} or {"state":"online"}'
  return null
}

const SHOWN_NAMES = 3

function shown(names: readonly string[]): string {
  return names.length === 0 ? 'one without a name' : `"${names.slice(0, SHOWN_NAMES).join('", "')}"`
}

function denied(returnCode: 4 | 5, reason: RefusalReason, detail: string): Denial {
  return { allow: false, returnCode, reason, detail }
}
