// `npm test`: brings the Debian packages the system tests need where it may, runs every check, prints one closing line.
//
// Root with apt-get installs; anyone else is told what is skipped. With CI=true a skip is a failure.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const ci = process.env['CI'] === 'true'

const needed = [
  {
    program: '/usr/bin/mosquitto_pub',
    package: 'mosquitto-clients',
    proves: "a stranger's MQTT client",
  },
  { program: '/usr/bin/chromium', package: 'chromium', proves: 'the pages in a browser' },
  {
    program: '/usr/share/fonts/truetype/wqy/wqy-microhei.ttc',
    package: 'fonts-wqy-microhei',
    proves: 'Chinese text in screenshots',
  },
  {
    program: '/usr/bin/influxd',
    package: 'influxdb',
    proves: 'the InfluxDB adapter against a real server',
  },
]

function run(command: string, args: readonly string[], quiet = false): boolean {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: quiet ? ['ignore', 'ignore', 'inherit'] : ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return result.status === 0
}

function installMissing(): string[] {
  const missing = () => needed.filter((item) => !existsSync(item.program))
  if (missing().length > 0 && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const packages = missing().map((item) => item.package)
    process.stdout.write(`installing ${packages.join(', ')}\n`)
    run('apt-get', ['update', '-qq'], true)
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], true)
  }
  return missing().map((item) => `${item.package} (${item.proves})`)
}

interface Summary {
  passed: number
  failed: number
  skipped: number
}

function suite(project: string): Summary {
  const report = join(mkdtempSync(join(tmpdir(), 'hetao-test-')), 'report.json')
  const ok = run('vitest', [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  try {
    const result = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>
    const failed = result['numFailedTests'] ?? 0
    return {
      passed: result['numPassedTests'] ?? 0,
      // A file that cannot be loaded fails the run without a failed test in it.
      failed: ok ? failed : Math.max(1, failed),
      skipped: result['numPendingTests'] ?? 0,
    }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

const skipped = installMissing()
for (const what of skipped) process.stdout.write(`skipped without ${what}\n`)

const checks = [
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['types', 'tsc', ['-p', 'tsconfig.json']],
  ['types of the pages', 'tsc', ['-p', 'dashboards/web/tsconfig.json']],
  ['lint', 'npm', ['run', '-s', 'lint']],
  ['pages built', 'node', ['scripts/build-dashboards.ts']],
] as const

const total: Summary = { passed: 0, failed: 0, skipped: 0 }
for (const [name, command, args] of checks) {
  const ok = run(command, args)
  process.stdout.write(`${ok ? '✓' : '✗'} ${name}\n`)
  if (ok) total.passed++
  else total.failed++
}
for (const project of ['unit', 'system']) {
  const summary = suite(project)
  total.passed += summary.passed
  total.failed += summary.failed
  total.skipped += summary.skipped
}
if (ci) total.failed += skipped.length + total.skipped
process.stdout.write(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}\n`,
)
process.exitCode = total.failed > 0 ? 1 : 0
