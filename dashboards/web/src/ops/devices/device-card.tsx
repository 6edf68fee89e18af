// The card of one device: what it is, where it stands, who looks after it.

import { useEffect } from 'preact/hooks'
import { useApp } from '../../app/context.ts'
import { devicePath } from '../../app/route.ts'
import { useResource } from '../../app/use-resource.ts'
import type { Device } from '../../api/device.ts'
import { span } from '../../fmt/time.ts'
import { divisionName } from '../../i18n/divisions.ts'
import { inLanguage } from '../../i18n/words.ts'
import type { Dictionary } from '../../i18n/zh-CN.ts'
import { Moment } from '../../ui/moment.tsx'
import { FailurePanel, Skeleton } from '../../ui/state-panel.tsx'
import { loadDevice } from '../device-loads.ts'

export function DeviceCard(props: { readonly id: string }) {
  const { api, city, preferences } = useApp()
  const words = preferences.words.value
  const [loaded, reload] = useResource(props.id, (signal) => loadDevice(api, props.id, signal))
  const isSimulated = loaded.kind === 'ready' && loaded.value.simulated
  useEffect(() => city.noteSimulated(isSimulated), [isSimulated])
  if (loaded.kind === 'loading') return <Skeleton rows={3} />
  if (loaded.kind === 'failed')
    return <FailurePanel what={words.drawer.device} error={loaded.error} onRetry={reload} />
  return <DeviceFacts device={loaded.value} />
}

export function DeviceFacts(props: { readonly device: Device }) {
  const { city, preferences } = useApp()
  const words = preferences.words.value
  const language = preferences.language.value
  const { device } = props
  const type = city.catalogue.value.get(device.type)
  const place = [inLanguage(divisionName(device.division), language), device.street]
    .filter(Boolean)
    .join(' ')
  const facts: readonly (readonly [string, string | null])[] = [
    [words.copyId('').trim(), device.id],
    [words.devices.type, type === undefined ? device.type : inLanguage(type.name, language)],
    [words.alerts.columns.where, place],
    [words.devices.code, device.componentCode],
    [words.devices.department, device.department],
    [words.devices.maintainer, device.maintainer],
    [
      words.devices.position,
      device.lat === null || device.lon === null
        ? null
        : `${device.lat.toFixed(5)}, ${device.lon.toFixed(5)}`,
    ],
    [words.devices.aliases, device.aliases.join(', ')],
    [words.devices.integration, device.integration],
    [words.devices.clock, device.clock === null ? null : skewText(device.clock.skewMs, words)],
  ]
  return (
    <dl class="facts is-wide">
      {facts.map(
        ([name, value]) =>
          value !== null &&
          value !== '' && (
            <div key={name}>
              <dt>{name}</dt>
              <dd data-user-text>{value}</dd>
            </div>
          ),
      )}
      {device.parent !== null && (
        <div>
          <dt>{words.devices.parent}</dt>
          <dd>
            <a href={devicePath(device.parent)}>{device.parent}</a>
          </dd>
        </div>
      )}
      {(device.lastSeenAt !== null || device.presence !== null) && (
        <div>
          <dt>{words.devices.lastSeen}</dt>
          <dd>
            {device.lastSeenAt !== null && <Moment at={device.lastSeenAt} />}{' '}
            {device.presence === 'online' && <span class="muted">{words.devices.online}</span>}
            {device.presence === 'offline' && <span class="muted">{words.devices.offline}</span>}
          </dd>
        </div>
      )}
    </dl>
  )
}

/** Under a second nobody needs to know. */
const SKEW_SHOWN_MS = 1_000

function skewText(skewMs: number, words: Dictionary): string {
  if (Math.abs(skewMs) < SKEW_SHOWN_MS) return words.devices.clockRight
  const by = span(Math.abs(skewMs), words)
  return skewMs > 0 ? words.devices.clockSlow(by) : words.devices.clockFast(by)
}
