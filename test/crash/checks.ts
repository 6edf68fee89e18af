// What must hold after every round and at quiet moments, asked of the product over its API.

import type { Door } from './door.ts'
import { DOOR_DEVICE, nameOf } from './door.ts'
import type { Instance } from './instance.ts'
import { comesTrue } from './pause.ts'
import type { Stream } from './story.ts'
import type { Undisturbed } from './undisturbed.ts'

interface Point {
  readonly t: number
  readonly v: number
}

export interface Numbers {
  readonly journaled: number
  readonly stored: number
  readonly quarantined: number
  readonly duplicate: number
  readonly pending: number
  readonly holds: boolean
  readonly journal: { readonly holding: string | null }
}

export async function ask<T>(instance: Instance, path: string): Promise<T> {
  const { status, body } = await instance.api('GET', path)
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`)
  return body as T
}

/** The readings of the range, all acknowledged, are stored once, with their values, and nothing else in that time. */
export async function checkLine(
  instance: Instance,
  stream: Stream,
  range: { readonly from: number; readonly to: number },
  metric: 'leakage_current' | 'voltage',
): Promise<string[]> {
  const expected = new Map<string, Point[]>()
  for (let k = range.from; k < range.to; k++) {
    const { device, ts, m } = stream.reading(k)
    const points = expected.get(device)
    if (points === undefined) expected.set(device, [{ t: ts, v: m[metric] }])
    else points.push({ t: ts, v: m[metric] })
  }
  const found = await Promise.all(
    [...expected].map(([device, points]) => checkSeries(instance, device, metric, points)),
  )
  return found.flat()
}

export async function checkDoor(instance: Instance, door: Door): Promise<string[]> {
  const points = door.unchecked.map(({ ts, value }) => ({ t: ts, v: value }))
  const problems =
    points.length === 0 ? [] : await checkSeries(instance, DOOR_DEVICE, 'leakage_current', points)
  door.checked(points.length)
  const { name } = await ask<{ name: string }>(instance, `/devices/${DOOR_DEVICE}`)
  const { answered, sent } = door.names
  const possible = Array.from({ length: sent - answered + 1 }, (_, more) => nameOf(answered + more))
  if (answered > 0 && !possible.includes(name))
    problems.push(
      `command: expected ${DOOR_DEVICE} to be called one of "${possible.join('", "')}", got "${name}"`,
    )
  return [...problems, ...door.problems]
}

async function checkSeries(
  instance: Instance,
  device: string,
  metric: string,
  expected: readonly Point[],
): Promise<string[]> {
  const [first, last] = [expected[0], expected.at(-1)]
  if (first === undefined || last === undefined) return []
  const { points } = await ask<{ points: readonly Point[] }>(
    instance,
    `/devices/${device}/telemetry?metric=${metric}&from=${first.t}&to=${last.t + 1}`,
  )
  const text = ({ t, v }: Point) => `${t}=${v}`
  const stored = new Set(points.map(text))
  const wanted = new Set(expected.map(text))
  const problems: string[] = []
  const lost = expected.filter((point) => !stored.has(text(point)))
  const extra = points.filter((point) => !wanted.has(text(point)))
  if (lost.length > 0)
    problems.push(
      `${device} ${metric}: ${lost.length} of ${expected.length} acknowledged readings are not stored, the first is of ${lost[0]?.t}`,
    )
  if (extra.length > 0)
    problems.push(
      `${device} ${metric}: ${extra.length} points were never sent, first ${text(extra[0] ?? first)}`,
    )
  if (stored.size !== points.length) problems.push(`${device} ${metric}: the same point twice`)
  return problems
}

/** The accounting holds at every look, and nothing stays pending. */
export async function checkAccounting(instance: Instance): Promise<{
  readonly numbers: Numbers
  readonly problems: string[]
}> {
  const problems: string[] = []
  let numbers = await ask<Numbers>(instance, '/pipeline')
  const isThrough = await comesTrue(async () => {
    numbers = await ask<Numbers>(instance, '/pipeline')
    if (!numbers.holds && problems.length === 0)
      problems.push(`accounting does not hold: ${JSON.stringify(numbers)}`)
    return numbers.pending === 0
  }, 10_000)
  if (!isThrough) problems.push(`${numbers.pending} items stay pending: ${JSON.stringify(numbers)}`)
  return { numbers, problems }
}

interface Listed {
  readonly id: string
  readonly count: number
  readonly severity: string
  readonly state: string
  readonly delivery: { readonly state: string }
}

export async function listAll(instance: Instance, path: string): Promise<Listed[]> {
  const items: Listed[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { items: Listed[]; cursor: string | null } = await ask(
      instance,
      `${path}${path.includes('?') ? '&' : '?'}limit=1000${cursor === '' ? '' : `&cursor=${cursor}`}`,
    )
    items.push(...page.items)
    cursor = page.cursor
  }
  return items
}

export async function checkAlerts(
  instance: Instance,
  { alerts, tickets }: Undisturbed,
): Promise<string[]> {
  const found = new Map(
    (await listAll(instance, '/alerts?state=all')).map((alert) => [alert.id, alert]),
  )
  const problems = difference('alert', new Set(alerts.keys()), new Set(found.keys()))
  for (const [id, { count, severity, state }] of alerts) {
    const live = found.get(id)
    if (live === undefined) continue
    if (live.count !== count || live.severity !== severity || live.state !== state)
      problems.push(
        `alert ${id}: expected ${severity} ${state} x${count}, got ${live.severity} ${live.state} x${live.count}`,
      )
  }
  const filed = await listAll(instance, '/tickets')
  problems.push(...difference('ticket', tickets, new Set(filed.map(({ id }) => id))))
  return problems
}

export function difference(
  what: string,
  expected: ReadonlySet<string>,
  found: ReadonlySet<string>,
): string[] {
  return [
    ...[...expected].filter((id) => !found.has(id)).map((id) => `${what} ${id} is missing`),
    ...[...found].filter((id) => !expected.has(id)).map((id) => `${what} ${id} was not expected`),
  ]
}
