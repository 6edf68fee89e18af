// Acknowledging: shown at once, taken back with the reason when the server refuses.

import type { Alert } from '../../api/alert.ts'
import { failureText } from '../../app/notices.ts'
import type { App } from '../../app/context.ts'

export function needsAcknowledgement(alert: Alert): boolean {
  return alert.state === 'unack_active' || alert.state === 'rtn_unack'
}

export async function acknowledge(app: App, alert: Alert): Promise<void> {
  const { city, session, api, notices, preferences } = app
  // Somebody else was quicker, or this page is already asking: nothing to do and no error.
  if (!needsAcknowledgement(alert) || city.alerts.isPending(alert.id)) return
  const who = session.state.peek()
  const by = who.kind === 'signed-in' ? who.name : ''
  city.alerts.acknowledge(alert.id, { by, at: city.clock.now() })
  city.commitAlerts()
  try {
    await api.post(`/alerts/${encodeURIComponent(alert.id)}/ack`, {})
    city.alerts.confirm(alert.id)
  } catch (error) {
    city.alerts.rollBack(alert.id)
    const words = preferences.words.peek()
    notices.add('failed', words.alerts.ackFailed(alert.deviceName, failureText(error, words)))
  }
  city.commitAlerts()
}
