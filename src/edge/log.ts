// What the edge needs of a logger (pino fits), and a brake for lines that a stranger on the network can provoke.

import type { Clock } from '../ports.ts'

type Write = (fields: object, message: string) => void

export interface Log {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
}

const WINDOW_MS = 1_000
const LINES_PER_WINDOW = 10

/** Writes at most so many lines a second; the next line after that says how many were left out. Never throws. */
export function createBrakedLog(
  log: Log,
  clock: Clock,
  linesMax = LINES_PER_WINDOW,
): (level: keyof Log, fields: object, message: string) => void {
  let windowStart = Number.NEGATIVE_INFINITY
  let lines = 0
  let leftOut = 0
  return (level, fields, message) => {
    const now = clock.now()
    if (now - windowStart >= WINDOW_MS || now < windowStart) {
      windowStart = now
      lines = 0
    }
    if (lines >= linesMax) {
      leftOut++
      return
    }
    lines++
    try {
      log[level](leftOut > 0 ? { ...fields, leftOut } : fields, message)
      leftOut = 0
    } catch {
      // A logger that fails must not take the connection down with it.
      leftOut++
    }
  }
}
