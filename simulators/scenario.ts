// A scenario file made ready to play: parsed, checked as a whole, its faults spread over the devices they strike. Every mistake is
// told with its line, its path and what was expected.

import type { DeviceType } from '../src/core/device-type.ts'
import { LineCounter, parseDocument, isNode, isMap, type Document } from 'yaml'
import { parseBehaviourPatch } from './case-system/behaviour.ts'
import { createCity, type NewDevice } from './city.ts'
import { operatorOf, type Fault } from './faults.ts'
import { physicsOf } from './physics/physics.ts'
import { scenarioSchema, type ScenarioFile } from './scenario-schema.ts'

export interface Scenario {
  readonly file: ScenarioFile
  readonly seed: string
  readonly devices: readonly NewDevice[]
  readonly faults: readonly Fault[]
  readonly start: number
  readonly end: number
}

export type ScenarioResult =
  | { readonly kind: 'ok'; readonly scenario: Scenario }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] }

export interface ScenarioSource {
  readonly text: string
  /** Shown before the line number. */
  readonly name: string
  readonly types: readonly DeviceType[]
  /** Replaces the file's own. */
  readonly seed: string | null
}

interface Problem {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

export function readScenario(source: ScenarioSource): ScenarioResult {
  const lines = new LineCounter()
  const document = parseDocument(source.text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0)
    return {
      kind: 'invalid',
      problems: document.errors.map(
        (error) => `${source.name}:${lines.linePos(error.pos[0]).line}: not YAML: ${error.message}`,
      ),
    }
  const tell = ({ path, message }: Problem): string =>
    `${source.name}:${lineOf(document, lines, path)}: ${pathText(path)}: ${message}`

  const parsed = scenarioSchema.safeParse(document.toJS())
  if (!parsed.success)
    return {
      kind: 'invalid',
      problems: parsed.error.issues
        .flatMap((issue): readonly Problem[] =>
          issue.code === 'unrecognized_keys'
            ? issue.keys.map((key) => ({
                path: [...issue.path, key],
                message: 'no such field, expected only those of the schema',
              }))
            : [{ path: issue.path, message: `${issue.message}${got(document, issue.path)}` }],
        )
        .map(tell),
    }

  const scenario = build(parsed.data, source.seed)
  const problems = contradictions(scenario, source.types)
  return problems.length > 0
    ? { kind: 'invalid', problems: problems.map(tell) }
    : { kind: 'ok', scenario }
}

function build(file: ScenarioFile, seedGiven: string | null): Scenario {
  const seed = seedGiven ?? file.seed
  const devices = [
    ...(file.fleet.city === undefined ? [] : createCity(file.fleet.city, seed)),
    ...file.fleet.devices.map((device) => ({ ...device, simulated: true })),
  ]
  const faults = file.faults.flatMap((fault) =>
    fault.on.map((device) => ({
      id: fault.on.length === 1 ? fault.id : `${fault.id}@${device}`,
      kind: fault.kind,
      device,
      start: file.start + fault.at,
      end: file.start + fault.at + fault.for,
      magnitude: fault.magnitude ?? operatorOf(fault.kind).magnitude,
      rampMs: fault.ramp ?? 0,
    })),
  )
  return { file, seed, devices, faults, start: file.start, end: file.start + file.duration }
}

/** What the schema cannot see: names that must exist, and times that must lie inside the story. */
function contradictions(
  { file, devices }: Scenario,
  types: readonly DeviceType[],
): readonly Problem[] {
  const problems: Problem[] = []
  const byId = new Map(devices.map((device) => [device.id, device]))
  const typeIds = new Map(types.map((type) => [type.id, type]))
  const rules = new Set(types.flatMap((type) => type.rules.map((rule) => rule.id)))
  const faultIds = new Set(file.faults.map((fault) => fault.id))
  const played = new Set(Object.values(file.fleet.recording?.devices ?? {}))

  const needDevice = (path: readonly PropertyKey[], id: string): void => {
    if (!byId.has(id))
      problems.push({ path, message: `expected a device of the fleet, got "${id}"` })
  }
  const needRules = (path: readonly PropertyKey[], ids: readonly string[]): void => {
    for (const id of ids)
      if (!rules.has(id))
        problems.push({ path, message: `expected a rule of the device types, got "${id}"` })
  }
  const needFault = (path: readonly PropertyKey[], id: string): void => {
    if (!faultIds.has(id))
      problems.push({ path, message: `expected the id of a fault, got "${id}"` })
  }

  if (devices.length === 0)
    problems.push({ path: ['fleet'], message: 'expected at least one device' })
  if (byId.size < devices.length)
    problems.push({ path: ['fleet'], message: 'expected device ids that occur once' })
  if (faultIds.size < file.faults.length)
    problems.push({ path: ['faults'], message: 'expected fault ids that occur once' })
  for (const [index, device] of file.fleet.devices.entries()) {
    const path = ['fleet', 'devices', index]
    if (
      !typeIds.has(device.type) ||
      (physicsOf[device.type] === undefined && !played.has(device.id))
    )
      problems.push({
        path: [...path, 'type'],
        message: `expected a type that can be simulated (${Object.keys(physicsOf).join(', ')}), got "${device.type}"`,
      })
    if (device.parent !== null) needDevice([...path, 'parent'], device.parent)
  }
  for (const [station, id] of Object.entries(file.fleet.recording?.devices ?? {}))
    needDevice(['fleet', 'recording', 'devices', station], id)

  for (const [index, fault] of file.faults.entries()) {
    const path = ['faults', index]
    const strikes = operatorOf(fault.kind).strikes
    for (const id of fault.on) {
      needDevice([...path, 'on'], id)
      const type = byId.get(id)?.type
      if (type !== undefined && strikes !== null && !strikes.includes(type))
        problems.push({
          path: [...path, 'on'],
          message: `${fault.kind} strikes ${strikes.join(' or ')}, got ${id}, a ${type}`,
        })
      if (played.has(id) && fault.kind !== 'recorded')
        problems.push({
          path: [...path, 'kind'],
          message: `expected recorded, as ${id} plays a recording, got "${fault.kind}"`,
        })
    }
    if (fault.at + fault.for > file.duration)
      problems.push({
        path: [...path, 'for'],
        message: 'expected an end inside the duration of the scenario',
      })
  }
  for (const [index, expectation] of file.expect.entries()) {
    const path = ['expect', index]
    needFault([...path, 'fault'], expectation.fault)
    needRules([...path, 'rules'], expectation.rules)
    for (const id of expectation.on ?? []) needDevice([...path, 'on'], id)
    if (expectation.until !== undefined && expectation.until < expectation.within)
      problems.push({ path: [...path, 'until'], message: 'expected at least `within`' })
  }
  for (const [index, allowance] of file.allow.entries()) {
    const path = ['allow', index]
    if (allowance.fault !== undefined) needFault([...path, 'fault'], allowance.fault)
    needRules([...path, 'rules'], allowance.rules)
    for (const id of allowance.on ?? []) needDevice([...path, 'on'], id)
  }
  const behaviour = parseBehaviourPatch(file.cases.behaviour)
  if (!behaviour.ok)
    for (const message of behaviour.problems)
      problems.push({ path: ['cases', 'behaviour'], message })
  for (const rule of Object.keys(file.limits.rules)) needRules(['limits', 'rules', rule], [rule])
  return problems
}

/** The line of the nearest thing on the path that the file has; a key that should not be there has its own line. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const steps = path.slice(0, depth)
    const parent = depth === 0 ? null : document.getIn(steps.slice(0, -1), true)
    const pair = isMap(parent)
      ? parent.items.find((item) => isNode(item.key) && String(item.key) === String(steps.at(-1)))
      : null
    const node = isNode(pair?.key) ? pair.key : document.getIn(steps, true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file'
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number'
        ? `${text}[${step}]`
        : text === ''
          ? String(step)
          : `${text}.${String(step)}`,
    '',
  )
}

function got(document: Document, path: readonly PropertyKey[]): string {
  const value: unknown = document.getIn([...path])
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? `, got ${JSON.stringify(value)}`
    : ''
}
