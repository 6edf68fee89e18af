// The list of keyboard shortcuts, over the page until it is closed.

import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../ui/icon.tsx'
import { useApp } from './context.ts'

export function Help(props: { readonly onClose: () => void }) {
  const words = useApp().preferences.words.value
  const panel = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const before = document.activeElement
    panel.current?.focus()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  const rows: readonly (readonly [string, string])[] = [
    ['j k ↓ ↑', words.keys.move],
    ['Enter o', words.keys.open],
    ['a', words.keys.acknowledge],
    ['Esc', words.keys.close],
    ['.', words.keys.merge],
    ['/', words.keys.search],
    ['1 2 3', words.keys.severity],
    ['g a  g t  g d  g h', words.keys.go],
    ['\\', words.keys.theme],
    ['?', words.keys.help],
  ]
  return (
    <div class="overlay" onClick={props.onClose}>
      <div
        ref={panel}
        class="help"
        role="dialog"
        aria-modal="true"
        aria-label={words.keys.title}
        tabIndex={-1}
        onClick={(event) => event.stopPropagation()}
        onKeyDown={(event) => {
          // The only thing to reach inside is the button, so the focus never has to leave.
          if (event.key === 'Tab') event.preventDefault()
          if (event.key === 'Escape' || event.key === '?') {
            event.preventDefault()
            event.stopPropagation()
            props.onClose()
          }
        }}
      >
        <header class="help-head">
          <h2>{words.keys.title}</h2>
          <button
            type="button"
            class="button is-quiet"
            aria-label={words.close}
            onClick={props.onClose}
          >
            <Icon name="close" />
          </button>
        </header>
        <dl class="help-keys">
          {rows.map(([keys, what]) => (
            <div key={keys}>
              <dt>
                {keys.split('  ').map((group) => (
                  <span class="key-group" key={group}>
                    {group.split(' ').map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </span>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <p class="muted">{words.keys.note}</p>
      </div>
    </div>
  )
}
