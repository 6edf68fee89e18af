// A case system behind a webhook: one signed POST per attempt, safe to repeat under the ticket's id.

import { Webhook } from 'standardwebhooks'
import type { CaseSystem, Clock } from '../ports.ts'
import { caseBody } from './case-body.ts'
import { plainText } from './case-text.ts'
import { judgeAnswer } from './webhook-answer.ts'
import { webhookKey } from './webhook-key.ts'

/** Throws RangeError when the address is not one we would ever post to, or the secret is empty. */
export function createWebhook(options: {
  readonly url: string
  readonly secret: string
  readonly clock: Clock
  readonly timeoutMs?: number
}): CaseSystem {
  const { clock, timeoutMs = 10_000 } = options
  const url = checkedUrl(options.url)
  const signer = new Webhook(webhookKey(options.secret), { format: 'raw' })

  return {
    async file(ticketId, report, signal) {
      const timeout = new AbortController()
      const cancel = clock.after(timeoutMs, () => timeout.abort())
      try {
        const body = caseBody(report)
        const signedAt = new Date(clock.now())
        const response = await fetch(url, {
          method: 'POST',
          redirect: 'manual',
          signal: AbortSignal.any([signal, timeout.signal]),
          headers: {
            'content-type': 'application/json',
            accept: 'application/json',
            'user-agent': 'hetao',
            'idempotency-key': ticketId,
            'webhook-id': ticketId,
            'webhook-timestamp': String(Math.floor(signedAt.getTime() / 1000)),
            'webhook-signature': signer.sign(ticketId, signedAt, body),
          },
          body,
        })
        return await judgeAnswer(response, clock.now())
      } catch (error) {
        const why = signal.aborted
          ? 'given up before an answer came'
          : timeout.signal.aborted
            ? `no answer within ${timeoutMs} ms`
            : `network error: ${networkCause(error)}`
        return { kind: 'retry', error: why, retryAfterMs: null }
      } finally {
        cancel()
      }
    },
  }
}

// Link-local addresses answer for the machine itself (cloud metadata); private ranges stay open, city systems live there.
const LINK_LOCAL = /^(169\.254\.|\[fe[89ab][0-9a-f]:|\[::ffff:a9fe:)/

function checkedUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new RangeError('Cannot post cases: expected an http or https address')
  if (url.username !== '' || url.password !== '')
    throw new RangeError('Cannot post cases: expected an address without user name and password')
  if (LINK_LOCAL.test(url.hostname))
    throw new RangeError(
      `Cannot post cases: expected an address that is not link-local, got "${url.hostname}"`,
    )
  return url.href
}

/** Fetch says "fetch failed" and hides the reason in `cause`. */
function networkCause(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const cause = error.cause instanceof Error ? error.cause : error
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  return plainText(cause.message === '' ? code : cause.message, 300) || cause.name
}
