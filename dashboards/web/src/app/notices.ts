// Short messages about what a person just did: failures stay until dismissed, confirmations go by themselves.

import { signal } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import { ApiFailure } from '../api/client.ts'
import type { Dictionary } from '../i18n/zh-CN.ts'
import type { Clock } from '../live/clock.ts'

export interface Notice {
  readonly id: number
  readonly kind: 'done' | 'failed'
  readonly text: string
}

export interface Notices {
  readonly shown: ReadonlySignal<readonly Notice[]>
  add(kind: Notice['kind'], text: string): void
  dismiss(id: number): void
}

/** More would cover the work; the oldest gives way. */
const SHOWN_MAX = 3
const DONE_SHOWN_MS = 5_000

export function createNotices(clock: Clock): Notices {
  const shown = signal<readonly Notice[]>([])
  let lastId = 0
  const dismiss = (id: number): void => {
    shown.value = shown.value.filter((notice) => notice.id !== id)
  }
  return {
    shown,
    dismiss,
    add(kind, text) {
      const id = ++lastId
      shown.value = [...shown.value, { id, kind, text }].slice(-SHOWN_MAX)
      if (kind === 'done') clock.after(DONE_SHOWN_MS, () => dismiss(id))
    },
  }
}

/** A failure in words an operator can use or pass on. */
export function failureText(error: unknown, words: Dictionary): string {
  if (!(error instanceof ApiFailure)) return error instanceof Error ? error.message : String(error)
  if (error.kind === 'network') return words.problem.network
  if (error.kind === 'timeout') return words.problem.timeout
  return error.requestId === null
    ? error.message
    : `${error.message} (${words.problem.requestId(error.requestId)})`
}
