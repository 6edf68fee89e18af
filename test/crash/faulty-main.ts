// The product on a disk that obeys the crash test: same settings, same composition, same ends as `src/main.ts`; only the journal's
// disk takes orders over the process's message channel.

import { startApp } from '../../src/app.ts'
import { readProcessConfig } from '../../src/config.ts'
import { createLog } from '../../src/log.ts'
import { createFaultyIo, type DiskOrder } from './faulty-io.ts'

const sabotage = process.env['HETAO_TEST_SABOTAGE'] === 'early-ack' ? 'early-ack' : null
const settings = readProcessConfig()
if (settings.kind === 'invalid') {
  for (const problem of settings.problems) process.stderr.write(`${problem}\n`)
  process.exit(2)
}
const log = createLog(settings.config.HETAO_LOG_LEVEL)

function die(error: unknown): never {
  log.fatal({ err: error }, 'the product ends and will recover at the next start')
  process.exit(1)
}
process.on('uncaughtException', die)
process.on('unhandledRejection', die)
// The crash test is gone: nobody would end this process otherwise.
process.on('disconnect', () => process.exit(1))

const disk = createFaultyIo({
  onStrike: (strike) => process.send?.(strike),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  sabotage,
})
process.on('message', (order: DiskOrder) => {
  disk.order(order)
  process.send?.({ obeyed: true })
})

const app = await startApp({
  config: settings.config,
  log,
  mode: 'serve',
  onDeath: die,
  journalIo: disk.io,
})
process.on('SIGTERM', () => {
  app.close().then(
    () => process.exit(0),
    (error: unknown) => die(error),
  )
})
