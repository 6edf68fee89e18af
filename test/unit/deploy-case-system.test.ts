// The simulated case system's entry as a container runs it: secrets from files, an address to listen on, an orderly end.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { secretFrom } from '../../simulators/case-system/secret-from.ts'
import { signWebhook } from '../../simulators/case-system/standard-webhook.ts'

const entry = resolve(import.meta.dirname, '../../simulators/case-system/main.ts')
const directory = mkdtempSync(join(tmpdir(), 'hetao-case-entry-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

describe('secretFrom()', () => {
  const path = file('secret', 'from the file\n')

  it.each([
    ['text', undefined, { ok: true, value: 'text' }],
    [undefined, path, { ok: true, value: 'from the file' }],
    [undefined, undefined, { ok: false, problem: expect.stringMatching(/^--x or .* got none$/) }],
    ['text', path, { ok: false, problem: expect.stringMatching(/got both$/) }],
    ['', undefined, { ok: false, problem: expect.stringMatching(/empty text$/) }],
    [undefined, file('empty', ' \n'), { ok: false, problem: expect.stringMatching(/empty text$/) }],
    [
      undefined,
      '/nowhere',
      { ok: false, problem: expect.stringMatching(/cannot read "\/nowhere"/) },
    ],
  ])('of %j and %j', (text, from, expected) => {
    expect(secretFrom('x', text, from)).toEqual(expected)
  })
})

describe('main.ts', () => {
  it('takes its secrets from files, takes a signed delivery, and ends on SIGTERM', async () => {
    const child = spawn(
      process.execPath,
      [
        entry,
        '--host=127.0.0.1',
        '--port=0',
        `--secret-file=${file('out', 'outbound-secret-of-a-test\n')}`,
        `--inbound-secret-file=${file('in', 'inbound-secret-of-a-test\n')}`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const ended = once(child, 'exit')
    try {
      const [line]: unknown[] = await once(child.stdout.setEncoding('utf8'), 'data')
      const { url } = z.object({ url: z.string() }).parse(JSON.parse(String(line)))
      const body = JSON.stringify({ externalId: 'T1' })
      const headers = signWebhook('outbound-secret-of-a-test', 'id', nowMs(), body)
      const wrong = signWebhook('another-secret-of-a-test', 'id', nowMs(), body)
      const post = (signed: Record<string, string>) =>
        fetch(url, { method: 'POST', body, headers: { 'idempotency-key': 'T1', ...signed } })
      expect((await post({ ...wrong })).status).toBe(401)
      expect((await post({ ...headers })).status).toBeLessThan(300)
    } finally {
      child.kill('SIGTERM')
    }
    expect(await ended).toEqual([0, null])
  })

  it('tells every problem at once', async () => {
    const child = spawn(process.execPath, [entry, '--port=x'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = once(child, 'exit')
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    expect(await ended).toEqual([2, null])
    for (const problem of ['--port: expected', '--secret or', '--inbound-secret or', 'usage:'])
      expect(said).toContain(problem)
  })
})

function nowMs(): number {
  return Date.now()
}
