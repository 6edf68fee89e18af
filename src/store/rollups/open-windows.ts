// The open minutes of all types, within one bound on memory.

import type { Millis } from '../../core/position.ts'
import { createOpenWindow, type OpenWindow } from './open-window.ts'
import type { MetricKinds } from './summary-columns.ts'

export interface OpenWindows {
  add(
    type: string,
    device: string,
    minute: Millis,
    ts: Millis,
    values: readonly number[],
    simulated: boolean,
  ): void
  /** The type's open minutes before `to`, the earliest first. */
  before(type: string, to: Millis): readonly OpenWindow[]
  /** Name of the type's device with this number. */
  nameOf(type: string, device: number): string
  /** Forgets the type's minutes before `to`. */
  release(type: string, to: Millis): void
  /** Open minutes of all types together. */
  readonly count: number
}

export interface OpenWindowsOptions {
  readonly kindsOf: ReadonlyMap<string, MetricKinds>
  /** Numbers of eight bytes that all open minutes may hold together; beyond it a minute that wants to grow is cold. */
  readonly numbersMax: number
  /** Devices of one type that are told apart; when there are more all open minutes of the type are cold and numbering begins anew. */
  readonly devicesMax: number
}

interface OpenType {
  readonly kinds: MetricKinds
  readonly numbers: Map<string, number>
  readonly names: string[]
  readonly windows: Map<Millis, OpenWindow>
  /** Devices in the window closed last. */
  sizeHint: number
}

const MINUTE_MS = 60_000

export function createOpenWindows(options: OpenWindowsOptions): OpenWindows {
  const { numbersMax, devicesMax } = options
  const types = new Map<string, OpenType>()
  for (const [type, kinds] of options.kindsOf)
    types.set(type, { kinds, numbers: new Map(), names: [], windows: new Map(), sizeHint: 0 })
  let numbersTaken = 0
  let count = 0
  // Readings come in runs of one type and one minute.
  let lastType = ''
  let lastOpen: OpenType | undefined
  let lastWindow: OpenWindow | undefined

  function takeRoom(numbers: number): boolean {
    if (numbers > 0 && numbersTaken + numbers > numbersMax) return false
    numbersTaken += numbers
    return true
  }

  function numberOf(open: OpenType, device: string): number {
    const known = open.numbers.get(device)
    if (known !== undefined) return known
    if (open.numbers.size >= devicesMax) {
      open.numbers.clear()
      open.names.length = 0
      for (const window of open.windows.values()) window.turnCold()
    }
    const number = open.numbers.size
    open.numbers.set(device, number)
    open.names.push(device)
    return number
  }

  function windowOf(open: OpenType, minute: Millis): OpenWindow {
    let window = open.windows.get(minute)
    if (window === undefined) {
      const { kinds, sizeHint } = open
      window = createOpenWindow({ start: minute, kinds, takeRoom, sizeHint })
      open.windows.set(minute, window)
      count++
    }
    return window
  }

  return {
    add(type, device, minute, ts, values, simulated) {
      if (type !== lastType) {
        lastType = type
        lastOpen = types.get(type)
        lastWindow = undefined
      }
      const open = lastOpen
      if (open === undefined) return
      const number = numberOf(open, device)
      if (lastWindow?.start !== minute) lastWindow = windowOf(open, minute)
      lastWindow.add(number, ts, values, simulated)
    },
    before(type, to) {
      const windows = [...(types.get(type)?.windows.values() ?? [])]
      return windows.filter(({ start }) => start < to).sort((a, b) => a.start - b.start)
    },
    nameOf: (type, device) => types.get(type)?.names[device] ?? '',
    release(type, to) {
      const open = types.get(type)
      if (open === undefined) return
      for (const [start, window] of open.windows) {
        if (start + MINUTE_MS > to) continue
        if (window.size > 0) open.sizeHint = window.size
        window.turnCold()
        open.windows.delete(start)
        count--
      }
      lastWindow = undefined
    },
    get count() {
      return count
    },
  }
}
