// The log: one JSON line per event on standard output (or standard error for commands whose output is data). Secrets are redacted
// by name wherever they stand.

import { pino, type Logger } from 'pino'

const SECRETS = ['password', 'secret', 'token', 'authorization', 'cookie', 'key']

export function createLog(level: string, destination: 1 | 2 = 1): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '***',
      },
    },
    pino.destination({ fd: destination, sync: true }),
  )
}

export type Log = Logger
