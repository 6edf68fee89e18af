// Why a device's readings were refused: the newest first, the reason in words, and what exactly was wrong with the value.

import { ApiFailure } from '../../api/client.ts'
import { useApp } from '../../app/context.ts'
import { useResource } from '../../app/use-resource.ts'
import { wordFor } from '../../i18n/words.ts'
import { Moment } from '../../ui/moment.tsx'
import { FailurePanel, Skeleton } from '../../ui/state-panel.tsx'
import { loadDeviceErrors } from '../device-loads.ts'

export function DeviceErrors(props: { readonly id: string }) {
  const { api, preferences } = useApp()
  const words = preferences.words.value
  const [loaded, reload] = useResource(props.id, (signal) =>
    loadDeviceErrors(api, props.id, signal),
  )
  // Not everybody may look into what devices send.
  if (loaded.kind === 'failed' && loaded.error instanceof ApiFailure && loaded.error.status === 403)
    return null
  return (
    <section class="section">
      <h2>{words.devices.refused}</h2>
      {loaded.kind === 'loading' && <Skeleton rows={2} />}
      {loaded.kind === 'failed' && (
        <FailurePanel what={words.devices.refused} error={loaded.error} onRetry={reload} />
      )}
      {loaded.kind === 'ready' && loaded.value.length === 0 && (
        <p class="muted">{words.devices.nothingRefused}</p>
      )}
      {loaded.kind === 'ready' && loaded.value.length > 0 && (
        <ol class="history">
          {loaded.value.map((error, index) => (
            <li key={index}>
              <span class="history-at">
                <Moment at={error.at} />
              </span>
              <span class="history-what">
                {wordFor(words.refusal, error.code)}
                <span class="history-note" data-user-text>
                  {error.detail}
                </span>
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
