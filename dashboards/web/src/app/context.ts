// What every screen may use, handed down by the root instead of through globals.

import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { ApiClient } from '../api/client.ts'
import type { Clock } from '../live/clock.ts'
import type { City } from './city.ts'
import type { Notices } from './notices.ts'
import type { Preferences } from './preferences.ts'
import type { Router } from './router.ts'
import type { Session } from './session.ts'

export interface App {
  readonly api: ApiClient
  readonly clock: Clock
  readonly city: City
  readonly notices: Notices
  readonly preferences: Preferences
  readonly router: Router
  readonly session: Session
}

export const AppContext = createContext<App | null>(null)

export function useApp(): App {
  const app = useContext(AppContext)
  if (app === null)
    throw new Error('Cannot use the app: expected to be inside AppContext, got none')
  return app
}
