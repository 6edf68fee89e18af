// The door: one field for the access token.

import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp } from './context.ts'
import { PreferenceButtons } from './preference-buttons.tsx'
import type { SignInResult } from './session.ts'

export function SignIn(props: { readonly hasEnded: boolean }) {
  const { session, preferences } = useApp()
  const words = preferences.words.value
  const field = useRef<HTMLInputElement>(null)
  const [isBusy, setBusy] = useState(false)
  const [result, setResult] = useState<SignInResult | null>(null)
  useEffect(() => field.current?.focus(), [])

  async function submit(event: Event): Promise<void> {
    event.preventDefault()
    const token = field.current?.value.trim() ?? ''
    if (token === '' || isBusy) return
    setBusy(true)
    const outcome = await session.signIn(token)
    if (outcome === 'done') return
    setBusy(false)
    setResult(outcome)
    field.current?.select()
  }

  const message = {
    wrong: words.signIn.wrong,
    'too-many': words.signIn.tooMany,
    unreachable: words.problem.network,
    done: null,
    ended: words.signIn.ended,
    none: null,
  }[result ?? (props.hasEnded ? 'ended' : 'none')]

  return (
    <main class="sign-in">
      <div class="sign-in-tools">
        <PreferenceButtons />
      </div>
      <form class="sign-in-card" onSubmit={(event) => void submit(event)}>
        <p class="brand">
          <span class="brand-name">{words.product}</span>
          <span class="brand-line">{words.productLine}</span>
        </p>
        <h1>{words.signIn.title}</h1>
        <p class="muted" id="sign-in-lead">
          {words.signIn.lead}
        </p>
        <label class="field">
          <span>{words.signIn.token}</span>
          <input
            ref={field}
            type="password"
            name="token"
            autocomplete="current-password"
            spellcheck={false}
            aria-describedby="sign-in-lead sign-in-message"
            aria-invalid={result === 'wrong'}
          />
        </label>
        <p class="sign-in-message" id="sign-in-message" role="alert">
          {message}
        </p>
        <button type="submit" class="button is-primary" disabled={isBusy}>
          {words.signIn.submit}
        </button>
      </form>
    </main>
  )
}

/** Before it is known who is there. */
export function SignInWait(props: { readonly isUnreachable: boolean }) {
  const words = useApp().preferences.words.value
  return (
    <main class="sign-in">
      <p class="sign-in-wait" role="status">
        {props.isUnreachable ? words.signIn.unreachable : words.signIn.checking}
      </p>
    </main>
  )
}
