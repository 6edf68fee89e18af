// The list of alerts as a grid that does not move under the reader: rows are placed by arithmetic, drawn only where they can be
// seen, patched where they stand. What waits to be merged is the desk's decision.

import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { HeldView } from '../../live/held-list.ts'
import { useApp } from '../../app/context.ts'
import { useKeys } from '../../app/use-keys.ts'
import { virtualWindow } from '../../ui/virtual-window.ts'
import { AlertRow } from './alert-row.tsx'

export const ROW_PX = 44

export interface ListHandle {
  /** Somebody is looking at particular rows: scrolled, pointed at, or with the keyboard. */
  isReading(): boolean
  scroller(): HTMLElement | null
  /** The row to keep in its place when others come and go. */
  anchorId(): string | null
}

export interface AlertListProps {
  readonly view: HeldView
  readonly selectedId: string | null
  readonly isPending: (id: string) => boolean
  readonly onOpen: (id: string) => void
  readonly onAcknowledge: (id: string) => void
  readonly onClose: () => void
  /** The reader let go of the list: what was held may come in. */
  readonly onIdle: () => void
  readonly onHandle: (handle: ListHandle | null) => void
}

export function AlertList(props: AlertListProps) {
  const { preferences } = useApp()
  const words = preferences.words.value
  const { view, selectedId } = props
  const { rows } = view
  const scroller = useRef<HTMLDivElement>(null)
  const isHovered = useRef(false)
  const [viewport, setViewport] = useState({ scrollTop: 0, heightPx: 800 })
  const [currentId, setCurrentId] = useState<string | null>(selectedId)
  const lastIndex = useRef(0)
  const wantsFocus = useRef(false)

  const found = currentId === null ? -1 : rows.findIndex((row) => row.id === currentId)
  // When the row with the focus has left, the one that took its place is next.
  const currentIndex = found >= 0 ? found : Math.min(lastIndex.current, rows.length - 1)
  if (found >= 0) lastIndex.current = found
  const current = rows[currentIndex]

  const live = useRef({ rows, currentIndex, props })
  live.current = { rows, currentIndex, props }

  const isReading = useCallback((): boolean => {
    const element = scroller.current
    if (element === null) return false
    return element.scrollTop > 0 || isHovered.current || element.contains(document.activeElement)
  }, [])

  useLayoutEffect(() => {
    props.onHandle({
      isReading,
      scroller: () => scroller.current,
      anchorId() {
        const element = scroller.current
        const { rows, currentIndex } = live.current
        if (element === null) return null
        if (element.contains(document.activeElement)) return rows[currentIndex]?.id ?? null
        return rows[Math.ceil(element.scrollTop / ROW_PX)]?.id ?? null
      },
    })
    return () => props.onHandle(null)
  }, [])

  useEffect(() => {
    const element = scroller.current
    if (element === null) return undefined
    const measure = (): void =>
      setViewport({ scrollTop: element.scrollTop, heightPx: element.clientHeight })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    measure()
    return () => observer.disconnect()
  }, [])

  // The focused row may have been replaced: the focus must never fall back to the page.
  const hadFocus = useRef(false)
  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null || current === undefined) return
    const isLost = hadFocus.current && document.activeElement === document.body
    if (!wantsFocus.current && !isLost) return
    wantsFocus.current = false
    element.querySelector<HTMLElement>(`[data-row="${CSS.escape(current.id)}"]`)?.focus({
      preventScroll: true,
    })
  })

  function moveTo(index: number, isOpening: boolean): boolean {
    const target = rows[Math.max(0, Math.min(index, rows.length - 1))]
    const element = scroller.current
    if (target === undefined || element === null) return false
    const at = rows.indexOf(target)
    const topPx = at * ROW_PX
    if (topPx < element.scrollTop) element.scrollTop = topPx
    else if (topPx + ROW_PX > element.scrollTop + element.clientHeight)
      element.scrollTop = topPx + ROW_PX - element.clientHeight
    wantsFocus.current = true
    setCurrentId(target.id)
    if (isOpening) props.onOpen(target.id)
    return true
  }

  const isDrawerOpen = selectedId !== null
  const hasFocus = (): boolean => scroller.current?.contains(document.activeElement) === true
  const step = (by: number) => () =>
    moveTo(hasFocus() || isDrawerOpen ? currentIndex + by : currentIndex, isDrawerOpen)
  const inList = (index: number) => () => (hasFocus() ? moveTo(index, isDrawerOpen) : false)
  const pageRows = Math.max(1, Math.floor(viewport.heightPx / ROW_PX) - 1)
  const openCurrent = (): boolean => {
    // Enter on a button inside a row belongs to the button.
    if (current === undefined || !(document.activeElement?.hasAttribute('data-row') ?? false))
      return false
    props.onOpen(current.id)
    return true
  }
  useKeys({
    j: step(1),
    ArrowDown: step(1),
    k: step(-1),
    ArrowUp: step(-1),
    Home: inList(0),
    End: inList(rows.length - 1),
    PageDown: inList(currentIndex + pageRows),
    PageUp: inList(currentIndex - pageRows),
    Enter: openCurrent,
    o: openCurrent,
    a: () => {
      const id = hasFocus() ? current?.id : selectedId
      if (id === undefined || id === null) return false
      props.onAcknowledge(id)
      return true
    },
    Escape: () => {
      if (isDrawerOpen) {
        props.onClose()
        wantsFocus.current = true
        return true
      }
      if (!hasFocus()) return false
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
      hadFocus.current = false
      return true
    },
  })

  const range = virtualWindow({ count: rows.length, rowPx: ROW_PX, ...viewport })
  const drawn: number[] = []
  // The current row stays in the document even when scrolled out of sight, or the focus would be lost with it.
  if (currentIndex >= 0 && currentIndex < range.from) drawn.push(currentIndex)
  for (let index = range.from; index < range.to; index++) drawn.push(index)
  if (currentIndex >= range.to && currentIndex < rows.length) drawn.push(currentIndex)

  const { columns } = words.alerts
  const heads = [
    ['severity', columns.severity],
    ['asset', columns.asset],
    ['what', columns.what],
    ['value', columns.value],
    ['since', columns.since],
    ['where', columns.where],
    ['count', columns.count],
    ['ticket', columns.ticket],
    ['action', columns.action],
  ] as const

  return (
    <div
      role="grid"
      class="alert-grid"
      aria-label={words.alerts.title}
      aria-rowcount={rows.length + 1}
      aria-colcount={heads.length}
    >
      <div role="row" class="alert-head" aria-rowindex={1}>
        {heads.map(([name, word]) => (
          <span role="columnheader" class={`cell-${name}`} key={name}>
            {word}
          </span>
        ))}
      </div>
      <div
        ref={scroller}
        class="alert-scroller"
        role="rowgroup"
        onScroll={(event) => {
          const { scrollTop, clientHeight } = event.currentTarget
          setViewport({ scrollTop, heightPx: clientHeight })
          if (scrollTop === 0 && !isReading()) props.onIdle()
        }}
        onPointerOver={(event) => {
          const isOnRow = (event.target as Element).closest('[data-row]') !== null
          const wasHovered = isHovered.current
          isHovered.current = isOnRow && event.pointerType === 'mouse'
          if (wasHovered && !isReading()) props.onIdle()
        }}
        onPointerLeave={() => {
          isHovered.current = false
          if (!isReading()) props.onIdle()
        }}
        onFocusIn={(event) => {
          hadFocus.current = true
          const row = event.target instanceof Element ? event.target.closest('[data-row]') : null
          const id = row?.getAttribute('data-row') ?? null
          if (id !== null) setCurrentId(id)
        }}
        onFocusOut={(event) => {
          if (event.relatedTarget === null) return
          hadFocus.current = false
          if (!isReading()) props.onIdle()
        }}
      >
        <div
          class="alert-canvas"
          role="presentation"
          style={{ height: `${rows.length * ROW_PX}px` }}
        >
          {drawn.map((index) => {
            const alert = rows[index]
            return (
              alert !== undefined && (
                <AlertRow
                  key={alert.id}
                  alert={alert}
                  index={index}
                  topPx={index * ROW_PX}
                  isCurrent={index === currentIndex}
                  isSelected={alert.id === selectedId}
                  isFresh={view.fresh.has(alert.id)}
                  isPending={props.isPending(alert.id)}
                  onOpen={props.onOpen}
                  onAcknowledge={props.onAcknowledge}
                />
              )
            )
          })}
        </div>
      </div>
    </div>
  )
}
