// Which tickets to deliver next: one look at the outbox, sorted into what is due now and when the rest will be.

import type { Millis } from '../core/position.ts'
import type { Severity } from '../core/rule.ts'
import type { OutboxItem } from '../ports.ts'

export interface DeliveryPlan {
  /** Due now, in the order of delivery. */
  readonly due: readonly OutboxItem[]
  /** When the first of the others is due; null when no other waits. */
  readonly nextAt: Millis | null
}

/** `notBefore`: when a ticket may be tried at the earliest for reasons the outbox does not know; null = not at all for now. */
export function planDeliveries(
  items: readonly OutboxItem[],
  now: Millis,
  notBefore: (item: OutboxItem) => Millis | null,
  planMax: number,
): DeliveryPlan {
  const due: OutboxItem[] = []
  let nextAt: Millis | null = null
  for (const item of items) {
    const held = notBefore(item)
    if (held === null) continue
    const at = Math.max(held, dueAt(item))
    if (at <= now) due.push(item)
    else if (nextAt === null || at < nextAt) nextAt = at
  }
  due.sort(inOrder)
  // What does not fit is found by the next look, at the latest when these are under way: each delivery that ends asks for one.
  return { due: due.slice(0, planMax), nextAt }
}

const ranks: Readonly<Record<Severity, number>> = { P1: 0, P2: 1, P3: 2 }

/** Most severe first, then those never tried, then the oldest; the id settles ties, so the order is always the same. */
function inOrder(a: OutboxItem, b: OutboxItem): number {
  return (
    ranks[a.ticket.severity] - ranks[b.ticket.severity] ||
    rankOfState(a) - rankOfState(b) ||
    a.ticket.openedAt - b.ticket.openedAt ||
    (a.ticket.id < b.ticket.id ? -1 : 1)
  )
}

function rankOfState(item: OutboxItem): number {
  return item.ticket.delivery.state === 'queued' ? 0 : 1
}

function dueAt(item: OutboxItem): Millis {
  const { state, nextAt } = item.ticket.delivery
  return state === 'retrying' && nextAt !== null ? nextAt : Number.NEGATIVE_INFINITY
}
