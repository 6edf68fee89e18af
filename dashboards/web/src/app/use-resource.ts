// Loads something for a component: what is shown while it is on its way, when it failed, and when it is there.

import { useCallback, useEffect, useState } from 'preact/hooks'

export type Resource<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'ready'; readonly value: T }

/**
 * Loads when `key` changes; null loads nothing. An answer to an older key is dropped. `reload` keeps showing the old value until
 * the new one is there.
 */
export function useResource<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
): readonly [Resource<T>, () => void] {
  const [state, setState] = useState<{ key: string | null; resource: Resource<T> }>({
    key: null,
    resource: { kind: 'loading' },
  })
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    if (key === null) return undefined
    const abort = new AbortController()
    load(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) setState({ key, resource: { kind: 'ready', value } })
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setState({ key, resource: { kind: 'failed', error } })
      },
    )
    return () => abort.abort()
    // `load` closes over the key; a new function alone is no reason to load again.
  }, [key, turn])
  const reload = useCallback(() => setTurn((value) => value + 1), [])
  return [state.key === key ? state.resource : { kind: 'loading' }, reload]
}
