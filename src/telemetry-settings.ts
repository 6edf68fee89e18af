// What the settings say of telemetry, in the terms of those who need it, and what the log says of its database.

import type { Config } from './config.ts'
import type { LevelRetention, RetentionPolicy } from './core/telemetry/retention-policy.ts'
import type { Log } from './log.ts'
import type { TelemetryLevel, TelemetryStatus } from './ports.ts'
import type { InfluxTarget } from './telemetry-thread.ts'

export function retentionOf(config: Config): RetentionPolicy {
  return {
    raw: config.HETAO_RETENTION_RAW,
    '1m': config.HETAO_RETENTION_1M,
    '1h': config.HETAO_RETENTION_1H,
    '1d': config.HETAO_RETENTION_1D,
  }
}

/** As the settings would say it: `90d,streetlight=30d`. */
export function retentionText(policy: RetentionPolicy): Record<TelemetryLevel, string> {
  const text = ({ keepMs, exceptions }: LevelRetention) =>
    [
      keepText(keepMs),
      ...Object.entries(exceptions).map(([type, keep]) => `${type}=${keepText(keep)}`),
    ].join(',')
  return {
    raw: text(policy.raw),
    '1m': text(policy['1m']),
    '1h': text(policy['1h']),
    '1d': text(policy['1d']),
  }
}

function keepText(ms: number | null): string {
  if (ms === null) return 'forever'
  const unit = (
    [
      ['d', 86_400_000],
      ['h', 3_600_000],
      ['m', 60_000],
      ['s', 1_000],
    ] as const
  ).find(([, size]) => ms % size === 0)
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`
}

export function influxOf(config: Config): InfluxTarget {
  if (config.INFLUX_URL === null) throw new Error('INFLUX_URL: expected an address')
  return {
    url: config.INFLUX_URL,
    token: config.INFLUX_TOKEN,
    organisation: config.INFLUX_ORG,
    bucket: config.INFLUX_BUCKET,
  }
}

/** A database that goes away or comes back is news for the log; alerts and acknowledgements go on meanwhile. */
export function noteTelemetry(
  log: Log,
): (status: TelemetryStatus, before: TelemetryStatus | null) => void {
  return ({ kind, state, detail, server }, before) => {
    if (before?.state === state && before.server === server) return
    if (state === 'ready' || state === 'starting')
      log.info({ store: kind, server }, `telemetry store ${state}`)
    else log.warn({ store: kind, server, detail }, `telemetry store ${state}`)
  }
}
