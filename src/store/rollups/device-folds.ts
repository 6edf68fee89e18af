// One window under construction for each device, fed in order of time: what the windows of a level are made with when they are made
// from readings or windows that are kept.

import type { Millis } from '../../core/position.ts'
import type { WindowRow } from '../../ports.ts'
import { createSummaryColumns, type MetricKinds } from './summary-columns.ts'

export interface DeviceFolds {
  /** Adds a reading of the device to its window at `start`. The window before that one, if it is another one, is returned: it is whole. */
  add(
    device: string,
    start: Millis,
    values: readonly number[],
    simulated: boolean,
  ): WindowRow | null
  /** The same with a shorter window of the device. */
  join(start: Millis, row: WindowRow): WindowRow | null
  /** What is under construction, a slice at a time. Nothing may be added after this. */
  rest(sliceMax: number): Iterable<WindowRow[]>
}

export function createDeviceFolds(kinds: MetricKinds): DeviceFolds {
  const columns = createSummaryColumns(kinds)
  const slots = new Map<string, number>()
  const devices: string[] = []
  const starts: Millis[] = []
  const simulatedBySlot: boolean[] = []

  function rowAt(slot: number): WindowRow | null {
    const summaries = columns.summaries(slot)
    const start = starts[slot]
    const device = devices[slot]
    if (summaries === null || start === undefined || device === undefined) return null
    return { device, start, simulated: simulatedBySlot[slot] === true, summaries }
  }

  function slotOf(device: string): number {
    let slot = slots.get(device)
    if (slot === undefined) {
      slot = devices.length
      slots.set(device, slot)
      devices.push(device)
    }
    return slot
  }

  /** Makes room for the window at `start` and returns the one that stood there. */
  function turnTo(start: Millis, slot: number): WindowRow | null {
    if (starts[slot] === start) return null
    const whole = rowAt(slot)
    columns.clear(slot)
    starts[slot] = start
    simulatedBySlot[slot] = false
    return whole
  }

  return {
    add(device, start, values, simulated) {
      const slot = slotOf(device)
      const whole = turnTo(start, slot)
      columns.add(slot, values)
      if (simulated) simulatedBySlot[slot] = true
      return whole
    },
    join(start, row) {
      const slot = slotOf(row.device)
      const whole = turnTo(start, slot)
      columns.join(slot, row.summaries)
      if (row.simulated) simulatedBySlot[slot] = true
      return whole
    },
    *rest(sliceMax) {
      let slice: WindowRow[] = []
      for (let slot = 0; slot < devices.length; slot++) {
        const row = rowAt(slot)
        if (row === null) continue
        slice.push(row)
        if (slice.length < sliceMax) continue
        yield slice
        slice = []
      }
      if (slice.length > 0) yield slice
    },
  }
}
