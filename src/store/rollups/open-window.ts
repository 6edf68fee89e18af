// One minute of one device type while it is open: built from the readings as they come, for as long as that is plain. A device whose
// readings came twice or out of order is set aside, and a minute that finds no room is cold: both are worked out from the raw readings.

import type { Millis } from '../../core/position.ts'
import type { WindowRow } from '../../ports.ts'
import {
  createSummaryColumns,
  type MetricKinds,
  type SummaryColumns,
  type TakeRoom,
} from './summary-columns.ts'

export interface OpenWindow {
  readonly start: Millis
  /** Nothing is kept here: the raw readings say it. */
  readonly isCold: boolean
  /** Devices seen. */
  readonly size: number
  /** `device` is its number within the type. */
  add(device: number, ts: Millis, values: readonly number[], simulated: boolean): void
  /** Windows of the devices whose readings were plain, a slice at a time. */
  rows(nameOf: (device: number) => string, sliceMax: number): Iterable<WindowRow[]>
  /** Devices whose window must be worked out from the raw readings. */
  asideOf(nameOf: (device: number) => string): string[]
  /** Gives up what is kept here, for good. */
  turnCold(): void
}

const SIMULATED = 1
const ASIDE = 2

export function createOpenWindow(options: {
  readonly start: Millis
  readonly kinds: MetricKinds
  readonly takeRoom: TakeRoom
  /** Devices to expect. */
  readonly sizeHint: number
}): OpenWindow {
  const { start, kinds, takeRoom } = options
  let capacity = Math.max(16, options.sizeHint)
  /** Slot + 1 by device number; 0: not seen. */
  let slots = new Int32Array(0)
  let devices = new Int32Array(0)
  let newest = new Float64Array(0)
  let marks = new Uint8Array(0)
  let columns: SummaryColumns | null = null
  let size = 0
  let taken = 0
  let isCold = false

  function turnCold(): void {
    isCold = true
    size = 0
    columns?.release()
    columns = null
    takeRoom(-taken)
    taken = 0
    slots = new Int32Array(0)
    devices = new Int32Array(0)
    newest = new Float64Array(0)
    marks = new Uint8Array(0)
  }

  /** In numbers of eight bytes. */
  function take(numbers: number): boolean {
    if (!takeRoom(numbers)) return false
    taken += numbers
    return true
  }

  function reachNumber(device: number): boolean {
    const length = Math.max(device + 1, slots.length * 2, capacity)
    if (!take(Math.ceil((length - slots.length) / 2))) return false
    const next = new Int32Array(length)
    next.set(slots)
    slots = next
    return true
  }

  function reachSlot(): boolean {
    const length = devices.length === 0 ? capacity : devices.length * 2
    if (!take(Math.ceil((length - devices.length) * 1.75))) return false
    capacity = length
    const [beforeDevices, beforeNewest, beforeMarks] = [devices, newest, marks]
    devices = new Int32Array(length)
    newest = new Float64Array(length)
    marks = new Uint8Array(length)
    devices.set(beforeDevices)
    newest.set(beforeNewest)
    marks.set(beforeMarks)
    return true
  }

  return {
    start,
    get isCold() {
      return isCold
    },
    get size() {
      return size
    },
    add(device, ts, values, simulated) {
      if (isCold) return
      if (device >= slots.length && !reachNumber(device)) return turnCold()
      let slot = (slots[device] ?? 0) - 1
      if (slot < 0) {
        if (size >= devices.length && !reachSlot()) return turnCold()
        slot = size++
        slots[device] = slot + 1
        devices[slot] = device
      } else if (ts <= (newest[slot] ?? 0)) {
        marks[slot] = (marks[slot] ?? 0) | ASIDE
        return
      }
      newest[slot] = ts
      if (simulated) marks[slot] = (marks[slot] ?? 0) | SIMULATED
      columns ??= createSummaryColumns(kinds, takeRoom, capacity)
      if (!columns.add(slot, values)) turnCold()
    },
    *rows(nameOf, sliceMax) {
      let slice: WindowRow[] = []
      for (let slot = 0; slot < size; slot++) {
        const mark = marks[slot] ?? 0
        const summaries = (mark & ASIDE) === 0 ? (columns?.summaries(slot) ?? null) : null
        if (summaries === null) continue
        const simulated = (mark & SIMULATED) !== 0
        slice.push({ device: nameOf(devices[slot] ?? -1), start, simulated, summaries })
        if (slice.length < sliceMax) continue
        yield slice
        slice = []
      }
      if (slice.length > 0) yield slice
    },
    asideOf(nameOf) {
      const aside: string[] = []
      for (let slot = 0; slot < size; slot++)
        if (((marks[slot] ?? 0) & ASIDE) !== 0) aside.push(nameOf(devices[slot] ?? -1))
      return aside
    },
    turnCold,
  }
}
