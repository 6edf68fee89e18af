// Starts Debian's real InfluxDB (1.6.7) as its own process on free ports of 127.0.0.1, in a directory of its own, and ends it by its id only.

import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './product.ts'

const INFLUXD = '/usr/bin/influxd'

/** Whether `influxd` is on this machine; a test that needs it and finds none is skipped by name. */
export const hasInfluxd = existsSync(INFLUXD)

const READY_TIMEOUT_MS = 30_000

export interface InfluxServerOptions {
  /** Asks for a user and its password: the first user is made with `admin`. */
  readonly auth?: boolean
  /** An existing directory is used again; without one it makes its own and takes it away at the end. */
  readonly directory?: string
  /** Lines for the `[data]` part of the configuration, such as a small cache. */
  readonly data?: Readonly<Record<string, string | number>>
}

export interface InfluxServer {
  readonly url: string
  /** `user:password` of the administrator when `auth` is on, else null. */
  readonly token: string | null
  readonly directory: string
  /** The process's id, or null while it is down. */
  readonly pid: number | null
  /** Starts it again on the same directory and ports. */
  start(): Promise<void>
  /** SIGTERM, and wait until it is gone. */
  stop(): Promise<void>
  /** kill -9, and wait until it is gone. */
  kill(): Promise<void>
  /** SIGSTOP: it keeps its connections and answers nothing until `thaw`. */
  freeze(): void
  thaw(): void
  /** Runs one InfluxQL statement as the administrator and gives its rows, each as an object; fails when the server says so. */
  ask(query: string, database?: string): Promise<readonly Record<string, unknown>[]>
  /** Writes lines as a stranger would; gives status and answer. */
  write(path: string, lines: string): Promise<{ readonly status: number; readonly body: string }>
  /** What it keeps in memory, in bytes. */
  residentBytes(): number
  /** Stops it and takes its directory away. */
  dispose(): Promise<void>
}

export async function startInfluxServer(options: InfluxServerOptions = {}): Promise<InfluxServer> {
  const isOwnDirectory = options.directory === undefined
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'hetao-influxd-'))
  const [port, rpcPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const token = options.auth === true ? 'admin:secret pass:wörd' : null
  const file = join(directory, 'influx.conf')
  writeFileSync(file, configuration(directory, port, rpcPort, options))
  let running: Running | null = null

  async function request(
    path: string,
    init: RequestInit = {},
  ): Promise<{ readonly status: number; readonly body: string }> {
    const headers: Record<string, string> =
      token === null ? {} : { authorization: `Basic ${Buffer.from(token).toString('base64')}` }
    const response = await fetch(url + path, {
      ...init,
      headers,
      signal: AbortSignal.timeout(60_000),
    })
    return { status: response.status, body: await response.text() }
  }

  async function ask(query: string, database = ''): Promise<Record<string, unknown>[]> {
    const { status, body } = await request(
      `/query?epoch=ms&db=${encodeURIComponent(database)}&q=${encodeURIComponent(query)}`,
      { method: 'POST' },
    )
    const answer = JSON.parse(body) as Answer
    const error =
      answer.error ?? answer.results?.find((result) => result.error !== undefined)?.error
    if (error !== undefined) throw new Error(`InfluxDB answers ${status} to ${query}: ${error}`)
    return (answer.results ?? []).flatMap((result) => (result.series ?? []).flatMap(rowsOf))
  }

  async function start(): Promise<void> {
    if (running !== null) return
    running = spawnInfluxd(file, () => {
      running = null
    })
    await ready(url, running)
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const ending = running
    if (ending === null) return
    ending.process.kill(signal)
    // A frozen process takes no signal but SIGKILL before it goes on.
    if (signal === 'SIGTERM') ending.process.kill('SIGCONT')
    await ending.exited
  }

  await start()
  if (token !== null) {
    const [user, ...password] = token.split(':')
    await ask(`CREATE USER "${user}" WITH PASSWORD '${password.join(':')}' WITH ALL PRIVILEGES`)
  }

  return {
    url,
    token,
    directory,
    get pid() {
      return running?.process.pid ?? null
    },
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    freeze: () => void running?.process.kill('SIGSTOP'),
    thaw: () => void running?.process.kill('SIGCONT'),
    ask,
    write: (path, lines) => request(path, { method: 'POST', body: lines }),
    residentBytes: () => residentBytes(running?.process.pid ?? 0),
    async dispose() {
      await end('SIGKILL')
      if (isOwnDirectory) rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

interface Series {
  readonly name?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly columns: readonly string[]
  readonly values?: readonly (readonly unknown[])[]
}

interface Answer {
  readonly error?: string
  readonly results?: readonly { readonly error?: string; readonly series?: readonly Series[] }[]
}

function rowsOf(series: Series): Record<string, unknown>[] {
  return (series.values ?? []).map((values) => ({
    ...series.tags,
    ...Object.fromEntries(series.columns.map((column, index) => [column, values[index]])),
  }))
}

interface Running {
  readonly process: ChildProcess
  readonly exited: Promise<void>
  log(): string
}

function spawnInfluxd(file: string, onExit: () => void): Running {
  const child = spawn(INFLUXD, ['-config', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  let text = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-20_000)
  })
  const exited = new Promise<void>((done) => {
    child.once('exit', () => {
      onExit()
      done()
    })
  })
  return { process: child, exited, log: () => text }
}

async function ready(url: string, running: Running): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  while (performance.now() < deadline && running.process.exitCode === null) {
    try {
      const response = await fetch(`${url}/ping`, { signal: AbortSignal.timeout(5_000) })
      await response.arrayBuffer()
      if (response.status === 204) return
    } catch {
      // Not listening yet.
    }
    await new Promise((done) => setTimeout(done, 25))
  }
  running.process.kill('SIGKILL')
  throw new Error(`influxd did not answer /ping within ${READY_TIMEOUT_MS} ms:\n${running.log()}`)
}

function configuration(
  directory: string,
  port: number,
  rpcPort: number,
  options: InfluxServerOptions,
): string {
  const data = Object.entries(options.data ?? {}).map(
    ([name, value]) => `${name} = ${JSON.stringify(value)}`,
  )
  // The defaults of series and tag values are exactly a city's number of devices: a partial write would follow.
  return `
reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
dir = "${join(directory, 'meta')}"
[data]
dir = "${join(directory, 'data')}"
wal-dir = "${join(directory, 'wal')}"
index-version = "tsi1"
max-series-per-database = 0
max-values-per-tag = 0
query-log-enabled = false
${data.join('\n')}
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:${port}"
auth-enabled = ${options.auth === true}
log-enabled = false
max-body-size = 25000000
[continuous_queries]
enabled = false
`
}

function residentBytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}
