// The PEM files of the TLS listeners: how they are read, and whether they fit together. Asked at the start and whenever they are read
// again.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'

/** Throws when the file cannot be read. */
export function readPem(text: string): string {
  return text.startsWith('-----BEGIN ') ? text : readFileSync(text, 'utf8')
}

/**
 * What is wrong with the PEM files of the TLS listeners, at the start and whenever they are read again. Node itself takes an empty
 * file for none and skips what is no certificate, and then no handshake succeeds.
 */
export function tlsProblems(files: {
  readonly cert: Buffer | string
  readonly key: Buffer | string
  readonly ca?: Buffer | string | null
}): readonly { readonly file: 'cert' | 'key' | 'ca'; readonly problem: string }[] {
  const { cert, key, ca = null } = files
  try {
    const [own] = certificatesIn(cert)
    try {
      if (own?.checkPrivateKey(createPrivateKey(key)) !== true)
        return [{ file: 'key', problem: 'expected the private key of the certificate' }]
    } catch (error) {
      return [
        { file: 'key', problem: `expected a private key without passphrase: ${messageOf(error)}` },
      ]
    }
  } catch (error) {
    return [{ file: 'cert', problem: `expected a certificate chain: ${messageOf(error)}` }]
  }
  try {
    if (ca !== null)
      for (const certificate of certificatesIn(ca)) {
        const isOwnRoot = certificate.subject === certificate.issuer
        if (!certificate.ca && !isOwnRoot) throw new TypeError('got one that may not sign others')
        if (isOwnRoot && !certificate.verify(certificate.publicKey))
          throw new TypeError('got a damaged one')
      }
  } catch (error) {
    return [{ file: 'ca', problem: `expected certificates of an authority: ${messageOf(error)}` }]
  }
  try {
    createSecureContext({ cert, key, ...(ca === null ? {} : { ca }) })
    return []
  } catch (error) {
    return [{ file: 'cert', problem: `expected files that TLS can use: ${messageOf(error)}` }]
  }
}

/** Throws when there is none, or one that cannot be read. */
function certificatesIn(pemText: Buffer | string): readonly X509Certificate[] {
  const parts = String(pemText).split(/(?=-----BEGIN )/)
  const certificates = parts.filter((part) => /^-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/.test(part))
  if (certificates.length === 0) throw new TypeError('got none')
  return certificates.map((part) => new X509Certificate(part))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
