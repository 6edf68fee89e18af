// The command `npm start`: the demo city around a real product, on this machine alone, until Ctrl-C.

import { readProcessConfig } from '../src/config.ts'
import { systemClock } from '../src/clock.ts'
import { createLog } from '../src/log.ts'
import { startDemo, type Demo } from './demo-city.ts'
import type { Fault, FaultKind } from './faults.ts'

/** Not where `npm run serve` keeps its data: simulated and real devices do not share a directory by accident. */
const DEMO_DATA_DIRECTORY = './data/demo'
const SERVE_DATA_DIRECTORY = './data'
const STOP_MAX_MS = 15_000

const faultNames: Partial<Record<FaultKind, string>> = {
  cover_theft: '井盖被盗',
  leakage: '灯杆漏电',
  door_open: '配电箱门打开',
  water_in: '配电箱进水',
  night_work: '工地噪声',
  feeder_cut: '路灯电缆被断',
  lamp_failure: '路灯故障',
  dust: '工地扬尘',
  malformed: '报文损坏',
  device_outage: '设备断线',
}

const settings = readProcessConfig()
if (settings.kind === 'invalid') {
  for (const problem of settings.problems) process.stderr.write(`${problem}\n`)
  process.exit(2)
}
// One line per request would bury what a newcomer is to read; any other level was asked for.
const { HETAO_LOG_LEVEL: level } = settings.config
const log = createLog(level === 'info' ? 'warn' : level)
for (const warning of settings.warnings) log.warn(warning)

function die(error: unknown): never {
  log.fatal({ err: error }, 'the demo ends; the next start recovers')
  process.exit(1)
}
process.on('uncaughtException', die)
process.on('unhandledRejection', die)

let demo: Demo | null = null
let isStopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (isStopping) return
    isStopping = true
    say('正在停止 / stopping ...')
    void stop()
  })

say('河套：正在启动演示城市 / hetao: starting the demo city ...')
try {
  demo = await startDemo({
    config: {
      ...settings.config,
      HETAO_DATA_DIR:
        settings.config.HETAO_DATA_DIR === SERVE_DATA_DIRECTORY
          ? DEMO_DATA_DIRECTORY
          : settings.config.HETAO_DATA_DIR,
    },
    log,
    say,
    onFault: (fault) => say(faultLine(fault)),
    onDeath: die,
  })
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
// A signal that came while the demo was starting is obeyed now.
if (isStopping) void stop()
else welcome(demo)

async function stop(): Promise<void> {
  if (demo === null) return
  systemClock.after(STOP_MAX_MS, () =>
    die(new Error(`Cannot stop: expected an end within ${STOP_MAX_MS / 1000} s`)),
  )
  await demo.close()
  say('已停止 / stopped')
  process.exit(0)
}

function welcome({ http, mqtt, cases, signInUrl, devices, added }: Demo): void {
  say(JSON.stringify({ msg: 'listening', http, mqtt }))
  const known = devices - added
  say(
    [
      '',
      `  河套演示城市已运行：${devices} 台模拟设备${known > 0 ? `（其中 ${known} 台来自上次运行）` : ''}，所有数据均为模拟`,
      `  The hetao demo city is running: ${devices} simulated devices${known > 0 ? ` (${known} of them from the last run)` : ''}, all data is simulated`,
      '',
      `  登录链接 / sign in   ${signInUrl}`,
      `  页面与接口 / HTTP    ${http}`,
      `  设备接入 / MQTT      ${mqtt}`,
      `  案件系统 / cases     ${cases}`,
      '',
      '  按 Ctrl-C 停止 / press Ctrl-C to stop',
      '',
    ].join('\n'),
  )
}

function faultLine({ kind, device, end, start }: Fault): string {
  const name = faultNames[kind] ?? kind
  return `模拟故障 / simulated fault: ${name} / ${kind.replaceAll('_', ' ')}, ${device}, ${Math.round((end - start) / 60_000)} min`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
