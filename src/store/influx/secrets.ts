// The credentials for an InfluxDB: how each generation wants them, and how they are kept out of everything that people read.

import type { Generation } from './flavour.ts'

export interface Secrets {
  /** The server's address without credentials and without a slash at its end. */
  readonly url: string
  /** Before the generation is known: as the form of the token suggests. */
  authorization(generation: Generation | null): Readonly<Record<string, string>>
  /** The text with our secrets blotted out: a server or a proxy may repeat what it was sent. */
  hide(text: string): string
}

/** Credentials in the address stand in for a token. Throws RangeError when the address is no HTTP address. */
export function createSecrets(address: string, token: string | null): Secrets {
  const url = URL.parse(address)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new RangeError('Cannot use the address of InfluxDB: expected http:// or https://')
  const secret = token ?? credentialsIn(url)
  const secretForms = secret === null ? [] : formsOf(secret)
  return {
    url: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
    authorization(generation) {
      if (secret === null) return {}
      return { authorization: schemeOf(generation, secret) }
    },
    hide: (text) => secretForms.reduce((hidden, form) => hidden.replaceAll(form, '***'), text),
  }
}

function credentialsIn(url: URL): string | null {
  if (url.username === '') return null
  return `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
}

/** Only 1.x has users with passwords, and a token of 2.x or 3 never has a colon. 1.x without one: a JWT. */
function schemeOf(generation: Generation | null, secret: string): string {
  const isPassword = secret.includes(':')
  if (isPassword && (generation === null || generation === '1'))
    return `Basic ${Buffer.from(secret).toString('base64')}`
  return generation === '1' ? `Bearer ${secret}` : `Token ${secret}`
}

/** The longest first, so that no part of one is left standing. */
function formsOf(secret: string): string[] {
  const password = secret.slice(secret.indexOf(':') + 1)
  return [secret, password, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)]
    .filter((form) => form.length >= 4)
    .toSorted((one, other) => other.length - one.length)
}
