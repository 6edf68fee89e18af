// Tells people who do not see the screen what has come: a summary every five seconds at most, never the list itself.

import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp } from '../../app/context.ts'
import { every } from '../../live/clock.ts'

const SUMMARY_EVERY_MS = 5_000

export function AlertAnnouncer() {
  const { city, clock, preferences } = useApp()
  const [text, setText] = useState('')
  const known = useRef<ReadonlySet<string> | null>(null)
  useEffect(
    () =>
      every(clock, SUMMARY_EVERY_MS, () => {
        if (!city.isLoaded.peek()) return
        const ids = new Set<string>()
        let arrived = 0
        let critical = 0
        for (const alert of city.alerts.all()) {
          if (alert.state === 'closed') continue
          ids.add(alert.id)
          // P3 is a work item: it is listed, never announced.
          if (known.current === null || known.current.has(alert.id) || alert.severity === 'P3')
            continue
          arrived += 1
          if (alert.severity === 'P1') critical += 1
        }
        known.current = ids
        if (arrived > 0) setText(preferences.words.peek().alerts.announce(arrived, critical))
      }),
    [],
  )
  return (
    <p class="visually-hidden" role="status">
      {text}
    </p>
  )
}
