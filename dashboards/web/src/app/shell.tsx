// The frame around every screen: header with the state of the system, navigation, the strip over simulated data, banners, notices.

import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { countStates } from '../live/alert-order.ts'
import { clockTime, date, weekday } from '../fmt/time.ts'
import { Icon } from '../ui/icon.tsx'
import type { IconName } from '../ui/icon.tsx'
import { ConnectionMark, PipelineMark, StaleBanner } from './connection-mark.tsx'
import { useApp } from './context.ts'
import { Help } from './help.tsx'
import { PreferenceButtons } from './preference-buttons.tsx'
import { useKeys } from './use-keys.ts'

const GO_WITHIN_MS = 1_000

export function Shell(props: { readonly children: ComponentChildren }) {
  const { city, preferences, router, clock } = useApp()
  const words = preferences.words.value
  const [isHelping, setHelping] = useState(false)
  const goPressedAt = useRef(Number.NEGATIVE_INFINITY)
  const afterGo = (path: string) => () => {
    if (clock.now() - goPressedAt.current > GO_WITHIN_MS) return false
    goPressedAt.current = Number.NEGATIVE_INFINITY
    router.go(path)
    return true
  }
  useKeys({
    '?': () => setHelping(true),
    '\\': preferences.switchTheme,
    g: () => void (goPressedAt.current = clock.now()),
    t: afterGo('/ops/tickets'),
    d: afterGo('/ops/devices'),
    a: afterGo('/ops/alerts'),
    h: afterGo('/ops/health'),
  })
  const { state } = city.connection.value
  const isCurrent = state === 'live' || state === 'connecting' || state === 'paused'
  return (
    <div class={`shell${isCurrent ? '' : ' is-not-current'}`}>
      <a class="skip-link" href="#main">
        {words.skip}
      </a>
      {city.isSimulated.value && (
        <div class="simulated-strip" role="note">
          <span class="simulated-label">
            <strong>{words.simulated.strip}</strong>
            <span>{words.simulated.detail}</span>
          </span>
        </div>
      )}
      <header class="header">
        <p class="brand">
          <span class="brand-name">{words.product}</span>
          <span class="brand-line">{words.productLine}</span>
        </p>
        <Navigation />
        <div class="header-facts">
          <PipelineMark />
          <ConnectionMark />
          <CityTime />
        </div>
        <div class="header-tools">
          <PreferenceButtons />
          <button
            type="button"
            class="button is-quiet"
            aria-label={words.help}
            title={`${words.help}  ?`}
            onClick={() => setHelping(true)}
          >
            <Icon name="help" />
          </button>
          <SignOut />
        </div>
      </header>
      <StaleBanner />
      <main id="main" class="main" tabIndex={-1}>
        {props.children}
      </main>
      <NoticeList />
      {isHelping && <Help onClose={() => setHelping(false)} />}
    </div>
  )
}

function Navigation() {
  const { city, preferences, router } = useApp()
  const words = preferences.words.value
  const { page } = router.route.value
  // Read so that the badge follows the store.
  void city.alertsVersion.value
  const unacknowledged = countStates(city.alerts.all()).unack_active
  const items: readonly { page: string; path: string; icon: IconName; word: string }[] = [
    { page: 'alerts', path: '/ops/alerts', icon: 'alerts', word: words.nav.alerts },
    { page: 'tickets', path: '/ops/tickets', icon: 'tickets', word: words.nav.tickets },
    { page: 'devices', path: '/ops/devices', icon: 'devices', word: words.nav.devices },
    { page: 'health', path: '/ops/health', icon: 'health', word: words.nav.health },
  ]
  return (
    <nav class="navigation" aria-label={words.nav.label}>
      {items.map((item) => (
        <a
          key={item.page}
          href={item.path}
          aria-current={
            page === item.page || (page === 'device' && item.page === 'devices')
              ? 'page'
              : undefined
          }
        >
          <Icon name={item.icon} />
          <span>{item.word}</span>
          {item.page === 'alerts' && unacknowledged > 0 && (
            <span class="badge" title={words.alertState.unack_active}>
              {unacknowledged}
            </span>
          )}
        </a>
      ))}
    </nav>
  )
}

function CityTime() {
  const { city, preferences } = useApp()
  const now = city.now.value
  return (
    <time
      class="city-time"
      dateTime={new Date(now).toISOString()}
      title={preferences.words.value.cityTime}
    >
      <span class="city-date">
        {date(now)} {weekday(now, preferences.language.value)}
      </span>
      <span class="city-clock">{clockTime(now)}</span>
    </time>
  )
}

function SignOut() {
  const { session, preferences } = useApp()
  const words = preferences.words.value
  const state = session.state.value
  const name = state.kind === 'signed-in' ? state.name : ''
  return (
    <button
      type="button"
      class="button is-quiet"
      aria-label={words.signOut}
      title={name === '' ? words.signOut : `${words.signOut} · ${name}`}
      onClick={() => void session.signOut()}
    >
      <Icon name="signOut" />
    </button>
  )
}

function NoticeList() {
  const { notices, preferences } = useApp()
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.shown.value.map((notice) => (
        <div key={notice.id} class={`notice is-${notice.kind}`}>
          <Icon name={notice.kind === 'done' ? 'check' : 'warning'} />
          <span>{notice.text}</span>
          <button
            type="button"
            class="button is-quiet"
            aria-label={preferences.words.value.close}
            onClick={() => notices.dismiss(notice.id)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  )
}
