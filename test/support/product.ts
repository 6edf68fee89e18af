// Starts the real product as its own process, as a user would, and speaks to it over HTTP.

import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

export interface Product {
  readonly http: string
  readonly mqtt: { readonly host: string; readonly port: number }
  readonly dataDirectory: string
  readonly token: string
  readonly process: ChildProcess
  /** Everything it has logged so far. */
  log(): string
  api<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }>
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>
  /** kill -9, and wait until it is gone. */
  kill(): Promise<void>
}

export interface ProductOptions {
  readonly dataDirectory?: string
  readonly token?: string
  readonly environment?: Readonly<Record<string, string>>
}

export function temporaryDirectory(name: string): string {
  return mkdtempSync(join(tmpdir(), `hetao-${name}-`))
}

export function removeDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 })
}

/** A port nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** The product's process, not yet listening. */
export function spawnProduct(
  options: Required<Pick<ProductOptions, 'dataDirectory' | 'token'>> & ProductOptions,
): {
  process: ChildProcess
  log: () => string
  exited: Promise<number | null>
} {
  const child = spawn(process.execPath, [join(root, 'src/main.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HETAO_DATA_DIR: options.dataDirectory,
      HETAO_HTTP: '127.0.0.1:0',
      HETAO_MQTT: '127.0.0.1:0',
      HETAO_ADMIN_TOKEN: options.token,
      ...options.environment,
    },
  })
  let text = ''
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-200_000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const exited = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  return { process: child, log: () => text, exited }
}

export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const dataDirectory = options.dataDirectory ?? temporaryDirectory('data')
  const token = options.token ?? randomBytes(24).toString('base64url')
  const started = spawnProduct({ ...options, dataDirectory, token })
  const listening = new Promise<void>((done, fail) => {
    const look = () => {
      if (started.log().includes('"msg":"listening"')) done()
    }
    started.process.stdout?.on('data', look)
    void started.exited.then((code) =>
      fail(new Error(`The product ended with code ${code}:\n${started.log()}`)),
    )
  })
  await listening
  const addresses = JSON.parse(readFileSync(join(dataDirectory, 'addresses.json'), 'utf8')) as {
    http: string
    mqtt: string
  }
  const mqtt = new URL(addresses.mqtt)
  return {
    http: addresses.http,
    mqtt: { host: mqtt.hostname, port: Number(mqtt.port) },
    dataDirectory,
    token,
    process: started.process,
    log: started.log,
    async api<T>(method: string, path: string, body?: unknown) {
      const response = await fetch(`${addresses.http}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as T }
    },
    async stop() {
      started.process.kill('SIGTERM')
      return started.exited
    },
    async kill() {
      started.process.kill('SIGKILL')
      await started.exited
    },
  }
}

/** Asks until the answer satisfies, at most `timeoutMs`; for states that another process reaches in its own time. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== null && answer !== undefined && answer !== false) return answer
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline)
      throw new Error(`Waited ${timeoutMs} ms for ${what}`, { cause: last })
    await new Promise((done) => setTimeout(done, 25))
  }
}

export interface PipelineNumbers {
  readonly journaled: number
  readonly stored: number
  readonly quarantined: number
  readonly duplicate: number
  readonly pending: number
  readonly holds: boolean
}
