// The commands as a user types them: exit codes, one JSON document, nothing left behind.

import { spawn, execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  freePort,
  removeDirectory,
  startProduct,
  temporaryDirectory,
  until,
} from '../support/product.ts'

const root = resolve(import.meta.dirname, '../..')
const run = (args: readonly string[], env: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    maxBuffer: 2 ** 26,
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )

describe('npm run serve', () => {
  it('lists every wrong setting at once, without a stack or a secret, and exits with 2', async () => {
    const result = await run(['src/main.ts'], {
      HETAO_HTTP: 'nonsense',
      HETAO_MQTT: '0.0.0.0:1883',
      HETAO_ADMIN_TOKEN: 'hunter2-hunter2',
      HETAO_TIMEZONE: 'Mars/Olympus',
    })
    expect(result.code).toBe(2)
    for (const name of ['HETAO_HTTP', 'HETAO_MQTT', 'HETAO_ADMIN_TOKEN', 'HETAO_TIMEZONE'])
      expect(result.stderr).toContain(name)
    expect(result.stderr).not.toContain('hunter2')
    expect(result.stderr).not.toContain('    at ')
  })

  it('continues where it stopped', async () => {
    const directory = temporaryDirectory('again')
    const token = 'a-token-of-more-than-thirty-two-characters'
    const first = await startProduct({ dataDirectory: directory, token })
    await first.api('POST', '/devices', {
      id: 'AG-1',
      type: 'streetlight',
      name: 'AG-1',
      division: '150802',
    })
    const payload = { device: 'AG-1', v: 1, ts: Date.now() - 1000, m: { voltage: 231 } }
    expect((await first.api('POST', '/ingest', payload)).status).toBe(202)
    expect(await first.stop()).toBe(0)
    // Whoever waits for this file at the next start must not read the old addresses.
    expect(existsSync(join(directory, 'addresses.json'))).toBe(false)
    const second = await startProduct({ dataDirectory: directory, token })
    const { body } = await until('the latest value', async () => {
      const answer = await second.api<{ values?: Record<string, { value: number }> }>(
        'GET',
        '/devices/AG-1/latest',
      )
      return answer.status === 200 && answer
    })
    expect(body.values?.['voltage']?.value).toBe(231)
    expect(await second.stop()).toBe(0)
    removeDirectory(directory)
  })
})

describe('npm run simulate', () => {
  it('plays the sandstorm of 2015 twice with one hash', async () => {
    const args = [
      'simulators/simulate.ts',
      '--scenario',
      'sandstorm-2015',
      '--speed',
      'max',
      '--json',
    ]
    const first = await run(args)
    const second = await run(args)
    expect(first.code, first.stderr).toBe(0)
    const a = JSON.parse(first.stdout) as { hash: string; readings: number; virtualSeconds: number }
    const b = JSON.parse(second.stdout) as { hash: string }
    expect(a.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(b.hash).toBe(a.hash)
    expect(a.readings).toBeGreaterThan(8_000)
  })

  it('refuses an unknown scenario with exit code 2 and no stack', async () => {
    const result = await run(['simulators/simulate.ts', '--scenario', 'no-such-thing'])
    expect(result.code).toBe(2)
    expect(result.stderr).not.toContain('    at ')
  })
})

describe('npm start', () => {
  it('shows alerts and filed tickets within a minute and ends cleanly on Ctrl-C', async () => {
    const directory = temporaryDirectory('demo')
    const [http, mqtt] = [await freePort(), await freePort()]
    const child = spawn(process.execPath, ['simulators/demo.ts'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        HETAO_DATA_DIR: directory,
        HETAO_HTTP: `127.0.0.1:${http}`,
        HETAO_MQTT: `127.0.0.1:${mqtt}`,
      },
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const exited = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
    try {
      const link = await until(
        'the sign-in link',
        () => Promise.resolve(/http:\/\/\S*signin\?key=\S+/.exec(output)?.[0]),
        60_000,
      )
      const signedIn = await fetch(link, { redirect: 'manual' })
      const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
      const ask = async <T>(path: string) =>
        (await (
          await fetch(`http://127.0.0.1:${http}/api/v1${path}`, { headers: { cookie } })
        ).json()) as T
      await until(
        'an alert and a filed ticket',
        async () => {
          const alerts = await ask<{ items: unknown[] }>('/alerts')
          const tickets = await ask<{ items: { caseNo: string | null }[] }>('/tickets')
          return alerts.items.length > 0 && tickets.items.some((ticket) => ticket.caseNo !== null)
        },
        60_000,
      )
      const devices = await ask<{ items: unknown[]; cursor: string | null }>('/devices?limit=1000')
      expect(devices.items.length).toBeGreaterThanOrEqual(300)
    } finally {
      child.kill('SIGINT')
    }
    expect(await exited, output).toBe(0)
    expect(existsSync(join(directory, 'journal'))).toBe(true)
    removeDirectory(directory)
  })
})
