// Questions over a port, each answered once: the asking side's book of what is still open.

import type { MessagePort } from 'node:worker_threads'
import type { SentError } from './messages.ts'
import { receiveError } from './sent-error.ts'

export interface Calls {
  /** Sends what `request` makes of the number and resolves with the answer. Rejects when the other side has gone. */
  ask(
    request: (id: number) => { readonly id: number },
    transfer?: readonly ArrayBuffer[],
  ): Promise<unknown>
  /** Nobody will answer any more. */
  end(reason: string): void
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export function createCalls(port: MessagePort): Calls {
  const waiting = new Map<number, Waiting>()
  let next = 1
  let ended: string | null = null

  function end(reason: string): void {
    ended ??= reason
    for (const { reject } of waiting.values()) reject(new Error(ended))
    waiting.clear()
  }

  port.on(
    'message',
    (answer: { id: number; value: unknown } | { id: number; error: SentError }) => {
      const open = waiting.get(answer.id)
      waiting.delete(answer.id)
      if ('error' in answer) open?.reject(receiveError(answer.error))
      else open?.resolve(answer.value)
    },
  )
  port.on('close', () => end('The telemetry thread has ended'))

  return {
    ask: (request, transfer = []) =>
      new Promise((resolve, reject) => {
        if (ended !== null) {
          reject(new Error(ended))
          return
        }
        const id = next++
        waiting.set(id, { resolve, reject })
        port.postMessage(request(id), [...transfer])
      }),
    end,
  }
}
