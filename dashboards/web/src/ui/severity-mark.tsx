// The sign of a severity: a shape of its own for each level, filled while it is active, outlined with a tick once it is back to
// normal. Colour is never the only difference, and never the colour of text.

import type { AlertState, Severity } from '../api/alert.ts'
import { useApp } from '../app/context.ts'

const OUTLINES: Readonly<Record<Severity, string>> = {
  P1: 'M6.7 1.5h6.6l5.2 5.2v6.6l-5.2 5.2H6.7l-5.2-5.2V6.7z',
  P2: 'M10 1.8 18.8 17.6H1.2z',
  P3: 'M10 1.4 18.6 10 10 18.6 1.4 10z',
}

const INNER: Readonly<Record<Severity, string>> = {
  P1: 'M10 5v6.2M10 13.6v1.4',
  P2: 'M10 7.6v4.6M10 14.3v1.1',
  P3: '',
}

const TICKS: Readonly<Record<Severity, string>> = {
  P1: 'm6.4 10.2 2.5 2.6 4.8-5.4',
  P2: 'm7.2 12.6 2 2.1 3.7-4.3',
  P3: 'm7 10.2 2.2 2.3 4-4.7',
}

export function SeverityMark(props: {
  readonly severity: Severity
  readonly state?: AlertState
  readonly withWord?: boolean
}) {
  const { words } = useApp().preferences
  const { severity, state, withWord = true } = props
  const isBack = state === 'rtn_unack' || state === 'closed'
  const word = words.value.severity[severity]
  return (
    <span class="severity">
      <svg
        class={`severity-mark severity-${severity}${isBack ? ' is-back' : ''}`}
        viewBox="0 0 20 20"
        width="18"
        height="18"
        role={withWord ? undefined : 'img'}
        aria-hidden={withWord}
        aria-label={withWord ? undefined : word}
      >
        <path class="severity-shape" d={OUTLINES[severity]} />
        {isBack ? (
          <path class="severity-tick" d={TICKS[severity]} />
        ) : (
          INNER[severity] !== '' && <path class="severity-inner" d={INNER[severity]} />
        )}
      </svg>
      {withWord && <span class="severity-word">{word}</span>}
    </span>
  )
}
