// When the list takes in what has changed: at every commit while nobody reads, when asked otherwise, and always keeping the row
// that is being looked at where it is on the screen.

import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { AlertFilter } from '../../live/alert-order.ts'
import { emptyView, nextView } from '../../live/held-list.ts'
import type { HeldView } from '../../live/held-list.ts'
import { useApp } from '../../app/context.ts'
import { anchoredScrollTop } from '../../ui/virtual-window.ts'
import { ROW_PX } from './alert-list.tsx'
import type { ListHandle } from './alert-list.tsx'

interface Held {
  readonly view: HeldView
  readonly version: number
  readonly filterKey: string
}

export interface HeldViewControl {
  readonly view: HeldView
  /** Brings in what is held, keeping the reader's row in place. */
  readonly merge: () => void
  /** The reader has let go: bring in what is held if there is any. */
  readonly idle: () => void
  readonly setHandle: (handle: ListHandle | null) => void
}

export function useHeldView(
  filter: AlertFilter,
  filterKey: string,
  isPinned: boolean,
): HeldViewControl {
  const { city } = useApp()
  const version = city.alertsVersion.value
  const isLoaded = city.isLoaded.value
  const held = useRef<Held>({ view: emptyView, version: -1, filterKey: '' })
  const handle = useRef<ListHandle | null>(null)
  const mergeWanted = useRef(false)
  const scrollTo = useRef<number | null>(null)
  const [, redraw] = useState(0)

  const before = held.current
  const isNewFilter = before.filterKey !== filterKey
  if (isLoaded && (version !== before.version || isNewFilter || mergeWanted.current)) {
    // An empty list has nothing to keep in place, wherever the pointer rests.
    const isReading =
      before.view.rows.length > 0 && (isPinned || (handle.current?.isReading() ?? false))
    const isFirst = before.version === -1
    const merge = isFirst || isNewFilter || mergeWanted.current || !isReading
    const view = nextView(before.view, city.alerts, filter, {
      merge,
      known: !isFirst && !isNewFilter,
      now: city.clock.now() - city.clock.offsetMs(),
    })
    if (merge && !isNewFilter) scrollTo.current = keptScrollTop(handle.current, before.view, view)
    else if (isNewFilter) scrollTo.current = 0
    mergeWanted.current = false
    held.current = { view, version, filterKey }
  }

  useLayoutEffect(() => {
    const scroller = handle.current?.scroller()
    if (scrollTo.current !== null && scroller !== null && scroller !== undefined)
      scroller.scrollTop = scrollTo.current
    scrollTo.current = null
  })

  function merge(): void {
    mergeWanted.current = true
    redraw((value) => value + 1)
  }

  return {
    view: held.current.view,
    merge,
    idle() {
      if (!isPinned) merge()
    },
    setHandle: (next) => {
      handle.current = next
    },
  }
}

function keptScrollTop(
  handle: ListHandle | null,
  before: HeldView,
  after: HeldView,
): number | null {
  const scroller = handle?.scroller() ?? null
  const anchorId = handle?.anchorId() ?? null
  if (scroller === null || anchorId === null || handle?.isReading() !== true) return null
  // At the very top without a row in use there is nothing to hold on to: the newest should be seen.
  if (scroller.scrollTop === 0 && !scroller.contains(document.activeElement)) return null
  const indexBefore = before.rows.findIndex((row) => row.id === anchorId)
  const indexAfter = after.rows.findIndex((row) => row.id === anchorId)
  if (indexBefore < 0 || indexAfter < 0) return null
  return anchoredScrollTop({
    scrollTop: scroller.scrollTop,
    rowPx: ROW_PX,
    indexBefore,
    indexAfter,
  })
}
