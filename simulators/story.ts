// The messages of a whole scenario in time order: the same scenario and seed give the same bytes.

import type { DeviceType } from '../src/core/device-type.ts'
import type { Millis } from '../src/core/position.ts'
import { createDeviceModel, type DeviceModel, type Message } from './device-model.ts'
import { createHeap } from '../src/core/time/heap.ts'
import type { Scenario } from './scenario.ts'

type Due =
  | { readonly at: Millis; readonly model: DeviceModel; readonly kind: 'regular' | 'fault' }
  | {
      readonly at: Millis
      readonly model: DeviceModel
      readonly kind: 'late'
      readonly message: Message
    }

const KIND_ORDER = { regular: 0, fault: 1, late: 2 } as const

/** `recorded` are messages that come from a file, in time order. */
export function* story(
  scenario: Scenario,
  types: readonly DeviceType[],
  recorded: readonly Message[],
): Generator<Message> {
  let next = 0
  for (const message of simulated(scenario, types)) {
    for (; next < recorded.length; next++) {
      const waiting = recorded[next]
      if (waiting === undefined || waiting.at > message.at) break
      yield waiting
    }
    yield message
  }
  yield* recorded.slice(next)
}

function* simulated(scenario: Scenario, types: readonly DeviceType[]): Generator<Message> {
  const due = createHeap<Due>(isBefore)
  for (const model of models(scenario, types)) {
    due.push({ at: model.firstReport(scenario.start), model, kind: 'regular' })
    for (const at of model.faultReports()) due.push({ at, model, kind: 'fault' })
  }
  for (let item = due.pop(); item !== undefined && item.at < scenario.end; item = due.pop()) {
    if (item.kind === 'late') {
      yield item.message
      continue
    }
    const { at, model, kind } = item
    for (const message of model.messages(at))
      if (message.at === at) yield message
      else due.push({ at: message.at, model, kind: 'late', message })
    if (kind === 'regular') due.push({ at: model.nextReport(at), model, kind })
  }
}

/** One model for every device that does not play a recording. */
function models(
  { seed, devices, faults, file }: Scenario,
  types: readonly DeviceType[],
): readonly DeviceModel[] {
  const played = new Set(Object.values(file.fleet.recording?.devices ?? {}))
  const typeOf = new Map(types.map((type) => [type.id, type]))
  const childrenOf = Map.groupBy(devices, (device) => device.parent)
  const faultsOn = Map.groupBy(faults, (fault) => fault.device)
  return devices.flatMap((device) => {
    const type = typeOf.get(device.type)
    if (type === undefined || played.has(device.id)) return []
    const children = childrenOf.get(device.id) ?? []
    // A cabinet's sum feels the faults of its lamps, too.
    const own = [
      device.id,
      ...(device.parent === null ? [] : [device.parent]),
      ...children.map((child) => child.id),
    ]
    const felt = own.flatMap((id) => faultsOn.get(id) ?? [])
    return [createDeviceModel({ seed, device, type, children, faults: felt })]
  })
}

/** By time, then device, then kind: the order does not depend on what else the fleet holds. */
function isBefore(a: Due, b: Due): boolean {
  if (a.at !== b.at) return a.at < b.at
  if (a.model.id !== b.model.id) return a.model.id < b.model.id
  return KIND_ORDER[a.kind] < KIND_ORDER[b.kind]
}
