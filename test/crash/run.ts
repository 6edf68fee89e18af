// The crash test: round after round the product is disturbed while devices publish, killed with -9 and started again; nothing that
// it has acknowledged may be missing, nothing doubled, and its decisions are those of an undisturbed run.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { friendly } from '../../simulators/case-system/behaviour.ts'
import { startCaseSystem, type CaseSystemSimulator } from '../../simulators/case-system/server.ts'
import { systemClock } from '../../src/clock.ts'
import { freePort } from '../support/product.ts'
import { difference, listAll, type Numbers } from './checks.ts'
import { createCity, type City } from './city.ts'
import { strike } from './faults.ts'
import type { Sabotage } from './faulty-io.ts'
import type { Instance } from './instance.ts'
import { comesTrue, pause } from './pause.ts'
import { faultKinds, planOf, type FaultKind, type RoundPlan } from './plan.ts'
import { fillSmallDisk, smallDiskObstacle } from './small-disk.ts'
import { addPartialFrame, lastSegment } from './tamper.ts'

export interface CrashOptions {
  readonly rounds: number
  readonly seed: number
  /** Number of the first round: with it one round is done again. */
  readonly first?: number
  readonly connections?: number
  /** Only these, dealt like all of them. */
  readonly kinds?: readonly FaultKind[]
  /** Breaks the product on purpose, to see that it is noticed. */
  readonly sabotage?: Sabotage | null
  readonly progress?: (line: string) => void
}

export interface CrashResult {
  readonly rounds: number
  readonly seconds: number
  readonly kinds: Readonly<Partial<Record<FaultKind, number>>>
  readonly skipped: readonly string[]
  readonly kills: number
  readonly killsInRecovery: number
  readonly partialFrames: number
  readonly acknowledged: number
  readonly stored: number
  readonly duplicate: number
  readonly damagedRecords: number
  readonly alerts: number
  readonly tickets: number
  readonly cases: number
  readonly casesFiledTwice: number
  readonly startMs: { readonly median: number; readonly max: number }
  readonly harnessMiB: { readonly atStart: number; readonly atEnd: number }
  readonly problems: readonly string[]
  /** The round that failed, and the directory that was kept for it. */
  readonly failed: { readonly round: number; readonly directory: string } | null
}

const QUIET_EVERY = 40
const RECOVERY_MS = 400
const DELIVERY_MS = 180_000
const TOLD_EVERY_MS = 10_000

export async function runCrashTest(options: CrashOptions): Promise<CrashResult> {
  const { rounds, seed, first = 1, sabotage = null, progress = () => {} } = options
  const directory = mkdtempSync(join(tmpdir(), 'hetao-crash-'))
  const began = performance.now()
  const obstacle = smallDiskObstacle(join(directory, 'probe'))
  const wanted = options.kinds ?? faultKinds
  const kinds = wanted.filter((kind) => kind !== 'disk' || obstacle === null)
  const httpPort = await freePort()
  const caseSystem = await startCases(seed, httpPort)
  // Half of a start is compiling; Node keeps the result when a process ends cleanly, so the first life of the city does.
  const compileCache = { NODE_COMPILE_CACHE: join(directory, 'compiled') }
  const city = await createCity({
    directory: join(directory, 'data'),
    seed,
    connections: options.connections ?? 24,
    httpPort,
    environment: { ...caseSystem.environment, ...compileCache },
    sabotage,
  })
  const tally = createTally(kinds)
  const problems: string[] = []
  const planAt = (round: number) => planOf(seed, round, kinds)
  let instance: Instance | null = null
  let failedRound: number | null = null
  let numbers: Numbers | null = null
  let round = first
  let toldAt = began
  if (obstacle !== null) progress(`skipped: rounds of kind "disk" (${obstacle})`)
  try {
    const warm = await city.start('faulty')
    // It listens for signals a moment after it says that it listens.
    await warm.api('GET', '/pipeline')
    await warm.stop()
    instance = await city.start(planAt(first).disk)
    for (; round < first + rounds && problems.length === 0; round++) {
      const plan = planAt(round)
      tally.kinds[plan.kind] = (tally.kinds[plan.kind] ?? 0) + 1
      caseSystem.control(plan.cases)
      const isQuiet = round % QUIET_EVERY === 0
      const end = await doRound({
        city,
        instance,
        plan,
        next: planAt(round + 1),
        isQuiet,
        tally,
        directory,
        environment: compileCache,
      })
      instance = end.instance
      numbers = end.numbers
      problems.push(...end.problems.map((problem) => `round ${round} (${plan.kind}): ${problem}`))
      if (performance.now() - toldAt < TOLD_EVERY_MS) continue
      toldAt = performance.now()
      progress(tellProgress({ done: round - first + 1, rounds, began, city, tally }))
    }
    if (problems.length > 0) failedRound = round - 1
    else {
      const end = await finish(city, instance, caseSystem)
      numbers = end.numbers
      problems.push(...end.problems.map((problem) => `at the end: ${problem}`))
      if (problems.length > 0) failedRound = round - 1
      else instance = null
    }
  } catch (error) {
    failedRound = round
    problems.push(`round ${round}: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    await instance?.kill()
    await city.ended()
    await city.close()
    await caseSystem.close()
    if (failedRound === null) rmSync(directory, { recursive: true, force: true })
  }
  const counters = caseSystem.counters()
  return {
    rounds: Math.min(round, first + rounds) - first,
    seconds: Math.round((performance.now() - began) / 1000),
    kinds: tally.kinds,
    skipped: obstacle === null || !wanted.includes('disk') ? [] : [`disk: ${obstacle}`],
    kills: tally.kills,
    killsInRecovery: tally.killsInRecovery,
    partialFrames: tally.partialFrames,
    acknowledged: city.publisher.total + city.door.total + tally.elsewhere,
    stored: numbers?.stored ?? 0,
    duplicate: numbers?.duplicate ?? 0,
    damagedRecords: city.quarantined,
    alerts: city.undisturbed.alerts.size,
    tickets: city.undisturbed.tickets.size,
    cases: counters.filed,
    casesFiledTwice: counters.duplicatesFiled,
    startMs: tally.startMs(),
    harnessMiB: { atStart: tally.mebibytesAtStart, atEnd: mebibytes() },
    problems,
    failed: failedRound === null ? null : { round: failedRound, directory },
  }
}

interface Tally {
  kinds: Partial<Record<FaultKind, number>>
  kills: number
  killsInRecovery: number
  partialFrames: number
  /** Acknowledged on small disks. */
  elsewhere: number
  readonly mebibytesAtStart: number
  started(ms: number): void
  startMs(): { median: number; max: number }
}

function createTally(kinds: readonly FaultKind[]): Tally {
  const starts: number[] = []
  return {
    kinds: Object.fromEntries(kinds.map((kind) => [kind, 0])),
    kills: 0,
    killsInRecovery: 0,
    partialFrames: 0,
    elsewhere: 0,
    mebibytesAtStart: mebibytes(),
    started: (ms) => starts.push(Math.round(ms)),
    startMs: () => {
      const sorted = starts.toSorted((a, b) => a - b)
      return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 }
    },
  }
}

async function doRound(context: {
  readonly city: City
  readonly instance: Instance
  readonly plan: RoundPlan
  readonly next: RoundPlan
  readonly isQuiet: boolean
  readonly tally: Tally
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
}): Promise<{ instance: Instance; numbers: Numbers; problems: string[] }> {
  const { city, plan, tally } = context
  const { random } = plan
  const problems: string[] = []
  if (plan.kind === 'disk') {
    const directory = join(context.directory, `small-${plan.round}`)
    const { problems: found, acknowledged } = await fillSmallDisk({
      directory,
      seed: plan.round,
      environment: context.environment,
      random,
    })
    problems.push(...found)
    tally.elsewhere += acknowledged
    tally.kills++
  }
  await city.load(context.instance)
  problems.push(...(await strike(city, context.instance, plan)))
  tally.kills++
  await city.ended()
  if (plan.partialFrame) {
    const segment = lastSegment(city.settings.dataDirectory)
    if (segment !== null) addPartialFrame(segment, random)
    tally.partialFrames++
  }
  for (let kill = 0; kill < plan.recoveryKills; kill++) {
    const started = city.spawn('real')
    await pause(random() * RECOVERY_MS)
    await started.kill()
    tally.killsInRecovery++
  }
  const began = performance.now()
  const instance = await city.start(context.next.disk)
  tally.started(performance.now() - began)
  try {
    const checked = await city.check(instance, plan.round)
    problems.push(...checked.problems)
    if (!context.isQuiet || problems.length > 0)
      return { instance, numbers: checked.numbers, problems }
    await city.load(instance)
    const quiet = await city.quiet(instance)
    // The next round makes its own connections.
    const closing = await instance.stop()
    if (closing !== 0) quiet.problems.push(`expected a clean stop, got exit code ${closing}`)
    await city.ended()
    return {
      instance: await city.start(context.next.disk),
      numbers: quiet.numbers,
      problems: quiet.problems,
    }
  } catch (error) {
    await instance.kill()
    throw error
  }
}

/** Everybody finishes, the case system is well again, and every ticket arrives once. */
async function finish(
  city: City,
  instance: Instance,
  cases: CaseSystemSimulator,
): Promise<{ numbers: Numbers; problems: string[] }> {
  cases.control(friendly)
  await city.load(instance)
  const { numbers, problems } = await city.quiet(instance)
  if (problems.length > 0) return { numbers, problems }
  const areDelivered = await comesTrue(async () => {
    const tickets = await listAll(instance, '/tickets')
    if (tickets.every((ticket) => ticket.delivery.state === 'delivered')) return true
    await pause(250)
    return false
  }, DELIVERY_MS)
  if (!areDelivered) problems.push(`some tickets were not delivered in ${DELIVERY_MS} ms`)
  const filed = cases.cases()
  const { tickets } = city.undisturbed
  problems.push(...difference('case', tickets, new Set(filed.map((one) => one.externalId))))
  const twice = cases.counters().duplicatesFiled
  if (twice !== 0 || filed.length !== tickets.size)
    problems.push(
      `expected ${tickets.size} cases, got ${filed.length}, ${twice} of them filed twice`,
    )
  const code = await instance.stop()
  await city.ended()
  if (code !== 0) problems.push(`expected a clean stop, got exit code ${code}`)
  return { numbers, problems }
}

async function startCases(
  seed: number,
  httpPort: number,
): Promise<CaseSystemSimulator & { environment: Record<string, string> }> {
  const secret = `whsec_${randomBytes(24).toString('base64')}`
  const inboundSecret = `whsec_${randomBytes(24).toString('base64')}`
  const simulator = await startCaseSystem({
    host: '127.0.0.1',
    port: 0,
    secret,
    inboundSecret,
    eventsUrl: `http://127.0.0.1:${httpPort}/api/v1/cases/events`,
    clock: systemClock,
    seed,
    behaviour: {},
  })
  return {
    ...simulator,
    environment: {
      HETAO_CASES: 'webhook',
      HETAO_CASES_URL: simulator.url,
      HETAO_CASES_SECRET: secret,
      HETAO_CASES_INBOUND_SECRET: inboundSecret,
    },
  }
}

function tellProgress(state: {
  readonly done: number
  readonly rounds: number
  readonly began: number
  readonly city: City
  readonly tally: Tally
}): string {
  const { done, rounds, city, tally } = state
  const seconds = (performance.now() - state.began) / 1000
  const left = Math.round(((rounds - done) * seconds) / done)
  const kinds = Object.entries(tally.kinds)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ')
  return (
    `round ${done} of ${rounds}, ${(seconds / done).toFixed(2)} s each, ${Math.floor(left / 60)} min ${left % 60} s left: ` +
    `${city.publisher.total + city.door.total} acknowledged, harness ${mebibytes()} MiB (${kinds})`
  )
}

function mebibytes(): number {
  return Math.round(process.memoryUsage().rss / 2 ** 20)
}
