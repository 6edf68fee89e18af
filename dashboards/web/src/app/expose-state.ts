// A read-only look at the page's state for tests and for whoever opens the console: `window.__ui`.

import type { City } from './city.ts'

export function exposeState(city: City): void {
  const state = {
    get storeSize() {
      return city.alerts.size
    },
    get lastSeq() {
      return city.alerts.lastSeq
    },
    /** Rows of the list in the document at this moment. */
    get rendered() {
      return document.querySelectorAll('[data-row]').length
    },
    get connection() {
      return city.connection.peek().state
    },
  }
  Object.defineProperty(window, '__ui', { value: Object.freeze(state), writable: false })
}
