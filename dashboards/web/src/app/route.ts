// Addresses and the pages they name. Pure, so that every address can be tried in a test.

export type Route =
  | { readonly page: 'alerts' }
  | { readonly page: 'tickets' }
  | { readonly page: 'devices' }
  | { readonly page: 'device'; readonly id: string }
  | { readonly page: 'health' }
  | { readonly page: 'not-found' }

export function routeOf(path: string): Route {
  const parts = path.split('/').filter((part) => part !== '')
  if (parts.length === 0 || (parts.length === 1 && parts[0] === 'ops')) return { page: 'alerts' }
  if (parts[0] !== 'ops') return { page: 'not-found' }
  const [, section, id] = parts
  if (parts.length === 2) {
    if (
      section === 'alerts' ||
      section === 'tickets' ||
      section === 'devices' ||
      section === 'health'
    )
      return { page: section }
  } else if (parts.length === 3 && section === 'devices' && id !== undefined) {
    const device = decoded(id)
    if (device !== null) return { page: 'device', id: device }
  }
  return { page: 'not-found' }
}

export function devicePath(id: string): string {
  return `/ops/devices/${encodeURIComponent(id)}`
}

export function alertPath(id: string): string {
  return `/ops/alerts?sel=${encodeURIComponent(id)}`
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}
