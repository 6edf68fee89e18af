import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { lockDirectory } from '../../../src/journal/directory-lock.ts'
import { cleanUp, openRig, temporaryDirectory } from './rig.ts'

afterEach(cleanUp)

/** A process id that has just been in use and is not any more. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid ?? 0
}

describe('lockDirectory()', () => {
  it('refuses a directory that a living process holds, and says which', () => {
    const directory = temporaryDirectory()
    const lock = lockDirectory(directory)
    expect(() => lockDirectory(directory)).toThrow(`process ${process.pid} holds it`)
    lock.release()
    expect(readdirSync(directory)).toEqual([])
    lockDirectory(directory).release()
  })

  it('takes over the lock of a dead process', async () => {
    const directory = temporaryDirectory()
    const pid = await deadPid()
    writeFileSync(join(directory, 'lock'), JSON.stringify({ pid, startedAt: null }))
    const lock = lockDirectory(directory)
    expect(lock.tookOverFrom).toBe(pid)
    expect(JSON.parse(readFileSync(join(directory, 'lock'), 'utf8'))).toMatchObject({
      pid: process.pid,
    })
    expect(readdirSync(directory)).toEqual(['lock'])
  })

  it.runIf(process.platform === 'linux')(
    'takes over when the process id belongs to another process by now',
    () => {
      const directory = temporaryDirectory()
      const earlier = { pid: process.pid, startedAt: 'an-earlier-boot/123' }
      writeFileSync(join(directory, 'lock'), JSON.stringify(earlier))
      expect(lockDirectory(directory).tookOverFrom).toBe(process.pid)
    },
  )

  it.each(['', 'not JSON', '{"pid":"7"}', '{"pid":-1}', 'null'])(
    'takes over a lock file that names nobody: %j',
    (content) => {
      const directory = temporaryDirectory()
      writeFileSync(join(directory, 'lock'), content)
      expect(lockDirectory(directory).tookOverFrom).toBe(null)
    },
  )

  it('is held by an open journal and free after close', async () => {
    const { directory, journal } = await openRig()
    await expect(openRig({ directory })).rejects.toThrow('Cannot open the journal')
    await journal.close()
    await (await openRig({ directory })).journal.close()
  })
})
