// The registry: find a device by name, id, street or type. The search runs on the server, page by page.

import { useEffect, useRef, useState } from 'preact/hooks'
import { readDevice } from '../../api/device.ts'
import type { Device } from '../../api/device.ts'
import { list, record, textOrNull } from '../../api/json.ts'
import { useApp } from '../../app/context.ts'
import { failureText } from '../../app/notices.ts'
import { devicePath } from '../../app/route.ts'
import { useKeys } from '../../app/use-keys.ts'
import { useResource } from '../../app/use-resource.ts'
import { divisionName } from '../../i18n/divisions.ts'
import { inLanguage } from '../../i18n/words.ts'
import { Icon } from '../../ui/icon.tsx'
import { SeverityMark } from '../../ui/severity-mark.tsx'
import { SimulatedTag } from '../../ui/simulated-tag.tsx'
import { FailurePanel, Skeleton, StatePanel } from '../../ui/state-panel.tsx'
import { worstAlerts } from './worst-alerts.ts'

interface DevicePageOfList {
  readonly items: readonly Device[]
  readonly cursor: string | null
}

const PAGE_ROWS = 100
/** More rows than anybody reads; a narrower search is the way to the rest. */
const ROWS_MAX = 1_000
const TYPING_PAUSE_MS = 250

export function DeviceDesk() {
  const { api, city, clock, notices, preferences, router } = useApp()
  const words = preferences.words.value
  const language = preferences.language.value
  const query = router.query.value
  const text = (query.get('q') ?? '').trim()
  const type = query.get('type') ?? ''
  const key = `${type}|${text}`
  const search = useRef<HTMLInputElement>(null)
  const cancelTyping = useRef<() => void>(() => undefined)
  useKeys({ '/': () => search.current?.focus() })

  async function load(cursor: string | null, signal?: AbortSignal): Promise<DevicePageOfList> {
    const parameters = new URLSearchParams({ limit: String(PAGE_ROWS) })
    if (text !== '') parameters.set('q', text)
    if (type !== '') parameters.set('type', type)
    if (cursor !== null) parameters.set('cursor', cursor)
    const answer = record(await api.get(`/devices?${parameters.toString()}`, signal))
    const items = list(answer['items']).flatMap((item) => readDevice(item) ?? [])
    city.noteSimulated(items.some((device) => device.simulated))
    return { items, cursor: textOrNull(answer['cursor']) }
  }

  const [loaded, reload] = useResource(key, (signal) => load(null, signal))
  const [more, setMore] = useState<DevicePageOfList & { readonly key: string }>({
    key: '',
    items: [],
    cursor: null,
  })
  const first = loaded.kind === 'ready' ? loaded.value : null
  useEffect(() => setMore({ key, items: [], cursor: first?.cursor ?? null }), [first, key])
  const devices = first === null ? [] : [...first.items, ...(more.key === key ? more.items : [])]

  async function loadMore(): Promise<void> {
    try {
      const page = await load(more.cursor)
      setMore((before) =>
        before.key === key
          ? { key, items: [...before.items, ...page.items], cursor: page.cursor }
          : before,
      )
    } catch (error) {
      notices.add(
        'failed',
        `${words.drawer.loadFailed(words.devices.title)}: ${failureText(error, words)}`,
      )
    }
  }

  void city.alertsVersion.value
  const worst = worstAlerts(city.alerts.all())
  return (
    <div class="desk">
      <section class="desk-main">
        <div class="toolbar">
          <h1 class="toolbar-title">{words.devices.title}</h1>
          <label class="search">
            <Icon name="search" />
            <input
              ref={search}
              type="search"
              defaultValue={text}
              placeholder={words.devices.search}
              aria-label={words.devices.search}
              spellcheck={false}
              onInput={(event) => {
                const { value } = event.currentTarget
                cancelTyping.current()
                cancelTyping.current = clock.after(TYPING_PAUSE_MS, () =>
                  router.setQuery({ q: value }),
                )
              }}
            />
          </label>
          <select
            class="select"
            aria-label={words.devices.filterType}
            value={type}
            onChange={(event) => router.setQuery({ type: event.currentTarget.value })}
          >
            <option value="">{words.devices.allTypes}</option>
            {[...city.catalogue.value.values()].map((one) => (
              <option value={one.id} key={one.id}>
                {inLanguage(one.name, language)}
              </option>
            ))}
          </select>
        </div>
        <div class="table-area">
          {loaded.kind === 'loading' && <Skeleton rows={12} />}
          {loaded.kind === 'failed' && (
            <FailurePanel what={words.devices.title} error={loaded.error} onRetry={reload} />
          )}
          {loaded.kind === 'ready' && devices.length === 0 && (
            <StatePanel
              title={key === '|' ? words.devices.empty : words.devices.noMatch}
              {...(key === '|' ? { detail: words.devices.emptyDetail } : {})}
            />
          )}
          {devices.length > 0 && (
            <table class="list-table">
              <thead>
                <tr>
                  <th scope="col">{words.devices.columns.name}</th>
                  <th scope="col">{words.devices.columns.type}</th>
                  <th scope="col">{words.devices.columns.where}</th>
                  <th scope="col">{words.devices.columns.department}</th>
                  <th scope="col">{words.devices.columns.alerts}</th>
                </tr>
              </thead>
              <tbody>
                {devices.map((device) => {
                  const alert = worst.get(device.id)
                  const info = city.catalogue.value.get(device.type)
                  return (
                    <tr key={device.id}>
                      <td>
                        <a class="row-link" href={devicePath(device.id)} data-user-text>
                          {device.name}
                        </a>{' '}
                        <span class="asset-id">{device.id}</span>{' '}
                        <SimulatedTag when={device.simulated} />
                      </td>
                      <td>{info === undefined ? device.type : inLanguage(info.name, language)}</td>
                      <td data-user-text>
                        {[inLanguage(divisionName(device.division), language), device.street]
                          .filter(Boolean)
                          .join(' ')}
                      </td>
                      <td data-user-text>{device.department ?? words.missing}</td>
                      <td>
                        {alert === undefined ? (
                          <span class="muted">{words.missing}</span>
                        ) : (
                          <span class="alert-count">
                            <SeverityMark severity={alert.severity} /> {alert.count}
                          </span>
                        )}
                      </td>
                    </tr>
                  )
                })}
              </tbody>
            </table>
          )}
          {more.key === key && more.cursor !== null && devices.length < ROWS_MAX && (
            <button type="button" class="button more-button" onClick={() => void loadMore()}>
              {words.devices.more}
            </button>
          )}
        </div>
        <footer class="desk-foot">
          <span>{words.devices.loaded(devices.length)}</span>
        </footer>
      </section>
    </div>
  )
}
