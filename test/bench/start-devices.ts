// A worker thread full of well-behaved devices (`soak-devices.ts`), as the benches start and stop it.

import { Worker } from 'node:worker_threads'
import type { DevicesTask, FromDevices, ToDevices } from './soak-devices.ts'

export type DevicesResult = Extract<FromDevices, { kind: 'result' }>

export interface StartedDevices {
  readonly connected: Promise<Extract<FromDevices, { kind: 'connected' }>>
  readonly progress: Extract<FromDevices, { kind: 'progress' }> | null
  /** They send nothing more, and wait for what is not acknowledged yet. */
  stop(): Promise<DevicesResult>
}

/** One worker's devices, from signing in to the last acknowledgement. */
export function startDevices(task: DevicesTask): StartedDevices {
  const worker = new Worker(new URL('./soak-devices.ts', import.meta.url), { workerData: task })
  let progress: Extract<FromDevices, { kind: 'progress' }> | null = null
  const failed = new Promise<never>((_, reject) => worker.once('error', reject))
  const first = <K extends FromDevices['kind']>(kind: K) =>
    Promise.race([
      failed,
      new Promise<Extract<FromDevices, { kind: K }>>((resolve) => {
        worker.on('message', (message: FromDevices) => {
          if (message.kind === kind) resolve(message as Extract<FromDevices, { kind: K }>)
        })
      }),
    ])
  worker.on('message', (message: FromDevices) => {
    if (message.kind === 'progress') progress = message
  })
  const connected = first('connected')
  const result = first('result')
  return {
    connected,
    get progress() {
      return progress
    },
    stop(): Promise<DevicesResult> {
      const message: ToDevices = { kind: 'stop' }
      worker.postMessage(message)
      return result
    },
  }
}
