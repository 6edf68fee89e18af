// The root of the pages: builds everything in a straight line and draws it.

import './styles/index.ts'
import { effect } from '@preact/signals'
import { render } from 'preact'
import { createApiClient } from './api/client.ts'
import { createCity } from './app/city.ts'
import { AppContext } from './app/context.ts'
import type { App } from './app/context.ts'
import { createNotices } from './app/notices.ts'
import { CurrentPage } from './app/pages.tsx'
import { createPreferences } from './app/preferences.ts'
import { createRouter } from './app/router.ts'
import { createSession } from './app/session.ts'
import { Shell } from './app/shell.tsx'
import { SignIn, SignInWait } from './app/sign-in.tsx'
import { exposeState } from './app/expose-state.ts'
import { browserClock } from './live/clock.ts'

function createApp(): App {
  const clock = browserClock
  const session = createSession({ clock, api: () => api })
  const api = createApiClient({ clock, onSignedOut: session.lose })
  const city = createCity({ api, clock })
  return {
    api,
    clock,
    city,
    notices: createNotices(clock),
    preferences: createPreferences(),
    router: createRouter(),
    session,
  }
}

function Root(props: { readonly app: App }) {
  const { session } = props.app
  const state = session.state.value
  return (
    <AppContext.Provider value={props.app}>
      {state.kind === 'signed-in' ? (
        <Shell>
          <CurrentPage />
        </Shell>
      ) : state.kind === 'signed-out' ? (
        <SignIn hasEnded={state.hasEnded} />
      ) : (
        <SignInWait isUnreachable={state.kind === 'unreachable'} />
      )}
    </AppContext.Provider>
  )
}

const app = createApp()
const { city, preferences, session } = app

effect(() => {
  document.title = `${preferences.words.value.product} · ${preferences.words.value.productLine}`
})
// The stream runs while somebody is signed in. A new sign-in starts from a fresh page, so nothing of the last person stays.
let wasSignedIn = false
effect(() => {
  const { kind } = session.state.value
  if (kind === 'signed-in' && wasSignedIn) location.reload()
  else if (kind === 'signed-in') {
    wasSignedIn = true
    city.start()
  } else if (kind === 'signed-out' && wasSignedIn) {
    city.close()
  }
})
effect(() => {
  if (city.connection.value.state === 'signed-out') session.lose()
})
exposeState(city)

const target = document.getElementById('app')
if (target !== null) render(<Root app={app} />, target)
void session.check()
