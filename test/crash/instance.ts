// One life of the product as a process of its own: started, asked over HTTP, given orders for its disk, killed.

import { spawn, type ChildProcess } from 'node:child_process'
import { Agent, request } from 'node:http'
import { resolve } from 'node:path'
import type { DiskOrder, DiskStrike, Sabotage } from './faulty-io.ts'

const root = resolve(import.meta.dirname, '../..')
const LOG_MAX = 60_000
const START_MS = 30_000
const ANSWER_MS = 10_000

export interface Settings {
  readonly dataDirectory: string
  readonly httpPort: number
  readonly token: string
  readonly environment: Readonly<Record<string, string>>
  readonly sabotage: Sabotage | null
}

export interface Answer {
  readonly status: number
  readonly body: unknown
}

export interface Instance {
  readonly process: ChildProcess
  log(): string
  /** Resolves when it takes connections; rejects when it ends before, or takes too long. */
  listening(): Promise<void>
  /** Rejects when it is gone. */
  api(method: string, path: string, body?: unknown): Promise<Answer>
  /** Only when it was started on a faulty disk; resolves when the order is in force. */
  order(order: DiskOrder): Promise<void>
  /** The next strike of that kind; null when there is none in time. */
  struck(kind: DiskStrike['struck'], withinMs: number): Promise<DiskStrike | null>
  /** kill -9, and wait until it is gone. */
  kill(): Promise<void>
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>
  readonly exited: Promise<number | null>
}

export function spawnInstance(settings: Settings, disk: 'real' | 'faulty'): Instance {
  const entry = disk === 'real' ? 'src/main.ts' : 'test/crash/faulty-main.ts'
  const child = spawn(process.execPath, [resolve(root, entry)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe', ...(disk === 'faulty' ? (['ipc'] as const) : [])],
    env: {
      PATH: process.env['PATH'] ?? '',
      HETAO_DATA_DIR: settings.dataDirectory,
      HETAO_ADMIN_TOKEN: settings.token,
      ...settings.environment,
      ...(settings.sabotage === null ? {} : { HETAO_TEST_SABOTAGE: settings.sabotage }),
    },
  })
  let text = ''
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-LOG_MAX)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const exited = new Promise<number | null>((done) =>
    child.once('exit', (code) => {
      agent.destroy()
      done(code)
    }),
  )

  function api(method: string, path: string, body?: unknown): Promise<Answer> {
    const payload = body === undefined ? undefined : JSON.stringify(body)
    return new Promise((done, fail) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: settings.httpPort,
          method,
          path: `/api/v1${path}`,
          agent,
          timeout: ANSWER_MS,
          headers: {
            authorization: `Bearer ${settings.token}`,
            ...(payload === undefined
              ? {}
              : {
                  'content-type': 'application/json',
                  'content-length': Buffer.byteLength(payload),
                }),
          },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', fail)
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString()
            try {
              done({ status: response.statusCode ?? 0, body: text === '' ? {} : JSON.parse(text) })
            } catch (error) {
              fail(new Error(`Cannot read the answer of ${method} ${path}`, { cause: error }))
            }
          })
        },
      )
      asked.on('error', fail)
      asked.on('timeout', () =>
        asked.destroy(new Error(`No answer to ${method} ${path} in ${ANSWER_MS} ms`)),
      )
      asked.end(payload)
    })
  }

  /** The next message that satisfies, or null after `withinMs` or when the process has ended. */
  function message<T>(wanted: (value: object) => T | null, withinMs: number): Promise<T | null> {
    return new Promise((done) => {
      const end = (value: T | null) => {
        clearTimeout(late)
        child.off('message', look)
        child.off('exit', gone)
        done(value)
      }
      const look = (value: unknown) => {
        const found = typeof value === 'object' && value !== null ? wanted(value) : null
        if (found !== null) end(found)
      }
      const gone = () => end(null)
      const late = setTimeout(() => end(null), withinMs)
      child.on('message', look)
      child.once('exit', gone)
    })
  }

  return {
    process: child,
    log: () => text,
    exited,
    api,
    listening() {
      return new Promise((done, fail) => {
        const late = setTimeout(
          () => fail(new Error(`The product did not listen within ${START_MS} ms:\n${text}`)),
          START_MS,
        )
        const look = () => {
          if (!text.includes('"msg":"listening"')) return
          clearTimeout(late)
          child.stdout?.off('data', look)
          done()
        }
        child.stdout?.on('data', look)
        void exited.then((code) => {
          clearTimeout(late)
          fail(new Error(`The product ended with code ${code} at its start:\n${text}`))
        })
        look()
      })
    },
    async order(order) {
      const obeyed = message((value) => ('obeyed' in value ? true : null), ANSWER_MS)
      child.send(order)
      if ((await obeyed) === null) throw new Error('The product did not take an order for its disk')
    },
    struck: (kind, withinMs) =>
      message(
        (value) => ('struck' in value && value.struck === kind ? (value as DiskStrike) : null),
        withinMs,
      ),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async stop() {
      child.kill('SIGTERM')
      return exited
    },
  }
}
