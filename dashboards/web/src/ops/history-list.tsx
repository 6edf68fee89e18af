// What happened to an alert or ticket, oldest first.

import type { TimelineEntry } from '../api/alert.ts'
import { useApp } from '../app/context.ts'
import { wordFor } from '../i18n/words.ts'
import { Moment } from '../ui/moment.tsx'

export function HistoryList(props: { readonly entries: readonly TimelineEntry[] }) {
  const words = useApp().preferences.words.value
  const what = (code: string): string =>
    wordFor(words.what, code) === code
      ? wordFor(words.ticketState, code)
      : wordFor(words.what, code)
  return (
    <ol class="history">
      {props.entries.map((entry, index) => (
        <li key={index}>
          <span class="history-at">
            <Moment at={entry.at} />
          </span>
          <span class="history-what">
            {what(entry.what)}
            {entry.note !== null && (
              <span class="history-note" data-user-text>
                {entry.note}
              </span>
            )}
          </span>
          <span class="history-by muted">{wordFor(words.who, entry.by)}</span>
        </li>
      ))}
    </ol>
  )
}
