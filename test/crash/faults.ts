// What a round does to the product while devices speak, up to and including the kill. Each fault also says what must be seen while it
// lasts: acknowledgements stop when the disk takes nothing, and go on by themselves afterwards.

import { watch } from 'node:fs'
import { join } from 'node:path'
import type { City } from './city.ts'
import { holdsAcks } from './city.ts'
import type { DiskOrder, DiskStrike } from './faulty-io.ts'
import type { Instance } from './instance.ts'
import { comesToRest, comesTrue, pause } from './pause.ts'
import type { RoundPlan } from './plan.ts'
import { readingIn, tear, turnBits, unsyncedTail } from './tamper.ts'

const STRIKE_MS = 6_000
const GO_ON_MS = 12_000
const WATCH_MS = 2_500
const REST_MS = 60
const LONG_PADDING = 24_000

/** Performs the round's fault and kills the product; returns what went wrong. */
export async function strike(city: City, instance: Instance, plan: RoundPlan): Promise<string[]> {
  const { publisher } = city
  const padding = publisher.paddingMax
  // Long records make a segment full within a moment, so that other faults meet the change of segments too.
  if (plan.kind === 'rotation' || plan.random() < 0.3) publisher.paddingMax = LONG_PADDING
  try {
    return await strikeAs(city, instance, plan)
  } finally {
    publisher.paddingMax = padding
  }
}

async function strikeAs(city: City, instance: Instance, plan: RoundPlan): Promise<string[]> {
  const { random } = plan
  switch (plan.kind) {
    case 'kill':
    case 'recovery':
    case 'disk':
      await pause(80 + random() * 450)
      await instance.kill()
      return []
    case 'power':
      await instance.order({ isVolatile: true })
      await pause(80 + random() * 450)
      await instance.kill()
      return []
    case 'rotation':
      return killWhen(city, instance, 'journal', /\.journal/, random)
    case 'snapshot':
      return killWhen(city, instance, 'snapshots', /\.snapshot/, random)
    case 'short':
      return shortWrites(city, instance, random)
    case 'full':
      return fullDisk(city, instance, random)
    case 'sync-error':
      return failingSync(city, instance, random)
    case 'stall':
      return stalledDisk(city, instance, random)
    case 'torn':
    case 'flip':
      return harmedTail(city, instance, plan)
  }
}

/** Kills at the moment a name that matches appears, goes or is changed in the directory, or a little later. */
async function killWhen(
  city: City,
  instance: Instance,
  folder: string,
  name: RegExp,
  random: () => number,
): Promise<string[]> {
  await pause(random() * 250)
  const lateMs = random() < 0.5 ? 0 : random() * 6
  // Which of the events that belong together: temporary name, rename, deletion of old ones.
  let events = 1 + Math.floor(random() * 4)
  const watcher = watch(join(city.settings.dataDirectory, folder))
  const seen = new Promise<void>((resolve) => {
    // `rename`: a name comes, goes or changes; writing to a file is the other event.
    watcher.on('change', (event, file) => {
      if (event === 'rename' && name.test(String(file)) && --events === 0) resolve()
    })
  })
  await Promise.race([seen, pause(WATCH_MS)])
  if (lateMs > 0) await pause(lateMs)
  await instance.kill()
  watcher.close()
  return []
}

async function order(
  instance: Instance,
  next: DiskOrder,
  kind: DiskStrike['struck'],
): Promise<DiskStrike | string> {
  const struck = instance.struck(kind, STRIKE_MS)
  await instance.order(next)
  return (
    (await struck) ?? `the disk's order ${JSON.stringify(next)} struck nothing in ${STRIKE_MS} ms`
  )
}

async function goesOn(city: City, since: number, what: string): Promise<string[]> {
  const isGoing = await comesTrue(() => city.publisher.total > since, GO_ON_MS)
  return isGoing ? [] : [`${what}: no acknowledgement in ${GO_ON_MS} ms afterwards`]
}

/** Whatever was acknowledged before may still be on its way; then nothing may come for `ms`. */
async function staysSilent(city: City, ms: number, what: string): Promise<string[]> {
  const total = () => city.publisher.total + city.door.total
  if (!(await comesToRest(total, REST_MS, 3_000))) return [`${what}: acknowledgements go on`]
  const before = total()
  await pause(ms)
  const more = total() - before
  return more === 0 ? [] : [`${what}: ${more} acknowledgements`]
}

async function fullDisk(city: City, instance: Instance, random: () => number): Promise<string[]> {
  await pause(random() * 200)
  const struck = await order(instance, { room: Math.floor(random() * 100_000) }, 'full')
  if (typeof struck === 'string') return [struck, ...(await killed(instance))]
  const problems = await staysSilent(city, 40 + random() * 200, 'disk full')
  const reason = await holdsAcks(instance)
  if (reason === null || !reason.startsWith('disk full'))
    problems.push(`disk full: expected /pipeline to say so, got holding ${JSON.stringify(reason)}`)
  if (random() < 0.5) {
    const before = city.publisher.total
    await instance.order({ room: null })
    problems.push(...(await goesOn(city, before, 'disk full')))
    await pause(random() * 150)
  }
  return [...problems, ...(await killed(instance))]
}

async function shortWrites(
  city: City,
  instance: Instance,
  random: () => number,
): Promise<string[]> {
  const before = city.publisher.total
  const struck = await order(
    instance,
    { shortWriteBytes: 16 + Math.floor(random() ** 2 * 800) },
    'short',
  )
  const problems =
    typeof struck === 'string' ? [struck] : await goesOn(city, before, 'short writes')
  await pause(80 + random() * 350)
  return [...problems, ...(await killed(instance))]
}

async function failingSync(
  city: City,
  instance: Instance,
  random: () => number,
): Promise<string[]> {
  await pause(random() * 200)
  const struck = await order(instance, { failingSyncs: 1 + Math.floor(random() * 3) }, 'sync')
  if (typeof struck === 'string') return [struck, ...(await killed(instance))]
  const problems = random() < 0.6 ? await goesOn(city, city.publisher.total, 'failed sync') : []
  await pause(random() * 120)
  return [...problems, ...(await killed(instance))]
}

async function stalledDisk(
  city: City,
  instance: Instance,
  random: () => number,
): Promise<string[]> {
  await pause(random() * 200)
  const ms = 250 + random() ** 4 * 2_750
  const before = random() < 0.5 ? 'write' : 'sync'
  const struck = await order(instance, { stall: { before, ms } }, 'stall')
  if (typeof struck === 'string') return [struck, ...(await killed(instance))]
  const began = performance.now()
  const rest = await staysSilent(city, Math.max(0, ms - 180) * random(), 'stalled disk')
  // On a busy machine the stall may be over before the silence could be measured.
  const problems = performance.now() - began < ms - 20 ? rest : []
  if (random() < 0.4) {
    problems.push(...(await goesOn(city, city.publisher.total, 'stalled disk')))
    await pause(random() * 100)
  }
  return [...problems, ...(await killed(instance))]
}

async function harmedTail(city: City, instance: Instance, plan: RoundPlan): Promise<string[]> {
  const { random } = plan
  await pause(60 + random() * 250)
  const struck = await order(instance, { stall: { before: 'sync', ms: 60_000 } }, 'stall')
  await pause(random() * 60)
  const ended = await killed(instance)
  if (typeof struck === 'string') return [struck, ...ended]
  await city.ended()
  const tail = unsyncedTail(city.settings.dataDirectory, struck.path, struck.syncedBytes)
  if (tail === null || tail.to === tail.from) return ended
  const problems = [...ended]
  for (const record of tail.records) {
    const reading = readingIn(record)
    if (reading === null || reading.isHttp) continue
    const line = city.publisher.lines.find(({ stream }) => stream.gateway === reading.client)
    if (line !== undefined && reading.seq < line.acknowledged)
      problems.push(
        `${reading.client}: reading ${reading.seq} was acknowledged before it was synced`,
      )
  }
  if (plan.kind === 'torn') tear(tail, random)
  else city.quarantined += turnBits(tail, random)
  return problems
}

async function killed(instance: Instance): Promise<string[]> {
  const ended = instance.process.exitCode
  await instance.kill()
  return ended === null
    ? []
    : [`the product ended by itself with code ${ended}:\n${instance.log()}`]
}
