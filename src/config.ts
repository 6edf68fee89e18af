// Environment -> Config. The only reader of process.env; every value is checked once, and all problems are told at once.

import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { address, duration, flag, pem, retention, size, timeZone } from './setting-kinds.ts'
import { readPem, tlsProblems } from './tls-files.ts'

interface Setting {
  readonly schema: z.ZodType
  /** Text form of the default; undefined: no value. */
  readonly fallback?: string
  readonly secret?: boolean
  readonly about: string
}

/** The settings table: order, defaults and meaning as the README prints them. */
export const settings = {
  HETAO_DATA_DIR: {
    schema: z.string().min(1),
    fallback: './data',
    about: 'Where everything is kept; made when absent, mode 0700',
  },
  HETAO_HTTP: {
    schema: address,
    fallback: '127.0.0.1:8080',
    about: 'Address of the API and the pages; port 0 means any free port',
  },
  HETAO_MQTT: {
    schema: address,
    fallback: '127.0.0.1:1883',
    about: 'Address of the MQTT 3.1.1 broker',
  },
  HETAO_MQTTS: { schema: address, about: 'Address of the MQTT broker over TLS' },
  HETAO_WS: { schema: address, about: 'Address of the MQTT broker over WebSocket, path /mqtt' },
  HETAO_WSS: {
    schema: address,
    about: 'Address of the MQTT broker over WebSocket and TLS, path /mqtt',
  },
  HETAO_TLS_CERT: {
    schema: pem,
    about: 'Certificate chain of the TLS listeners: a PEM file, read again on SIGHUP',
  },
  HETAO_TLS_KEY: { schema: pem, about: 'Private key of the certificate: a PEM file' },
  HETAO_TLS_CA: {
    schema: pem,
    about:
      'Authority that signs device certificates: a PEM file. Devices may then sign in with a certificate whose CN or SAN is their id',
  },
  HETAO_ALLOW_PLAIN_HTTP: {
    schema: flag,
    fallback: 'false',
    about: 'Allow HTTP without TLS on an address other than loopback',
  },
  HETAO_ALLOW_PLAIN_MQTT: {
    schema: flag,
    fallback: 'false',
    about: 'Allow MQTT and WebSocket without TLS on an address other than loopback',
  },
  HETAO_STORE: {
    schema: z.enum(['embedded', 'influx']),
    fallback: 'embedded',
    about: 'Where telemetry is kept: files of our own, or InfluxDB (docs/telemetry.md)',
  },
  INFLUX_URL: {
    schema: z.url({ protocol: /^https?$/ }),
    about: 'Address of InfluxDB; 1.x, 2.x or 3 is found out by asking it',
  },
  INFLUX_TOKEN: {
    schema: z.string().regex(/^[^\r\n]{1,512}$/, 'expected one line of up to 512 characters'),
    secret: true,
    about: 'Token that may write and read the buckets; `user:password` for 1.x',
  },
  INFLUX_ORG: {
    schema: z.string().min(1).max(200),
    about: 'Organisation of the buckets (2.x)',
  },
  INFLUX_BUCKET: {
    schema: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'expected letters, digits, - and _ (at most 64)'),
    fallback: 'iot',
    about: 'Bucket or database of the readings; windows go to `<bucket>/r1m`, `/r1h`, `/r1d`',
  },
  HETAO_CASES: {
    schema: z.enum(['none', 'webhook']),
    fallback: 'none',
    about: 'Case system adapter',
  },
  HETAO_CASES_URL: {
    schema: z.url({ protocol: /^https?$/ }),
    about: 'Where tickets are posted (webhook)',
  },
  HETAO_CASES_SECRET: {
    schema: z.string().min(16),
    secret: true,
    about: 'Signs what is sent to the case system (Standard Webhooks)',
  },
  HETAO_CASES_INBOUND_SECRET: {
    schema: z.string().min(16),
    secret: true,
    about: 'Checks what the case system sends back; must differ from the outbound secret',
  },
  HETAO_ADMIN_TOKEN: {
    schema: z.string().min(32, 'expected 32 characters or more'),
    secret: true,
    about: 'Bootstrap bearer token with role admin',
  },
  HETAO_ONENET_TOKEN: {
    schema: z.string().min(8, 'expected 8 characters or more'),
    secret: true,
    about: "Token of OneNET's push: what it signs comes in at /api/v1/ingest/onenet/{account}",
  },
  HETAO_PUBLIC_URL: {
    schema: z.url({ protocol: /^https?$/ }),
    about: 'The address people use, when it is not the one listened on (proxy)',
  },
  HETAO_TIMEZONE: { schema: timeZone, fallback: 'Asia/Shanghai', about: "The city's time zone" },
  HETAO_RETENTION_JOURNAL: {
    schema: duration,
    fallback: '30d',
    about: 'How long journal segments are kept',
  },
  HETAO_RETENTION_RAW: {
    schema: retention,
    fallback: '90d',
    about:
      'How long readings are kept: a time or `forever`, with exceptions by type (`90d,indoor-temperature=800d`)',
  },
  HETAO_RETENTION_1M: {
    schema: retention,
    fallback: '400d',
    about: 'How long windows of a minute are kept, written likewise',
  },
  HETAO_RETENTION_1H: {
    schema: retention,
    fallback: '1830d',
    about: 'How long windows of an hour are kept, written likewise',
  },
  HETAO_RETENTION_1D: {
    schema: retention,
    fallback: 'forever',
    about: 'How long windows of a day are kept, written likewise',
  },
  HETAO_JOURNAL_SEGMENT: {
    schema: size,
    fallback: '64MiB',
    about: 'Size at which a new journal segment begins',
  },
  HETAO_JOURNAL_MAX: {
    schema: size,
    fallback: '20GiB',
    about:
      'Upper bound of the journal on disk; the oldest segments that nobody needs go first, then acknowledgements are held',
  },
  HETAO_SNAPSHOT_EVERY: {
    schema: duration,
    fallback: '60s',
    about: 'Time between snapshots of the engine',
  },
  HETAO_MQTT_CONNECTIONS_MAX: {
    schema: z.coerce.number().int().min(1).max(1_000_000),
    fallback: '20000',
    about: 'Simultaneous MQTT connections',
  },
  HETAO_MQTT_CONNECTIONS_PER_ADDRESS: {
    schema: z.coerce.number().int().min(1).max(1_000_000),
    fallback: '2000',
    about:
      'Simultaneous MQTT connections from one address other than loopback; many devices share one behind the network of an operator',
  },
  HETAO_MQTT_RATE: {
    schema: z.coerce.number().int().min(1).max(10_000_000),
    fallback: '5000',
    about:
      'Messages per second that one MQTT connection may publish, with a burst of four seconds of it',
  },
  HETAO_LOG_LEVEL: {
    schema: z.enum(['error', 'warn', 'info', 'debug', 'silent']),
    fallback: 'info',
    about: 'Log level',
  },
} as const satisfies Record<string, Setting>

type Settings = typeof settings
type Value<K extends keyof Settings> =
  z.output<Settings[K]['schema']> | (Settings[K] extends { fallback: string } ? never : null)

export type Config = { readonly [K in keyof Settings]: Value<K> }

/** Reads the process's own environment; secrets are taken out of it, so that no child inherits them. */
export function readProcessConfig(): ConfigResult {
  const result = readConfig(process.env)
  for (const [name, setting] of Object.entries<Setting>(settings))
    if (setting.secret === true) delete process.env[name]
  return result
}

export type ConfigResult =
  | { readonly kind: 'ok'; readonly config: Config; readonly warnings: readonly string[] }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] }

/** Whoever sets one of these believes that the connection is encrypted. */
const PROMISES_ENCRYPTION = /^HETAO_(HTTPS|MQTTS|WSS|TLS)/

const LOOPBACK = /^(127\.|::1$|localhost$)/

/** Reads the settings from `environment` (`NAME_FILE` names a file that holds the value). Unknown `HETAO_` names are warned of. */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
): ConfigResult {
  const problems: string[] = []
  const warnings: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries<Setting>(settings)) {
    const told = problems.length
    const text = rawValue(environment, name, setting, problems) ?? setting.fallback
    if (text === undefined) {
      if (problems.length === told) values[name] = null
      continue
    }
    const parsed = setting.schema.safeParse(text)
    if (parsed.success) values[name] = parsed.data
    else {
      const shown = setting.secret === true ? `a value of ${text.length} characters` : `"${text}"`
      problems.push(`${name}: ${parsed.error.issues[0]?.message ?? 'not valid'}, got ${shown}`)
    }
  }
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('HETAO_') || name.startsWith('HETAO_TEST_')) continue
    if (name.replace(/_FILE$/, '') in settings) continue
    if (PROMISES_ENCRYPTION.test(name))
      problems.push(`${name}: expected it unset, as this version has no such setting`)
    else warnings.push(`${name}: no such setting, ignored`)
  }
  if (sendsTokenInClear(values))
    warnings.push(
      'INFLUX_URL: readings and token go unencrypted to another machine; expected https, or a network of your own',
    )
  if (environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0')
    problems.push(
      'NODE_TLS_REJECT_UNAUTHORIZED: expected it unset, got "0", which would trust any case system',
    )
  problems.push(...contradictions(values))
  return problems.length > 0
    ? { kind: 'invalid', problems }
    : { kind: 'ok', config: values as Config, warnings }
}

/** A value that was not valid is missing here; its own problem is told already. */
function contradictions(config: Partial<Config>): string[] {
  const problems: string[] = []
  if (config.HETAO_CASES !== undefined && config.HETAO_CASES !== 'none') {
    if (config.HETAO_CASES_URL === null)
      problems.push(`HETAO_CASES_URL: expected an address, as HETAO_CASES is ${config.HETAO_CASES}`)
    if (config.HETAO_CASES_SECRET === null)
      problems.push(
        `HETAO_CASES_SECRET: expected a secret, as HETAO_CASES is ${config.HETAO_CASES}`,
      )
  }
  // Not shown: the password would stand in the log.
  if (typeof config.HETAO_CASES_URL === 'string' && hasUserInfo(config.HETAO_CASES_URL))
    problems.push('HETAO_CASES_URL: expected an address without user name and password')
  if (
    typeof config.HETAO_CASES_SECRET === 'string' &&
    typeof config.HETAO_CASES_INBOUND_SECRET === 'string' &&
    bareSecret(config.HETAO_CASES_SECRET) === bareSecret(config.HETAO_CASES_INBOUND_SECRET)
  )
    problems.push(
      'HETAO_CASES_INBOUND_SECRET: expected another secret than HETAO_CASES_SECRET, or our own deliveries could be sent back to us',
    )
  if (isOpen(config.HETAO_HTTP) && config.HETAO_ALLOW_PLAIN_HTTP === false)
    problems.push(
      `HETAO_HTTP: expected a loopback address, or HETAO_ALLOW_PLAIN_HTTP=true, got "${config.HETAO_HTTP.host}"`,
    )
  if (isOpen(config.HETAO_MQTT) && config.HETAO_ALLOW_PLAIN_MQTT === false)
    problems.push(
      `HETAO_MQTT: expected a loopback address, or HETAO_ALLOW_PLAIN_MQTT=true, got "${config.HETAO_MQTT.host}"`,
    )
  if (isOpen(config.HETAO_WS ?? undefined) && config.HETAO_ALLOW_PLAIN_MQTT === false)
    problems.push(
      `HETAO_WS: expected a loopback address, HETAO_WSS, or HETAO_ALLOW_PLAIN_MQTT=true, got "${config.HETAO_WS?.host}"`,
    )
  problems.push(...influxContradictions(config), ...tlsContradictions(config))
  return problems
}

function influxContradictions(config: Partial<Config>): string[] {
  if (config.HETAO_STORE !== 'influx') return []
  const { INFLUX_URL: url } = config
  if (url === null) return ['INFLUX_URL: expected an address, as HETAO_STORE is influx']
  // Not shown: the password would stand in the log.
  if (typeof url === 'string' && hasUserInfo(url))
    return [
      'INFLUX_URL: expected an address without user name and password; they go into INFLUX_TOKEN',
    ]
  return []
}

function sendsTokenInClear({ HETAO_STORE: store, INFLUX_URL: url }: Partial<Config>): boolean {
  if (store !== 'influx' || typeof url !== 'string') return false
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !LOOPBACK.test(hostname.replace(/^\[|\]$/g, ''))
}

function tlsContradictions(config: Partial<Config>): string[] {
  const { HETAO_TLS_CERT: cert, HETAO_TLS_KEY: key, HETAO_TLS_CA: ca } = config
  const listeners = (['HETAO_MQTTS', 'HETAO_WSS'] as const).filter(
    (name) => config[name] !== null && config[name] !== undefined,
  )
  const problems: string[] = []
  for (const name of listeners) {
    if (cert === null) problems.push(`${name}: expected HETAO_TLS_CERT beside it, got none`)
    if (key === null) problems.push(`${name}: expected HETAO_TLS_KEY beside it, got none`)
  }
  if (listeners.length === 0 && [cert, key, ca].some((one) => typeof one === 'string'))
    problems.push('HETAO_TLS_CERT, _KEY, _CA: expected HETAO_MQTTS or HETAO_WSS, got neither')
  if (typeof cert !== 'string' || typeof key !== 'string') return problems
  if (ca === undefined) return problems
  try {
    const files = { cert: readPem(cert), key: readPem(key), ca: ca === null ? null : readPem(ca) }
    for (const { file, problem } of tlsProblems(files))
      problems.push(`HETAO_TLS_${file.toUpperCase()}: ${problem}`)
  } catch (error) {
    problems.push(
      `HETAO_TLS_CERT, _KEY, _CA: cannot read them: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  return problems
}

function isOpen(address: Config['HETAO_HTTP'] | undefined): address is Config['HETAO_HTTP'] {
  return address !== undefined && !LOOPBACK.test(address.host)
}

function hasUserInfo(text: string): boolean {
  const { username, password } = new URL(text)
  return username !== '' || password !== ''
}

/** One webhook key has several spellings: with `whsec_` before it, and with base64 padding after it. */
function bareSecret(secret: string): string {
  return secret.replace(/^whsec_/, '').replace(/=+$/, '')
}

function rawValue(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  setting: Setting,
  problems: string[],
): string | undefined {
  const direct = environment[name]
  const file = environment[`${name}_FILE`]
  if (file === undefined) return direct === '' ? undefined : direct
  if (direct !== undefined) {
    problems.push(`${name}: expected the value or ${name}_FILE, got both`)
    return undefined
  }
  try {
    if (setting.secret === true && (statSync(file).mode & 0o077) !== 0)
      problems.push(
        `${name}_FILE: expected a file only its owner can read (mode 0600), got "${file}"`,
      )
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    problems.push(
      `${name}_FILE: cannot read "${file}": ${error instanceof Error ? error.message : String(error)}`,
    )
    return undefined
  }
}
