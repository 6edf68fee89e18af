// The kinds of values that settings have: how each is written, and what it stands for.

import { z } from 'zod'
import { keepsLateData, parseRetention } from './core/telemetry/retention-policy.ts'
import { readPem } from './tls-files.ts'

export const duration = z
  .string()
  .regex(/^\d+(ms|s|m|h|d)$/, 'expected a duration such as 30s, 15m, 12h or 90d')
  .transform((text) => {
    const unit = text.replace(/^\d+/, '')
    const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? Number.NaN
    return Number.parseInt(text, 10) * factor
  })

export const size = z
  .string()
  .regex(/^\d+(MiB|GiB)$/, 'expected a size such as 512MiB or 20GiB')
  .transform((text) => Number.parseInt(text, 10) * (text.endsWith('GiB') ? 2 ** 30 : 2 ** 20))

export const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:]+):\d{1,5}$/, 'expected host:port, such as 127.0.0.1:8080')
  .refine(
    (text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535,
    'expected a port up to 65535',
  )
  .transform((text) => ({
    host: text.slice(0, text.lastIndexOf(':')).replace(/^\[|\]$/g, ''),
    port: Number(text.slice(text.lastIndexOf(':') + 1)),
  }))

export const flag = z.enum(['true', 'false']).transform((text) => text === 'true')

export const timeZone = z.string().refine((name) => {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}, 'expected an IANA time zone such as Asia/Shanghai')

/** PEM itself, or the file that holds it, which is read again when the product is told to (SIGHUP). */
export const pem = z.string().refine((text) => {
  try {
    return readPem(text).includes('-----BEGIN ')
  } catch {
    return false
  }
}, 'expected a readable PEM file')

export const retention = z.string().transform((text, context) => {
  const parsed = parseRetention(text)
  if (parsed.ok && keepsLateData(parsed.retention)) return parsed.retention
  const message = parsed.ok
    ? 'expected 8d or more, as readings may come 7 days late'
    : // The value is told beside it.
      parsed.reason.replace(/, got [^,]*$/, '')
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})
