// `npm run outage -- [--minutes 10] [--rate 1000] [--json]`
//
// InfluxDB is stopped for minutes under a steady load and killed with -9 twice on the way. Ends with 1 when an acknowledged reading is
// lost or stored twice, an alert has waited, or memory has grown.

import { parseArgs } from 'node:util'
import { hasInfluxd } from '../support/influx-server.ts'
import { memoryOf, outageExpectations } from './outage-checks.ts'
import { runOutage } from './outage-run.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
})
const [minutes = 0, rate = 0] = [values.minutes, values.rate].map(Number)
if (![minutes, rate].every((value) => Number.isFinite(value) && value > 0) || rate > 5_000) {
  process.stderr.write(
    'Usage: npm run outage -- [--minutes 10] [--rate 1000] [--json]; positive numbers, at most 5000 readings a second\n',
  )
  process.exit(2)
}
if (!hasInfluxd) {
  process.stderr.write('Cannot run: expected /usr/bin/influxd (Debian package influxdb)\n')
  process.exit(2)
}

const say = (line: string) => process.stderr.write(`${line}\n`)
const round = (value: number) => Math.round(value * 10) / 10
const quantile = (numbers: readonly number[], share: number) =>
  round([...numbers].sort((a, b) => a - b)[Math.floor(share * (numbers.length - 1))] ?? Number.NaN)

const result = await runOutage({
  outageSeconds: minutes * 60,
  rate,
  calmSeconds: Math.min(30, Math.max(5, minutes * 6)),
  say,
})
const expectations = outageExpectations(result)
const { memory, alertMs, ...rest } = result
const figures = {
  minutes,
  rate,
  ...rest,
  catchUpSeconds: round(result.catchUpSeconds),
  alertMs: {
    calm: { p50: quantile(alertMs.calm, 0.5), max: quantile(alertMs.calm, 1) },
    outage: { p50: quantile(alertMs.outage, 0.5), max: quantile(alertMs.outage, 1) },
  },
  memory: { ...memoryOf(memory.samples), influxMiB: round(memory.influxMiB) },
  expectations,
}
if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`)
else {
  process.stdout.write(
    `${result.acknowledged} readings acknowledged, ${result.pipeline.stored} stored, ${result.pipeline.quarantined} in quarantine; at most ${result.pendingMost} pending, caught up in ${figures.catchUpSeconds} s\n` +
      `publish to alert: p50 ${figures.alertMs.calm.p50} ms before, p50 ${figures.alertMs.outage.p50} ms and at most ${figures.alertMs.outage.max} ms during the outage\n` +
      `RSS ${figures.memory.rssWarmMiB} MiB after the warm-up, ${figures.memory.rssEndMiB} MiB at the end, ${figures.memory.rssMostMiB} MiB at most\n`,
  )
  for (const { what, got, ok } of expectations)
    process.stdout.write(`${ok ? '✓' : '✗'} ${what}: ${JSON.stringify(got)}\n`)
}
process.exitCode = expectations.every(({ ok }) => ok) ? 0 : 1
