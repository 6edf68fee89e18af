// The command line of `npm run serve`: settings -> app; signals; the exit code.

import { startApp, type App } from './app.ts'
import { readProcessConfig } from './config.ts'
import { createLog } from './log.ts'

const settings = readProcessConfig()
if (settings.kind === 'invalid') {
  for (const problem of settings.problems) process.stderr.write(`${problem}\n`)
  process.exit(2)
}
const log = createLog(settings.config.HETAO_LOG_LEVEL)
for (const warning of settings.warnings) log.warn(warning)

function die(error: unknown): never {
  log.fatal({ err: error }, 'the product ends and will recover at the next start')
  process.exit(1)
}
process.on('uncaughtException', die)
process.on('unhandledRejection', die)

let app: App | null = null
let stopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (stopping) process.exit(1)
    stopping = true
    log.info({ signal }, 'stopping')
    // What is still starting is stopped as soon as it has started.
    if (app !== null) stop(app)
  })
process.on('SIGHUP', () => {
  try {
    app?.renewTls()
    log.info('certificates read again')
  } catch (error) {
    log.error({ err: error }, 'certificates not read again: the old ones stay')
  }
})

app = await startApp({ config: settings.config, log, mode: 'serve', onDeath: die }).catch(
  (error: unknown) => {
    log.fatal(error instanceof Error ? error.message : String(error))
    log.debug({ err: error }, 'start failed')
    process.exit(1)
  },
)
if (stopping) stop(app)
if (settings.config.HETAO_ADMIN_TOKEN === null)
  log.warn('no HETAO_ADMIN_TOKEN is set: nobody can sign in or register devices')

function stop(running: App): void {
  running.close().then(
    () => {
      log.info('stopped')
      process.exit(0)
    },
    (error: unknown) => die(error),
  )
}
