// Who is signed in, as far as the server says.

import { signal } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import type { ApiClient } from '../api/client.ts'
import { ApiFailure } from '../api/client.ts'
import { record, textOr, textOrNull } from '../api/json.ts'
import type { Clock } from '../live/clock.ts'

export type SessionState =
  | { readonly kind: 'checking' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'signed-out'; readonly hasEnded: boolean }
  | { readonly kind: 'signed-in'; readonly name: string; readonly role: string }

export type SignInResult = 'done' | 'wrong' | 'too-many' | 'unreachable'

export interface Session {
  readonly state: ReadonlySignal<SessionState>
  /** Asks the server who we are, again and again while it cannot be reached. */
  check(): Promise<void>
  signIn(token: string): Promise<SignInResult>
  signOut(): Promise<void>
  /** A call was answered 401. */
  readonly lose: () => void
}

const RETRY_MS = 3_000

/** Roles that may acknowledge alerts and ask for deliveries; the server decides, this only spares people a useless button. */
const OPERATING = new Set(['operator', 'engineer', 'admin'])

export function mayOperate(state: SessionState): boolean {
  return state.kind === 'signed-in' && OPERATING.has(state.role)
}

export function createSession(options: {
  readonly clock: Clock
  readonly api: () => ApiClient
}): Session {
  const state = signal<SessionState>({ kind: 'checking' })

  async function check(): Promise<void> {
    try {
      const me = record(await options.api().get('/me'))
      const name =
        textOrNull(me['name']) ?? textOrNull(me['username']) ?? textOrNull(me['id']) ?? '?'
      state.value = { kind: 'signed-in', name, role: textOr(me['role'], '') }
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 401)
        state.value = { kind: 'signed-out', hasEnded: false }
      else {
        state.value = { kind: 'unreachable' }
        options.clock.after(RETRY_MS, () => void check())
      }
    }
  }

  return {
    state,
    check,
    async signIn(token) {
      try {
        await options.api().post('/session', { token })
        await check()
        return 'done'
      } catch (error) {
        if (error instanceof ApiFailure && error.status === 429) return 'too-many'
        if (error instanceof ApiFailure && error.status >= 400 && error.status < 500) return 'wrong'
        return 'unreachable'
      }
    },
    async signOut() {
      try {
        await options.api().remove('/session')
      } catch {
        // Whatever the server says, this page forgets who was here; the session runs out by itself.
      }
      state.value = { kind: 'signed-out', hasEnded: false }
    },
    lose() {
      if (state.value.kind === 'signed-in') state.value = { kind: 'signed-out', hasEnded: true }
    },
  }
}
