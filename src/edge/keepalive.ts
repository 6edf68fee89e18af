// Ends a connection that has said nothing for one and a half of its keepalive [MQTT-3.1.2-24]. aedes would count the time in which
// it does not read, because publications wait for the journal, as silence of the client: a stalled disk would throw everybody out,
// and all would come back at once. So this is ours: nobody is silent to whom we do not listen.

import type { Clock } from '../ports.ts'
import type { Session } from './session.ts'

export const KEEPALIVE_FACTOR_MS = 1_500
/** A check that comes so much too late was held up, or the machine's clock was set: that is no silence of the client either. */
const LATE_MS = 1_000

export function watchKeepalive(session: Session, clock: Clock): void {
  const allowedMs = session.keepaliveMs
  if (allowedMs <= 0) return
  session.heardAt = clock.now()
  let dueAt = session.heardAt + allowedMs
  let cancel = clock.after(allowedMs, check)
  session.onEnd.push(() => cancel())

  function check(): void {
    const now = clock.now()
    // What came meanwhile is still in the socket's buffers: the time begins anew.
    if (session.unacknowledged > 0 || now > dueAt + LATE_MS) session.heardAt = now
    const leftMs = Math.min(allowedMs, allowedMs - (now - session.heardAt))
    dueAt = now + leftMs
    if (leftMs > 0) cancel = clock.after(leftMs, check)
    else session.client.emit('error', new Error('keep alive timeout'))
  }
}
