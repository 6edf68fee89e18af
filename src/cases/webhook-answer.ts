// What a case system's HTTP answer means for the ticket: filed, worth another try, or refused for good.

import type { Millis } from '../core/position.ts'
import type { FileOutcome } from '../ports.ts'
import { caseNumber, plainText } from './case-text.ts'

const ANSWER_BYTES_MAX = 64 * 1024
const REASON_BYTES_MAX = 1024

export async function judgeAnswer(response: Response, now: Millis): Promise<FileOutcome> {
  const { status } = response
  if (status === 429 || status >= 500) {
    await drop(response)
    return retry(`answered ${status}`, retryAfterMs(response.headers.get('retry-after'), now))
  }
  // Fetch may hide a redirect behind status 0; its target is never asked (SSRF).
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    await drop(response)
    return retry(`answered ${status} with a redirect, which is not followed`)
  }
  const { text, cut } = await readAnswer(response)
  if (status >= 200 && status < 300) {
    if (cut) return retry(`answered ${status} with more than ${ANSWER_BYTES_MAX} bytes`)
    const caseNo = caseNoOf(text)
    return caseNo === null
      ? retry(`answered ${status} without a usable caseNo: expected 1 to 100 printable characters`)
      : { kind: 'accepted', caseNo }
  }
  if (status === 409) {
    if (cut) return retry(`answered 409 with more than ${ANSWER_BYTES_MAX} bytes`)
    const caseNo = caseNoOf(text)
    if (caseNo !== null) return { kind: 'accepted', caseNo }
  }
  const reason = plainText(text, REASON_BYTES_MAX)
  return { kind: 'rejected', error: `answered ${status}${reason === '' ? '' : `: ${reason}`}` }
}

/** Seconds or an HTTP date; null when absent or unreadable. */
function retryAfterMs(header: string | null, now: Millis): number | null {
  if (header === null) return null
  const text = header.trim()
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}

function caseNoOf(text: string): string | null {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null && 'caseNo' in body
      ? caseNumber(body.caseNo)
      : null
  } catch {
    return null
  }
}

/** Reads the body up to the limit and hangs up there, so an endless answer costs no memory. */
async function readAnswer(response: Response): Promise<{ text: string; cut: boolean }> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  if (response.body !== null)
    for await (const chunk of response.body) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > ANSWER_BYTES_MAX) break
    }
  const text = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX))
  return { text, cut: bytes > ANSWER_BYTES_MAX }
}

async function drop(response: Response): Promise<void> {
  await response.body?.cancel()
}

function retry(error: string, retryAfterMs: number | null = null): FileOutcome {
  return { kind: 'retry', error, retryAfterMs }
}
