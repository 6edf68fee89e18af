// What stands where data would stand: nothing yet, nothing there, hidden by a filter, or failed. Always in words.

import type { ComponentChildren } from 'preact'
import { failureText } from '../app/notices.ts'
import { useApp } from '../app/context.ts'

export function StatePanel(props: {
  readonly title: string
  readonly detail?: string
  readonly children?: ComponentChildren
}) {
  return (
    <div class="state-panel">
      <p class="state-title">{props.title}</p>
      {props.detail !== undefined && <p class="state-detail">{props.detail}</p>}
      {props.children !== undefined && <div class="state-actions">{props.children}</div>}
    </div>
  )
}

export function FailurePanel(props: {
  readonly what: string
  readonly error: unknown
  readonly onRetry: () => void
}) {
  const words = useApp().preferences.words.value
  return (
    <StatePanel
      title={words.drawer.loadFailed(props.what)}
      detail={`${failureText(props.error, words)} · ${words.problem.stillWorks}`}
    >
      <button type="button" class="button" onClick={props.onRetry}>
        {words.retry}
      </button>
    </StatePanel>
  )
}

/** Grey bars in the size of what will come; appears only when loading takes a moment (by CSS). */
export function Skeleton(props: { readonly rows: number }) {
  const words = useApp().preferences.words.value
  return (
    <div class="skeleton" role="status" aria-label={words.loading}>
      {Array.from({ length: props.rows }, (_, index) => (
        <div class="skeleton-row" key={index} />
      ))}
    </div>
  )
}
