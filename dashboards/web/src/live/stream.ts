// Keeps one connection to the live stream: opens it, watches for silence, waits longer after each failure, and says at any moment
// how far what is on the screen can be trusted. What the events mean is the feed's business.

import type { Clock } from './clock.ts'
import { createEventParser } from './event-parser.ts'
import type { ServerEvent } from './event-parser.ts'

export type ConnectionState =
  | 'connecting'
  | 'live'
  /** No byte for `SILENCE_MS`: what is shown may be old. */
  | 'stale'
  /** The browser has no network, or three attempts in a row failed. */
  | 'offline'
  | 'catching-up'
  /** Closed on purpose while nobody looks. */
  | 'paused'
  | 'signed-out'

export interface Connection {
  readonly state: ConnectionState
  /** Failed attempts since the connection was last good. */
  readonly attempt: number
  /** When the last byte came, in the clock's time; null before the first. */
  readonly lastByteAt: number | null
}

export type Opening =
  | { readonly kind: 'open'; readonly chunks: AsyncIterable<Uint8Array> }
  | { readonly kind: 'signed-out' }
  | { readonly kind: 'refused'; readonly retryAfterMs: number | null }

export interface StreamOptions {
  readonly clock: Clock
  /** In [0, 1); spreads the retries of many desks. */
  readonly random: () => number
  /** Brings the store to where the stream can go on from, when needed. Rejects when the server cannot be reached. */
  readonly prepare: (signal: AbortSignal) => Promise<'ready' | 'signed-out'>
  readonly open: (signal: AbortSignal) => Promise<Opening>
  /** `restart` closes the connection and begins again with `prepare`, without counting a failure. */
  readonly onEvent: (event: ServerEvent) => 'continue' | 'caught-up' | 'restart'
  readonly onChange: (connection: Connection) => void
}

export interface Stream {
  start(): void
  /** Tries again now instead of waiting: the network came back, the tab is looked at, somebody pressed the button. */
  retryNow(): void
  /** The browser's own word on the network. */
  setNetwork(isUp: boolean): void
  pause(): void
  resume(): void
  close(): void
}

export const SILENCE_MS = 12_000
export const BACKOFF_MS: readonly number[] = [500, 1_000, 2_000, 4_000, 8_000, 15_000]
const OFFLINE_AFTER_FAILURES = 3

export function createStream(options: StreamOptions): Stream {
  const { clock } = options
  let connection: Connection = { state: 'connecting', attempt: 0, lastByteAt: null }
  let isNetworkUp = true
  let isClosed = false
  let isPaused = false
  let isRunning = false
  let wasLive = false
  let isHurried = false
  let abort = new AbortController()
  let wake: (() => void) | null = null
  let cancelSilence = (): void => undefined

  function show(change: Partial<Connection>): void {
    connection = { ...connection, ...change }
    options.onChange(connection)
  }

  /** How a connection that is not there is called. */
  function stateWithout(): ConnectionState {
    if (isPaused) return 'paused'
    if (!isNetworkUp || connection.attempt >= OFFLINE_AFTER_FAILURES) return 'offline'
    const { lastByteAt } = connection
    return lastByteAt !== null && clock.now() - lastByteAt >= SILENCE_MS ? 'stale' : 'connecting'
  }

  function watchSilence(): void {
    cancelSilence()
    cancelSilence = clock.after(SILENCE_MS, () => {
      show({ state: isPaused ? 'paused' : 'stale' })
      abort.abort()
    })
  }

  function hear(): void {
    show({ lastByteAt: clock.now(), attempt: 0 })
    watchSilence()
  }

  /** Resolves when the connection has ended; the value says whether that was a failure. */
  async function connectOnce(
    signal: AbortSignal,
  ): Promise<'failed' | 'again' | 'signed-out' | number> {
    watchSilence()
    const prepared = await options.prepare(signal)
    if (prepared === 'signed-out') return 'signed-out'
    const opening = await options.open(signal)
    if (opening.kind === 'signed-out') return 'signed-out'
    if (opening.kind === 'refused') return opening.retryAfterMs ?? 'failed'
    const parser = createEventParser()
    if (wasLive) show({ state: 'catching-up' })
    for await (const bytes of opening.chunks) {
      if (signal.aborted) return 'failed'
      hear()
      for (const event of parser.push(bytes)) {
        const verdict = options.onEvent(event)
        if (verdict === 'restart') return 'again'
        if (verdict === 'caught-up' && connection.state !== 'live') {
          wasLive = true
          show({ state: 'live' })
        }
      }
    }
    return 'failed'
  }

  async function attempt(): Promise<'failed' | 'again' | 'signed-out' | number> {
    abort = new AbortController()
    const { signal } = abort
    try {
      return await connectOnce(signal)
    } catch {
      // Every cause of a lost connection is told in the same way: by the state and the attempt on the screen.
      return 'failed'
    } finally {
      cancelSilence()
      if (!signal.aborted) abort.abort()
    }
  }

  function waitMs(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, done)
      function done(): void {
        cancel()
        wake = null
        resolve()
      }
      wake = done
    })
  }

  async function run(): Promise<void> {
    let restarts = 0
    for (;;) {
      if (isClosed || isPaused) return
      const result = await attempt()
      if (isClosed) return
      if (result === 'signed-out') return show({ state: 'signed-out' })
      if (isPaused) return show({ state: 'paused' })
      // A server that asks for a restart again and again must not be answered in a tight loop.
      restarts = result === 'again' ? restarts + 1 : 0
      if (result === 'again' && restarts <= 2) continue
      show({ attempt: connection.attempt + 1 })
      show({ state: stateWithout() })
      if (isHurried) {
        isHurried = false
        continue
      }
      await waitMs(
        typeof result === 'number' ? result : backoffMs(connection.attempt, options.random),
      )
    }
  }

  function begin(): void {
    if (isRunning || isClosed) return
    isRunning = true
    run().then(
      () => (isRunning = false),
      () => (isRunning = false),
    )
  }

  return {
    start() {
      show({ state: 'connecting', attempt: 0 })
      begin()
    },
    retryNow() {
      if (wake !== null) wake()
      else if (connection.attempt > 0) {
        // An attempt is under way and gives no sign: give it up and begin another at once.
        isHurried = true
        abort.abort()
      }
    },
    setNetwork(isUp) {
      isNetworkUp = isUp
      if (!isUp) show({ state: 'offline' })
      else if (connection.state === 'offline') show({ state: stateWithout() })
      if (isUp) wake?.()
      else abort.abort()
    },
    pause() {
      isPaused = true
      show({ state: 'paused' })
      abort.abort()
      wake?.()
    },
    resume() {
      if (!isPaused) return
      isPaused = false
      show({ state: 'connecting', attempt: 0 })
      // The old run may still be unwinding; it then finds itself not paused and goes on.
      begin()
      wake?.()
    },
    close() {
      isClosed = true
      cancelSilence()
      abort.abort()
      wake?.()
    },
  }
}

/** 0.5, 1, 2, 4, 8, 15, 15, ... seconds, each 20 % more or less. */
export function backoffMs(attempt: number, random: () => number): number {
  const base = BACKOFF_MS[Math.min(Math.max(attempt, 1), BACKOFF_MS.length) - 1] ?? 15_000
  return Math.round(base * (0.8 + 0.4 * random()))
}
