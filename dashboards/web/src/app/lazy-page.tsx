// A component whose code is fetched when it is first drawn. A failed fetch is told and can be repeated.

import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { FailurePanel, Skeleton } from '../ui/state-panel.tsx'
import { useApp } from './context.ts'

export function lazyPage<P extends object>(
  load: () => Promise<ComponentType<P>>,
): ComponentType<P> {
  let loaded: ComponentType<P> | null = null
  return function LazyPage(props: P) {
    const words = useApp().preferences.words.value
    const [, redraw] = useState(0)
    const [error, setError] = useState<unknown>(null)
    const [turn, setTurn] = useState(0)
    useEffect(() => {
      if (loaded !== null) return
      load().then(
        (component) => {
          loaded = component
          redraw((value) => value + 1)
        },
        (reason: unknown) => setError(reason),
      )
    }, [turn])
    if (loaded !== null) {
      const Page = loaded
      return <Page {...props} />
    }
    if (error !== null)
      return (
        <FailurePanel
          what={words.product}
          error={error}
          onRetry={() => {
            setError(null)
            setTurn(turn + 1)
          }}
        />
      )
    return <Skeleton rows={8} />
  }
}
