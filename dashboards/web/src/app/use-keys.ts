// Keyboard shortcuts of a screen. They never fire while somebody types, composes Chinese text, or holds a modifier.

import { useEffect, useRef } from 'preact/hooks'

/** Returns true when the key was used. */
export type KeyTable = Readonly<Record<string, (event: KeyboardEvent) => boolean | void>>

export function useKeys(keys: KeyTable): void {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.isComposing) return
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (isTyping(event.target) && event.key !== 'Escape') return
      const { current } = latest
      if (!Object.prototype.hasOwnProperty.call(current, event.key)) return
      if (current[event.key]?.(event) !== false) event.preventDefault()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  )
}
