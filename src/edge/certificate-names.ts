// The names in a client certificate under which a device may sign in: the common name, then the alternative names of DNS and URI.

import type { X509Certificate } from 'node:crypto'

const NAMES_MAX = 100
/** `DNS:a, URI:"b, c"`: Node puts what could be mistaken for a separator in quotes. */
const ENTRY = /(?:^|, )([A-Za-z][A-Za-z ]*):("(?:[^"\\]|\\.)*"|[^,"]*)/y

export function namesOf(certificate: X509Certificate): readonly string[] {
  const common: unknown = certificate.toLegacyObject().subject.CN
  const names = (Array.isArray(common) ? common : [common]).filter(
    (name): name is string => typeof name === 'string',
  )
  return [...names, ...alternativeNames(certificate.subjectAltName ?? '')].slice(0, NAMES_MAX)
}

/** Nothing at all when any of it is not as expected: half understood, a name could be another's. */
export function alternativeNames(text: string): readonly string[] {
  const names: string[] = []
  let at = 0
  while (at < text.length) {
    ENTRY.lastIndex = at
    const entry = ENTRY.exec(text)
    const [whole, kind, value] = entry ?? []
    if (whole === undefined || whole === '' || value === undefined) return []
    at += whole.length
    // What is quoted has characters that no name of ours has.
    if ((kind === 'DNS' || kind === 'URI') && !value.startsWith('"')) names.push(value)
  }
  return names
}
