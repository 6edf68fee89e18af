// Settings from an environment: everything wrong is told at once, secrets are never shown, and what contradicts itself is refused.

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import type { Config } from '../../src/config.ts'

type Environment = Readonly<Record<string, string>>

function configOf(environment: Environment): Config {
  const result = readConfig(environment)
  if (result.kind === 'invalid') throw new Error(result.problems.join('\n'))
  return result.config
}

function problemsOf(environment: Environment): readonly string[] {
  const result = readConfig(environment)
  return result.kind === 'invalid' ? result.problems : []
}

function namesOf(problems: readonly string[]): string[] {
  return problems.map((problem) => problem.slice(0, problem.indexOf(':')))
}

describe('readConfig()', () => {
  it('needs no setting at all, and then listens to this machine only', () => {
    const config = configOf({})
    expect(config.HETAO_HTTP).toEqual({ host: '127.0.0.1', port: 8080 })
    expect(config.HETAO_MQTT).toEqual({ host: '127.0.0.1', port: 1883 })
    expect(config.HETAO_ADMIN_TOKEN).toBeNull()
    expect(config.HETAO_CASES).toBe('none')
  })

  it('reads units, addresses and flags', () => {
    expect(
      configOf({
        HETAO_HTTP: '[::1]:0',
        HETAO_RETENTION_JOURNAL: '12h',
        HETAO_JOURNAL_SEGMENT: '2GiB',
        HETAO_ALLOW_PLAIN_MQTT: 'true',
        HETAO_MQTT_RATE: '7',
      }),
    ).toMatchObject({
      HETAO_HTTP: { host: '::1', port: 0 },
      HETAO_RETENTION_JOURNAL: 43_200_000,
      HETAO_JOURNAL_SEGMENT: 2 ** 31,
      HETAO_ALLOW_PLAIN_MQTT: true,
      HETAO_MQTT_RATE: 7,
    })
  })

  it('takes an empty setting for none', () => {
    expect(configOf({ HETAO_LOG_LEVEL: '', HETAO_ADMIN_TOKEN: '' })).toMatchObject({
      HETAO_LOG_LEVEL: 'info',
      HETAO_ADMIN_TOKEN: null,
    })
  })

  it('tells all problems at once, with what was expected and what it got', () => {
    const problems = problemsOf({
      HETAO_HTTP: 'localhost',
      HETAO_MQTT: '127.0.0.1:70000',
      HETAO_TIMEZONE: 'Asia/Linhe',
      HETAO_SNAPSHOT_EVERY: '1 minute',
      HETAO_STORE: 'papyrus',
      HETAO_CASES: 'webhook',
    })
    expect(namesOf(problems).sort()).toEqual([
      'HETAO_CASES_SECRET',
      'HETAO_CASES_URL',
      'HETAO_HTTP',
      'HETAO_MQTT',
      'HETAO_SNAPSHOT_EVERY',
      'HETAO_STORE',
      'HETAO_TIMEZONE',
    ])
    expect(problems).toContain(
      'HETAO_HTTP: expected host:port, such as 127.0.0.1:8080, got "localhost"',
    )
  })

  it('never shows a secret, only how long it is', () => {
    const problems = problemsOf({
      HETAO_ADMIN_TOKEN: 'hunter2-hunter2',
      HETAO_CASES_SECRET: 'sh0rt',
    })
    expect(namesOf(problems).sort()).toEqual(['HETAO_ADMIN_TOKEN', 'HETAO_CASES_SECRET'])
    expect(problems.join()).not.toMatch(/hunter2|sh0rt/)
    expect(problems.join()).toContain('a value of 15 characters')
  })

  it.each([
    ['HETAO_HTTPS', '127.0.0.1:8443'],
    ['HETAO_TLS_CRL_FILE', '/etc/crl.pem'],
    ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
  ])(
    'refuses %s, with which somebody would believe in a protection that is not there',
    (name, value) => {
      const result = readConfig({ [name]: value })
      expect(result.kind === 'invalid' && result.problems).toEqual([expect.stringContaining(name)])
    },
  )

  it('warns of names that it does not know, and of no others', () => {
    const result = readConfig({ HETAO_HTPP: 'x', HETAO_TEST_SEED: '1', PATH: '/bin' })
    expect(result).toMatchObject({ kind: 'ok', warnings: ['HETAO_HTPP: no such setting, ignored'] })
  })

  it.each([
    ['HETAO_HTTP', 'HETAO_ALLOW_PLAIN_HTTP'],
    ['HETAO_MQTT', 'HETAO_ALLOW_PLAIN_MQTT'],
    ['HETAO_WS', 'HETAO_ALLOW_PLAIN_MQTT'],
  ])('keeps %s on loopback unless %s', (name, allow) => {
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '[::1]'])
      expect(problemsOf({ [name]: `${host}:80` })).toEqual([])
    for (const host of ['0.0.0.0', '10.0.0.1', '[::]', 'localhost.example.org']) {
      expect(namesOf(problemsOf({ [name]: `${host}:80` }))).toEqual([name])
      expect(problemsOf({ [name]: `${host}:80`, [allow]: 'true' })).toEqual([])
    }
  })
})

describe('TLS settings', () => {
  const file = (name: string) => join(import.meta.dirname, '../support/certificates', name)
  const listener = { HETAO_MQTTS: '127.0.0.1:0' }
  const good = { HETAO_TLS_CERT: file('server.crt'), HETAO_TLS_KEY: file('server.key') }
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'

  it('take a certificate with its key, and an authority', () => {
    expect(problemsOf({ ...listener, ...good })).toEqual([])
    expect(problemsOf({ ...listener, ...good, HETAO_TLS_CA: file('authority.crt') })).toEqual([])
  })

  it.each<[string, Environment, string]>([
    ["another's key", { HETAO_TLS_KEY: file('server-renewed.key') }, 'HETAO_TLS_KEY'],
    ['a certificate as key', { HETAO_TLS_KEY: file('server.crt') }, 'HETAO_TLS_KEY'],
    ['a broken certificate', { HETAO_TLS_CERT: broken }, 'HETAO_TLS_CERT'],
    ['a key as certificate', { HETAO_TLS_CERT: file('server.key') }, 'HETAO_TLS_CERT'],
    ['a key as authority', { HETAO_TLS_CA: file('server.key') }, 'HETAO_TLS_CA'],
    ['a leaf as authority', { HETAO_TLS_CA: file('device-gw.crt') }, 'HETAO_TLS_CA'],
    ['a broken authority', { HETAO_TLS_CA: broken }, 'HETAO_TLS_CA'],
  ])('refuse %s', (_case, over, name) => {
    expect(namesOf(problemsOf({ ...listener, ...good, ...over }))).toEqual([name])
  })
})

describe('webhook settings', () => {
  const key = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const webhook = { HETAO_CASES: 'webhook', HETAO_CASES_URL: 'https://cases.example.org/in' }

  it('need an address and a secret', () => {
    expect(namesOf(problemsOf({ HETAO_CASES: 'webhook' }))).toEqual([
      'HETAO_CASES_URL',
      'HETAO_CASES_SECRET',
    ])
    expect(problemsOf({ ...webhook, HETAO_CASES_SECRET: key })).toEqual([])
    // Told once: a secret that cannot be read is not missing too.
    expect(namesOf(problemsOf({ ...webhook, HETAO_CASES_SECRET_FILE: '/no/such/file' }))).toEqual([
      'HETAO_CASES_SECRET_FILE',
    ])
  })

  it('refuse a password in the address, and do not show it', () => {
    const problems = problemsOf({
      ...webhook,
      HETAO_CASES_URL: 'https://hetao:hunter2@cases.example.org/in',
      HETAO_CASES_SECRET: key,
    })
    expect(namesOf(problems)).toEqual(['HETAO_CASES_URL'])
    expect(problems.join()).not.toContain('hunter2')
  })

  it.each([
    ['the same text', key, key, true],
    ['the same key, once with whsec_', `whsec_${key}`, key, true],
    ['the same key, once with whsec_, the other way round', key, `whsec_${key}`, true],
    ['the same key, once with base64 padding', `whsec_${key}YQ==`, `${key}YQ`, true],
    ['another key', `whsec_${key}`, `whsec_${key.toLowerCase()}`, false],
    ['whsec_ in the middle', key, `${key}whsec_`, false],
  ])('with %s in both directions', (_, outbound, inbound, isRefused) => {
    const problems = problemsOf({
      ...webhook,
      HETAO_CASES_SECRET: outbound,
      HETAO_CASES_INBOUND_SECRET: inbound,
    })
    expect(namesOf(problems)).toEqual(isRefused ? ['HETAO_CASES_INBOUND_SECRET'] : [])
    expect(problems.join()).not.toContain(key)
  })
})

describe('NAME_FILE', () => {
  const token = 'a-token-of-forty-characters-in-a-file-01'
  let folder = ''
  let file = ''

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hetao-config-'))
    file = join(folder, 'token')
    await writeFile(file, `${token}\n`, { mode: 0o600 })
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('names a file that holds the value', () => {
    expect(configOf({ HETAO_ADMIN_TOKEN_FILE: file }).HETAO_ADMIN_TOKEN).toBe(token)
  })

  it('of a secret must be readable by its owner only', async () => {
    await chmod(file, 0o640)
    const problems = problemsOf({ HETAO_ADMIN_TOKEN_FILE: file })
    expect(namesOf(problems)).toEqual(['HETAO_ADMIN_TOKEN_FILE'])
    expect(problems.join()).not.toContain(token)
  })

  it('stands alone, and names a file that is there', () => {
    expect(problemsOf({ HETAO_ADMIN_TOKEN_FILE: file, HETAO_ADMIN_TOKEN: `${token}x` })).toEqual([
      'HETAO_ADMIN_TOKEN: expected the value or HETAO_ADMIN_TOKEN_FILE, got both',
    ])
    expect(problemsOf({ HETAO_LOG_LEVEL_FILE: join(folder, 'none') })[0]).toMatch(
      /^HETAO_LOG_LEVEL_FILE: cannot read ".*none"/,
    )
  })
})
