// The set-up's shell scripts, run: the one that makes the secrets, and the one that InfluxDB's container runs at its first start.

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'

const root = resolve(import.meta.dirname, '../..')
const made: string[] = []
afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true })
})

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hetao-deploy-'))
  made.push(directory)
  return directory
}

function run(script: string, parameters: readonly string[], environment = {}) {
  const done = spawnSync(join(root, script), parameters, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...environment },
    timeout: 10_000,
  })
  return { code: done.status, out: done.stdout, error: done.stderr }
}

const mode = (path: string) => statSync(path).mode & 0o777

describe('shell scripts', () => {
  it.each(['deploy/make-env.sh', 'deploy/influx-init.sh'])('%s is sound', (script) => {
    expect(spawnSync('sh', ['-n', join(root, script)], { encoding: 'utf8' }).stderr).toBe('')
  })
})

describe('make-env.sh', () => {
  const composeSecrets = Object.keys(
    z
      .object({ secrets: z.record(z.string(), z.unknown()) })
      .parse(parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }))
      .secrets,
  ).sort()

  function make() {
    const directory = temporary()
    const result = run('deploy/make-env.sh', [directory])
    expect(result.code, result.error).toBe(0)
    const folder = join(directory, 'deploy/secrets')
    const secrets = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
    return { directory, folder, secrets, result }
  }

  it('makes every secret of docker-compose.yml, for its owner only', () => {
    const { directory, folder, result } = make()
    expect(readdirSync(folder).sort()).toEqual(composeSecrets)
    for (const name of readdirSync(folder)) expect(mode(join(folder, name)), name).toBe(0o600)
    expect(mode(folder)).toBe(0o700)
    expect(mode(join(directory, '.env'))).toBe(0o600)
    expect(readdirSync(directory).sort()).toEqual(['.env', 'deploy'])
    expect(readdirSync(join(directory, 'deploy'))).toEqual(['secrets'])
    for (const name of readdirSync(folder))
      expect(result.out + result.error).not.toContain(
        readFileSync(join(folder, name), 'utf8').trim(),
      )
  })

  it('makes them anew each time, long enough for the product', () => {
    const all = [...make().secrets, ...make().secrets]
    expect(new Set(all).size).toBe(2 * composeSecrets.length)
    for (const secret of all) expect(secret).toMatch(/^[0-9a-f]{64}\n$/)
  })

  it('writes settings that say where the secrets are, and nothing secret', () => {
    const { directory, secrets } = make()
    const settings = readFileSync(join(directory, '.env'), 'utf8')
    expect(settings).toMatch(/^SECRETS_DIR=\.\/deploy\/secrets$/m)
    for (const secret of secrets) expect(settings).not.toContain(secret.trim())
  })

  it('leaves what is there as it is', () => {
    const { directory, folder, secrets } = make()
    const again = run('deploy/make-env.sh', [directory])
    expect(again).toMatchObject({ code: 1 })
    expect(again.error).toContain('.env is there already')
    rmSync(join(directory, '.env'))
    expect(run('deploy/make-env.sh', [directory])).toMatchObject({ code: 1 })
    expect(existsSync(join(directory, '.env'))).toBe(false)
    expect(readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(
      secrets,
    )
  })

  it('belongs to the user that the containers run under, when it may give it', () => {
    const { folder, result } = make()
    const { uid } = statSync(join(folder, 'admin-token'))
    if (uid !== 1000) expect(result.error).toContain('chown')
    expect(process.getuid?.() === 0 ? uid : 1000).toBe(1000)
  })

  it('gives the settings back to whoever called sudo', () => {
    if (process.getuid?.() !== 0) return
    const directory = temporary()
    run('deploy/make-env.sh', [directory], { SUDO_UID: '1234', SUDO_GID: '1235' })
    const { uid, gid } = statSync(join(directory, '.env'))
    expect([uid, gid]).toEqual([1234, 1235])
    expect(statSync(join(directory, 'deploy/secrets')).uid).toBe(1000)
  })

  it('refuses a directory that is not there', () => {
    expect(run('deploy/make-env.sh', ['/nowhere/at/all'])).toMatchObject({ code: 2 })
  })
})

describe('influx-init.sh', () => {
  /** Speaks like InfluxDB's command: tells its calls, keeps buckets in a folder. */
  const fakeInflux = `#!/bin/sh
printf '%s\\n' "$*" >>"$FAKE/calls"
case "$1 $2" in
  'bucket list') for word; do last=$name; name=$word; [ "$last" = --name ] && wanted=$word; done
    file="$FAKE/$(echo "$wanted" | tr / +)"
    [ -f "$file" ] || { echo 'Error: bucket not found' >&2; exit 1; }
    printf 'id-%s\\t%s\\tinfinite\\n' "$(echo "$wanted" | tr / +)" "$wanted" ;;
  'bucket create') for word; do last=$name; name=$word; [ "$last" = --name ] && wanted=$word; done
    [ "$wanted" = "$FAIL" ] && { echo 'Error: no' >&2; exit 1; }
    : >"$FAKE/$(echo "$wanted" | tr / +)"
    printf 'id-%s\\t%s\\tinfinite\\n' "$(echo "$wanted" | tr / +)" "$wanted" ;;
  'auth create') [ "$FAIL" = token ] && exit 1
    printf '{\\n\\t"id": "1",\\n\\t"description": "x",\\n\\t"token": "made-up==",\\n\\t"userName": "admin"\\n}\\n' ;;
  'v1 auth') [ "$3 $FAIL" = 'create user' ] && exit 1; : ;;
  *) echo "Error: $*" >&2; exit 1 ;;
esac
`

  function start(environment: Record<string, string> = {}) {
    const fake = temporary()
    mkdirSync(join(fake, 'bin'))
    writeFileSync(join(fake, 'bin/influx'), fakeInflux)
    chmodSync(join(fake, 'bin/influx'), 0o755)
    writeFileSync(join(fake, 'iot'), '')
    writeFileSync(join(fake, 'password'), 'pass word\n')
    const token = join(fake, 'hetao.token')
    const go = () =>
      run('deploy/influx-init.sh', [], {
        PATH: `${join(fake, 'bin')}:${process.env['PATH']}`,
        FAKE: fake,
        DOCKER_INFLUXDB_INIT_ORG: 'hetao',
        DOCKER_INFLUXDB_INIT_BUCKET: 'iot',
        TOKEN_FILE: token,
        GRAFANA_PASSWORD_FILE: join(fake, 'password'),
        ...environment,
      })
    const calls = () => readFileSync(join(fake, 'calls'), 'utf8').split('\n')
    return { go, calls, token }
  }

  it('makes the buckets of the rollups beside the one that is there', () => {
    const { go, calls } = start()
    expect(go()).toMatchObject({ code: 0 })
    expect(calls().filter((call) => call.startsWith('bucket create'))).toEqual(
      ['iot/r1m', 'iot/r1h', 'iot/r1d'].map(
        (name) => `bucket create --org hetao --name ${name} --hide-headers`,
      ),
    )
  })

  it("makes the product's token for these four buckets only, and keeps it for its owner", () => {
    const { go, calls, token } = start()
    go()
    const created = calls().find((call) => call.startsWith('auth create')) ?? ''
    const ids = ['id-iot', 'id-iot+r1m', 'id-iot+r1h', 'id-iot+r1d']
    for (const kind of ['read', 'write'])
      expect(
        [...created.matchAll(new RegExp(`--${kind}-bucket (\\S+)`, 'g'))].map((match) => match[1]),
      ).toEqual(ids)
    expect(created).not.toMatch(/--all-access|--operator|--(read|write)-(?!bucket )/)
    expect(readFileSync(token, 'utf8')).toBe('made-up==\n')
    expect(mode(token)).toBe(0o600)
  })

  it("makes Grafana's user, who reads hours and days and writes nothing", () => {
    const { go, calls } = start()
    go()
    const created = calls().find((call) => call.startsWith('v1 auth create')) ?? ''
    expect(created).toContain('--username grafana --password pass word ')
    expect([...created.matchAll(/--read-bucket (\S+)/g)].map((match) => match[1])).toEqual([
      'id-iot+r1h',
      'id-iot+r1d',
    ])
    expect(created).not.toContain('--write')
  })

  it('may be run again', () => {
    const { go, calls } = start()
    go()
    expect(go()).toMatchObject({ code: 0 })
    expect(calls().filter((call) => call.startsWith('bucket create'))).toHaveLength(3)
    const users = calls().filter((call) => call.startsWith('v1 auth'))
    expect(users.map((call) => call.split(' ')[2])).toEqual([
      'delete',
      'create',
      'delete',
      'create',
    ])
  })

  it.each([
    ['iot/r1h', 'cannot make the bucket iot/r1h'],
    ['token', 'cannot make a token for the product'],
    ['user', "cannot make Grafana's user"],
  ])('ends with the reason when %s cannot be made, so that the image starts over', (fail, said) => {
    const result = start({ FAIL: fail }).go()
    expect(result.code).not.toBe(0)
    expect(result.error).toContain(said)
  })

  it('says nothing secret', () => {
    const { out, error } = start().go()
    expect(out + error).not.toMatch(/made-up|pass word/)
  })
})
