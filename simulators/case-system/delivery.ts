// One delivery over HTTP: reads it, checks signature and shape, and answers what the case book makes of it, for better or worse.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../src/ports.ts'
import type { CaseBook } from './case-book.ts'
import { webhookProblem } from './standard-webhook.ts'

const BODY_BYTES_MAX = 256 * 1024

export async function answerDelivery(
  parts: { readonly book: CaseBook; readonly secret: string; readonly clock: Clock },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { book, secret, clock } = parts
  const key = headerOf(request, 'idempotency-key')
  if (book.behaviour.down) {
    book.receive({ key, externalId: '', body: '' })
    request.socket.resetAndDestroy()
    return
  }
  const body = await readBody(request)
  if (body === null) {
    sendJson(response, 413, { error: `expected at most ${BODY_BYTES_MAX} bytes` })
    return
  }
  const problem = webhookProblem(secret, request.headers, clock.now(), body)
  if (problem !== null) {
    sendJson(response, 401, { error: problem })
    return
  }
  const text = body.toString('utf8')
  const externalId = externalIdOf(text)
  if (externalId === null) {
    sendJson(response, 400, { error: 'expected a JSON object with an externalId' })
    return
  }
  const reception = book.receive({ key, externalId, body: text })
  if (reception.kind === 'reset') {
    request.socket.resetAndDestroy()
    return
  }
  // Filed, and the sender never hears of it: its time-out or its next attempt has to cope.
  if (reception.kind === 'filed' && reception.answer === 'silent') return
  await new Promise<void>((resolve) => {
    if (reception.afterMs === 0) resolve()
    else {
      const cancel = clock.after(reception.afterMs, resolve)
      response.once('close', () => {
        cancel()
        resolve()
      })
    }
  })
  switch (reception.kind) {
    case 'failed': {
      const { retryAfterSeconds } = book.behaviour
      if (retryAfterSeconds !== null) response.setHeader('retry-after', retryAfterSeconds)
      sendJson(response, reception.status, { error: 'out of order' })
      return
    }
    case 'refused':
      sendJson(response, reception.status, { error: reception.reason })
      return
    case 'filed':
      if (reception.answer === 'cut') request.socket.resetAndDestroy()
      else
        sendJson(response, reception.repeated ? book.behaviour.repeatStatus : 201, {
          caseNo: reception.caseNo,
        })
  }
}

/** Null when it is too large. */
export async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  const stream: AsyncIterable<Buffer> = request
  for await (const chunk of stream) {
    bytes += chunk.length
    // The rest is read and thrown away, so that the sender gets to see the answer; an endless body ends with the server's time-out.
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk)
  }
  return bytes <= BODY_BYTES_MAX ? Buffer.concat(chunks) : null
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function headerOf(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value : null
}

function externalIdOf(text: string): string | null {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' &&
      body !== null &&
      'externalId' in body &&
      typeof body.externalId === 'string' &&
      body.externalId !== ''
      ? body.externalId
      : null
  } catch {
    return null
  }
}
