// Which component draws which page. Pages other than the alert desk are loaded when they are first looked at.

import type { ComponentType } from 'preact'
import { AlertDesk } from '../ops/alerts/alert-desk.tsx'
import { StatePanel } from '../ui/state-panel.tsx'
import { useApp } from './context.ts'
import { lazyPage } from './lazy-page.tsx'

const TicketDesk = lazyPage(async () => (await import('../ops/tickets/ticket-desk.tsx')).TicketDesk)
const DeviceDesk = lazyPage(async () => (await import('../ops/devices/device-desk.tsx')).DeviceDesk)
const DevicePage: ComponentType<{ readonly id: string }> = lazyPage(
  async () => (await import('../ops/devices/device-page.tsx')).DevicePage,
)
const HealthPage = lazyPage(async () => (await import('../ops/health/health-page.tsx')).HealthPage)

export function CurrentPage() {
  const { router, preferences } = useApp()
  const route = router.route.value
  const words = preferences.words.value
  switch (route.page) {
    case 'alerts':
      return <AlertDesk />
    case 'tickets':
      return <TicketDesk />
    case 'devices':
      return <DeviceDesk />
    case 'device':
      return <DevicePage key={route.id} id={route.id} />
    case 'health':
      return <HealthPage />
    case 'not-found':
      return (
        <StatePanel title={words.notFound.title}>
          <a class="button" href="/ops/alerts">
            {words.notFound.back}
          </a>
        </StatePanel>
      )
  }
}
