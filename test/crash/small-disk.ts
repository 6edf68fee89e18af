// A really full disk: the product on a small file system of its own, until nothing fits any more. Not only the journal but every store
// meets ENOSPC there.

import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createCity, type City } from './city.ts'
import { comesToRest, comesTrue, pause } from './pause.ts'

const SIZE = '20m'
const CONNECTIONS = 4
const STOP_MS = 10_000
const GO_ON_MS = 15_000

/** Why it cannot be done here, or null. */
export function smallDiskObstacle(directory: string): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'a small file system needs Linux and root'
  try {
    mkdirSync(directory)
    mount(directory)
    unmount(directory)
    return null
  } catch (error) {
    return `mount: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

export async function fillSmallDisk(options: {
  readonly directory: string
  readonly seed: number
  readonly environment: Readonly<Record<string, string>>
  readonly random: () => number
}): Promise<{ problems: string[]; acknowledged: number }> {
  const { directory, random } = options
  mkdirSync(directory)
  mount(directory)
  let city: City | null = null
  try {
    city = await createCity({
      directory: join(directory, 'data'),
      seed: options.seed,
      connections: CONNECTIONS,
      environment: options.environment,
      sabotage: null,
    })
    const problems = await runOnSmallDisk(city, directory, random)
    return { problems, acknowledged: city.publisher.total + city.door.total }
  } finally {
    await city?.close()
    unmount(directory)
    rmSync(directory, { recursive: true, force: true })
  }
}

async function runOnSmallDisk(
  city: City,
  directory: string,
  random: () => number,
): Promise<string[]> {
  const problems: string[] = []
  let instance = await city.start('real')
  try {
    await city.load(instance)
    await pause(100 + random() * 200)
    const ballast = fill(directory, Math.floor(random() * 200_000))
    // What the segment has room for in pages it owns already may still be taken.
    city.publisher.paddingMax = 8_000
    const isStopped = await comesToRest(() => city.publisher.total, 400, STOP_MS)
    if (!isStopped) problems.push(`full disk: acknowledgements go on after ${STOP_MS} ms`)
    const way = Math.floor(random() * 3)
    if (way === 0) {
      const before = city.publisher.total
      ballast.remove()
      const goesOn = await comesTrue(() => city.publisher.total > before, GO_ON_MS)
      if (!goesOn)
        problems.push(
          instance.process.exitCode === null
            ? `full disk: no acknowledgement in ${GO_ON_MS} ms after there was room`
            : `full disk: the product ended with code ${instance.process.exitCode}:\n${instance.log()}`,
        )
    }
    await instance.kill()
    await city.ended()
    if (way === 2) await startWhileFull(city, problems)
    ballast.remove()
    instance = await city.start('real')
    const after = await city.check(instance, 0)
    await city.load(instance)
    await pause(50)
    const end = await city.quiet(instance)
    problems.push(...after.problems, ...end.problems)
    const code = await instance.stop()
    await city.ended()
    if (code !== 0)
      problems.push(`expected a clean stop, got exit code ${code}:\n${instance.log()}`)
  } finally {
    await instance.kill()
    await city.ended()
  }
  return problems.map((problem) => `small disk: ${problem}`)
}

/** It may refuse, with a reason, or start and hold; either way it must come up once there is room. */
async function startWhileFull(city: City, problems: string[]): Promise<void> {
  const instance = city.spawn('real')
  const ended = await Promise.race([
    instance.exited.then((code) => ({ code })),
    instance.listening().then(
      () => null,
      () => ({ code: instance.process.exitCode }),
    ),
  ])
  if (ended !== null && (ended.code !== 1 || !instance.log().includes('"level":"fatal"')))
    problems.push(
      `started while full: expected exit code 1 and a reason, got ${ended.code}:\n${instance.log()}`,
    )
  await instance.kill()
}

/** Takes all the room but `leave` bytes. */
function fill(directory: string, leave: number): { remove(): void } {
  const path = join(directory, 'ballast')
  const file = openSync(path, 'w')
  const block = Buffer.alloc(64 * 1024)
  let bytes = 0
  try {
    for (;;) bytes += writeSync(file, block)
  } catch {
    // The disk is full, as it should be.
  }
  ftruncateSync(file, Math.max(0, bytes - leave))
  closeSync(file)
  return { remove: () => rmSync(path, { force: true }) }
}

function mount(directory: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', directory], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

function unmount(directory: string): void {
  execFileSync('umount', [directory], { stdio: ['ignore', 'ignore', 'pipe'] })
}
