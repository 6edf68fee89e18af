// Opens the doors that the settings ask for, and says where they are.

import type { Api } from './api/parts.ts'
import type { Config } from './config.ts'
import type { Broker } from './edge/broker.ts'
import type { TlsFiles } from './edge/tls-door.ts'
import { readPem } from './tls-files.ts'

/** Where the doors stand; those that no setting opens are left out. */
export interface Addresses {
  readonly http: string
  readonly mqtt: string
  readonly mqtts?: string
  readonly ws?: string
  readonly wss?: string
}

export async function openDoors(config: Config, broker: Broker, api: Api): Promise<Addresses> {
  const tls = tlsFiles(config)
  const origins = config.HETAO_PUBLIC_URL === null ? [] : [new URL(config.HETAO_PUBLIC_URL).origin]
  const mqtt = await broker.listen(config.HETAO_MQTT)
  const mqtts =
    config.HETAO_MQTTS === null || tls === null
      ? null
      : await broker.listen({ ...config.HETAO_MQTTS, kind: 'mqtts', tls })
  const ws =
    config.HETAO_WS === null
      ? null
      : await broker.listen({ ...config.HETAO_WS, kind: 'ws', origins })
  const wss =
    config.HETAO_WSS === null || tls === null
      ? null
      : await broker.listen({ ...config.HETAO_WSS, kind: 'wss', tls, origins })
  const http = await api.listen(config.HETAO_HTTP)
  return {
    http: `http://${hostPort(http)}`,
    mqtt: `mqtt://${hostPort(mqtt)}`,
    ...(mqtts === null ? {} : { mqtts: `mqtts://${hostPort(mqtts)}` }),
    ...(ws === null ? {} : { ws: `ws://${hostPort(ws)}/mqtt` }),
    ...(wss === null ? {} : { wss: `wss://${hostPort(wss)}/mqtt` }),
  }
}

export function tlsFiles(config: Config): TlsFiles | null {
  const { HETAO_TLS_CERT: cert, HETAO_TLS_KEY: key, HETAO_TLS_CA: ca } = config
  if (cert === null || key === null) return null
  return { cert: readPem(cert), key: readPem(key), ca: ca === null ? null : readPem(ca) }
}

function hostPort({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
