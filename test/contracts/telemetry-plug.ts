// A telemetry store as one process sees it: it can stumble once, and it can be cut off in the middle of the work, as a kill does.
// What stands behind it lives on for the next process.

import type { TelemetryStore } from '../../src/ports.ts'

export interface Plug {
  readonly store: TelemetryStore
  /** Of the next calls, batches read included, the one after `calls` others fails; those behind it succeed again. */
  stumbleAfter(calls: number): void
  /** After `calls` more calls nothing goes through any more; `onPulled` runs at that moment. */
  pullAfter(calls: number, onPulled: () => void): void
  /** Now, if it has not been pulled; `onPulled` of `pullAfter` runs. */
  pull(): void
}

export function plugTelemetry(behind: TelemetryStore): Plug {
  let stumbleIn = Number.POSITIVE_INFINITY
  let pullIn = Number.POSITIVE_INFINITY
  let isPulled = false
  let onPulled = (): void => {}

  function pull(): void {
    if (isPulled) return
    isPulled = true
    onPulled()
  }

  function passOne(): void {
    if (pullIn-- <= 0) pull()
    if (isPulled) throw new Error('Cannot reach the store: the process was killed')
    if (stumbleIn-- <= 0) {
      stumbleIn = Number.POSITIVE_INFINITY
      throw new Error('Cannot reach the store: it stumbled')
    }
  }

  async function call<T>(work: () => Promise<T>): Promise<T> {
    passOne()
    const result = await work()
    // Done, but the process does not live to hear of it.
    if (isPulled) throw new Error('Cannot reach the store: the process was killed')
    return result
  }

  async function* batches<T>(rows: AsyncIterable<T>): AsyncIterable<T> {
    for await (const batch of rows) {
      passOne()
      yield batch
    }
    passOne()
  }

  return {
    store: {
      write: (readings, through, at) => call(() => behind.write(readings, through, at)),
      sync: () => call(() => behind.sync()),
      counts: () => behind.counts(),
      readings: (query) => batches(behind.readings(query)),
      windows: (level, query) => batches(behind.windows(level, query)),
      putWindows: (level, type, windows) => call(() => behind.putWindows(level, type, windows)),
      extent: () => call(() => behind.extent()),
      expired: (level, type, before) => call(() => behind.expired(level, type, before)),
      drop: (level, type, before) => call(() => behind.drop(level, type, before)),
      state: () => behind.state(),
      close: async () => {},
    },
    stumbleAfter(calls) {
      stumbleIn = calls
    },
    pullAfter(calls, then) {
      pullIn = calls
      onPulled = then
    },
    pull,
  }
}
