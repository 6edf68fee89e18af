// The list of declared routes: for answering 405 rather than 404, and for the test that compares it with the golden list.

import type { Server } from './server.ts'

export interface RouteTable {
  /** Methods that exist for the path, in alphabetical order; empty when there are none. */
  methodsFor(path: string): readonly string[]
}

/** Must be called before the first route is declared. */
export function createRouteTable(app: Server): RouteTable {
  const routes: { readonly method: string; readonly segments: readonly string[] }[] = []
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat())
      routes.push({ method, segments: route.url.split('/') })
  })
  return {
    methodsFor(path) {
      const segments = path.split('/')
      const found = routes.filter((route) => matches(route.segments, segments))
      return [...new Set(found.map(({ method }) => method))].sort()
    },
  }
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.at(-1) === '*')
    return pattern.slice(0, -1).every((part, index) => part === segments[index])
  if (pattern.length !== segments.length) return false
  return pattern.every((part, index) =>
    part.startsWith(':') ? segments[index] !== '' : part === segments[index],
  )
}
