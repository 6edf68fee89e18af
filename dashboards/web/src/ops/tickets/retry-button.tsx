// The button for another delivery, where one makes sense.

import { useState } from 'preact/hooks'
import type { Ticket } from '../../api/ticket.ts'
import { useApp } from '../../app/context.ts'
import { mayOperate } from '../../app/session.ts'
import { canRetry, retryDelivery } from './retry-delivery.ts'

export function RetryButton(props: { readonly ticket: Ticket }) {
  const app = useApp()
  const words = app.preferences.words.value.tickets
  const [isBusy, setBusy] = useState(false)
  if (!canRetry(props.ticket) || !mayOperate(app.session.state.value)) return null
  return (
    <button
      type="button"
      class="button is-small"
      disabled={isBusy}
      onClick={() => {
        setBusy(true)
        void retryDelivery(app, props.ticket).then(() => setBusy(false))
      }}
    >
      {isBusy ? words.retrying : words.retry}
    </button>
  )
}
