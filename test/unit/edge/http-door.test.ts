import { describe, expect, it } from 'vitest'
import { FLAG_HTTP, FLAG_SIMULATED, formatOfFlags } from '../../../src/core/messages/record.ts'
import { createIngestDoor, createPushDoor } from '../../../src/edge/http-door.ts'
import { createHandJournal, openCity } from './fixtures.ts'

function openDoor() {
  const journal = createHandJournal()
  return { journal, door: createIngestDoor({ journal, directory: openCity().directory }) }
}

describe('createIngestDoor()', () => {
  it.each([
    ['a real device', '{"device":"GW","m":{}}', FLAG_HTTP],
    ['a simulated device', '{"device":"SX","m":{}}', FLAG_HTTP | FLAG_SIMULATED],
    [
      'a simulated device, named twice',
      '{"device":"GW","device":"SX"}',
      FLAG_HTTP | FLAG_SIMULATED,
    ],
    ['an unknown device', '{"device":"nobody"}', FLAG_HTTP],
    ['no device', '{}', FLAG_HTTP],
    ['no JSON', '{"device":"SX"', FLAG_HTTP],
    ['nothing', '', FLAG_HTTP],
  ])('appends the body of %s with its flags', async (_case, body, flags) => {
    const { journal, door } = openDoor()
    const outcome = await door(Buffer.from(body), 'ctwing')
    expect(outcome.kind).toBe('committed')
    expect(journal.entries).toEqual([
      { kind: 'message', flags, client: 'ctwing', topic: '', payload: body },
    ])
  })

  it('answers only after the commit', async () => {
    const { journal, door } = openDoor()
    journal.hold()
    let isAnswered = false
    const answer = door(Buffer.from('{}'), 'me').then((outcome) => {
      isAnswered = true
      return outcome
    })
    await journal.reached(1)
    await new Promise((resolve) => setImmediate(resolve))
    expect(isAnswered).toBe(false)
    journal.release()
    expect((await answer).kind).toBe('committed')
  })

  it("passes the journal's refusal on", async () => {
    const { journal, door } = openDoor()
    journal.answer({ kind: 'refused', reason: 'full' })
    expect(await door(Buffer.from('{}'), 'me')).toEqual({ kind: 'refused', reason: 'full' })
  })

  it('refuses more than 64 KiB and a name the record cannot hold, without the journal', async () => {
    const { journal, door } = openDoor()
    const tooLarge = { kind: 'refused', reason: 'too_large' }
    expect(await door(Buffer.alloc(64 * 1024 + 1), 'me')).toEqual(tooLarge)
    expect(await door(Buffer.from('{}'), '名'.repeat(86))).toEqual(tooLarge)
    expect(journal.entries).toEqual([])
  })
})

describe('createPushDoor()', () => {
  it.each(['ctwing', 'onenet'] as const)('appends a push of %s as it came', async (format) => {
    const journal = createHandJournal()
    const door = createPushDoor({ journal })
    expect((await door(format, Buffer.from('no JSON'), `@${format}`)).kind).toBe('committed')
    const [entry] = journal.entries
    expect(entry).toMatchObject({
      kind: 'message',
      client: `@${format}`,
      topic: '',
      payload: 'no JSON',
    })
    const flags = entry?.flags ?? 0
    expect(flags & FLAG_HTTP).toBe(FLAG_HTTP)
    expect(flags & FLAG_SIMULATED).toBe(0)
    expect(formatOfFlags(flags)).toBe(format)
  })

  it("passes the journal's refusal on, and refuses what no record can hold", async () => {
    const journal = createHandJournal()
    const door = createPushDoor({ journal })
    journal.answer({ kind: 'refused', reason: 'full' })
    expect(await door('ctwing', Buffer.from('{}'), '@c')).toEqual({
      kind: 'refused',
      reason: 'full',
    })
    expect(await door('ctwing', Buffer.alloc(64 * 1024 + 1), '@c')).toEqual({
      kind: 'refused',
      reason: 'too_large',
    })
    expect(journal.entries).toEqual([])
  })
})
