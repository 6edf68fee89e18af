// The address bar as signals: the current page and its query, changed without reloading.

import { computed, signal } from '@preact/signals'
import type { ReadonlySignal } from '@preact/signals'
import { routeOf } from './route.ts'
import type { Route } from './route.ts'

export interface Router {
  readonly route: ReadonlySignal<Route>
  readonly query: ReadonlySignal<URLSearchParams>
  go(path: string): void
  /** Changes parts of the query in place, without a step in the history; null takes a part out. */
  setQuery(change: Readonly<Record<string, string | null>>): void
}

export function createRouter(): Router {
  const path = signal(location.pathname)
  const search = signal(location.search)
  const query = computed(() => new URLSearchParams(search.value))

  function read(): void {
    path.value = location.pathname
    search.value = location.search
  }
  addEventListener('popstate', read)

  // Links stay links (open in a new tab works); plain clicks on our own pages do not reload.
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (link === null || link.origin !== location.origin || link.target !== '') return
    if (!link.pathname.startsWith('/ops') && link.pathname !== '/') return
    event.preventDefault()
    go(link.pathname + link.search)
  })

  function go(target: string): void {
    if (target !== location.pathname + location.search) history.pushState(null, '', target)
    read()
  }

  return {
    route: computed(() => routeOf(path.value)),
    query,
    go,
    setQuery(change) {
      const next = new URLSearchParams(location.search)
      for (const [name, value] of Object.entries(change))
        if (value === null || value === '') next.delete(name)
        else next.set(name, value)
      const text = next.toString()
      history.replaceState(null, '', location.pathname + (text === '' ? '' : `?${text}`))
      read()
    },
  }
}
