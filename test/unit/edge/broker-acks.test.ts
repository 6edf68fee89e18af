import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { generate } from 'mqtt-packet'
import { afterEach, describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { FLAG_SIMULATED } from '../../../src/core/messages/record.ts'
import type { Bench } from './fixtures.ts'
import {
  connectPacket,
  openBench,
  openCity,
  openConnected,
  publishPacket,
  topicOf,
} from './fixtures.ts'

const ping = { cmd: 'pingreq' } as const
const city = openCity()
let bench: Bench

async function openAs(id: string, limits: Parameters<typeof openBench>[0]['limits'] = {}) {
  bench = await openBench({ policy: city.policy, limits })
  return openConnected(bench.port, id, { password: city.passwords[id] ?? '' })
}

afterEach(() => bench.close())

describe('broker acknowledgements', () => {
  it('hold the PUBACK until the commit and give them in order', async () => {
    const peer = await openAs('GW')
    bench.journal.hold()
    for (const id of [7, 8, 9]) peer.send(publishPacket(topicOf('GW', 'up'), `m${id}`, 1, id))
    peer.send(ping)
    await bench.journal.reached(3)
    expect((await peer.next())?.cmd).toBe('pingresp')
    bench.journal.release()
    for (const messageId of [7, 8, 9])
      expect(await peer.next()).toMatchObject({ cmd: 'puback', messageId })
    expect(bench.journal.entries).toEqual(
      ['m7', 'm8', 'm9'].map((payload) => ({
        kind: 'message',
        flags: 0,
        client: 'GW',
        topic: topicOf('GW', 'up'),
        payload,
      })),
    )
    peer.end()
  })

  it.each([
    ['refused', { kind: 'refused', reason: 'full' }, 'journal_refused'],
    ['unknown', { kind: 'unknown', cause: 'EIO' }, 'journal_unknown'],
  ] as const)(
    'end the connection without a PUBACK when the commit is %s',
    async (_case, outcome, reason) => {
      const peer = await openAs('GW')
      bench.journal.answer(outcome)
      peer.send(publishPacket(topicOf('GW', 'up'), 'x', 1, 1))
      expect(await peer.next()).toBeNull()
      expect(await bench.refusal(reason)).toMatchObject({
        client: 'GW',
        topic: topicOf('GW', 'up'),
      })
    },
  )

  it('end a connection that publishes and never reads its PUBACKs', async () => {
    bench = await openBench({ policy: city.policy, limits: { unreadBytesMax: 4_000 } })
    const [mine, theirs] = duplexPair()
    bench.broker.handle(theirs)
    const password = city.passwords['GW'] ?? ''
    mine.write(generate(connectPacket('GW', { username: 'GW', password })))
    await once(mine, 'readable')
    expect(mine.read()).toEqual(Buffer.from([0x20, 2, 0, 0]))
    // From here on nothing is read: the PUBACKs pile up on the broker's side.
    const ended = once(theirs, 'close')
    for (let messageId = 1; messageId <= 3_000; messageId++)
      mine.write(generate(publishPacket(topicOf('GW', 'up'), 'x', 1, messageId)))
    expect(await bench.refusal('slow_reader')).toMatchObject({ client: 'GW' })
    await ended
    mine.destroy()
  })

  it('journal QoS 0 too, and let it go when the journal takes nothing', async () => {
    const peer = await openAs('SX')
    peer.send(publishPacket(topicOf('SX', 'up'), 'a'))
    await bench.journal.reached(1)
    expect(bench.journal.entries[0]).toMatchObject({ flags: FLAG_SIMULATED, payload: 'a' })
    bench.journal.answer({ kind: 'refused', reason: 'full' })
    peer.send(publishPacket(topicOf('SX', 'up'), 'b'))
    await bench.refusal('journal_refused')
    peer.send(ping)
    expect((await peer.next())?.cmd).toBe('pingresp')
    expect(bench.broker.stats()).toMatchObject({ ingested: 1, dropped: 1, unacknowledged: 0 })
    peer.end()
  })

  it('journal a QoS 2 message once, whether its repetition comes before or after the commit', async () => {
    const peer = await openAs('GW')
    const first = publishPacket(topicOf('GW', 'up'), 'once', 2, 5)
    const again = publishPacket(topicOf('GW', 'up'), 'once', 2, 5, { dup: true })
    bench.journal.hold()
    peer.send(first, again, ping)
    expect((await peer.next())?.cmd).toBe('pingresp')
    bench.journal.release()
    expect(await peer.next()).toMatchObject({ cmd: 'pubrec', messageId: 5 })
    expect(await peer.next()).toMatchObject({ cmd: 'pubrec', messageId: 5 })
    peer.send(again)
    expect(await peer.next()).toMatchObject({ cmd: 'pubrec', messageId: 5 })
    expect(bench.journal.entries).toHaveLength(1)
    peer.send({ cmd: 'pubrel', messageId: 5 })
    expect(await peer.next()).toMatchObject({ cmd: 'pubcomp', messageId: 5 })
    // Released: the id may be used for another message.
    peer.send(publishPacket(topicOf('GW', 'up'), 'next', 2, 5))
    expect(await peer.next()).toMatchObject({ cmd: 'pubrec', messageId: 5 })
    expect(bench.journal.entries.map((entry) => entry.payload)).toEqual(['once', 'next'])
    peer.end()
  })

  it('remember QoS 2 ids of a persistent session across a reconnect', async () => {
    const password = city.passwords['GW'] ?? ''
    const peer = await openAs('SX')
    const one = await openConnected(bench.port, 'GW', { password, clean: false })
    one.send(publishPacket(topicOf('GW', 'up'), 'once', 2, 5))
    expect((await one.next())?.cmd).toBe('pubrec')
    one.end()
    const two = await openConnected(bench.port, 'GW', { password, clean: false })
    two.send(publishPacket(topicOf('GW', 'up'), 'once', 2, 5, { dup: true }))
    expect((await two.next())?.cmd).toBe('pubrec')
    expect(bench.journal.entries.filter((entry) => entry.payload === 'once')).toHaveLength(1)
    two.end()
    peer.end()
  })

  it('end a connection that has too many QoS 2 messages in flight', async () => {
    const peer = await openAs('GW', { qos2InFlightMax: 3 })
    for (const id of [1, 2, 3]) {
      peer.send(publishPacket(topicOf('GW', 'up'), `${id}`, 2, id))
      expect((await peer.next())?.cmd).toBe('pubrec')
    }
    peer.send(publishPacket(topicOf('GW', 'up'), '4', 2, 4))
    await peer.closed()
    expect(await bench.refusal('qos2_window')).toMatchObject({ client: 'GW' })
    expect(bench.journal.entries).toHaveLength(3)
  })

  it('end a connection above its unacknowledged messages and forget none that was appended', async () => {
    const peer = await openAs('GW', { unacknowledgedPerClientMax: 2 })
    bench.journal.hold()
    peer.send(...[1, 2, 3].map((id) => publishPacket(topicOf('GW', 'up'), `${id}`, 1, id)))
    await peer.closed()
    await bench.refusal('too_many_unacknowledged')
    expect(bench.journal.entries.map((entry) => entry.payload)).toEqual(['1', '2'])
    bench.journal.release()
    expect(bench.broker.stats()).toMatchObject({ unacknowledged: 0, unacknowledgedBytes: 0 })
  })

  it('drop QoS 0 and end QoS 1 when all clients together wait for too many bytes', async () => {
    const peer = await openAs('GW', { unacknowledgedBytesMax: 200 })
    bench.journal.hold()
    const long = 'x'.repeat(100)
    peer.send(publishPacket(topicOf('GW', 'up'), long, 1, 1))
    peer.send(publishPacket(topicOf('GW', 'up'), long), ping)
    expect((await peer.next())?.cmd).toBe('pingresp')
    expect(bench.broker.stats().dropped).toBe(1)
    peer.send(publishPacket(topicOf('GW', 'up'), long, 1, 2))
    await peer.closed()
    expect(bench.broker.stats().refused['overloaded']).toBe(2)
    expect(bench.journal.entries).toHaveLength(1)
  })

  it('slow a client above its rate: QoS 0 is dropped, QoS 1 waits for its turn and keeps its order', async () => {
    const clock = createManualClock(0)
    bench = await openBench({
      policy: city.policy,
      clock,
      limits: { messagesPerSecondMax: 10, messagesBurstMax: 2 },
    })
    const peer = await openConnected(bench.port, 'GW', { password: city.passwords['GW'] ?? '' })
    const ids = [1, 2, 3, 4]
    peer.send(...ids.map((id) => publishPacket(topicOf('GW', 'up'), `${id}`, 1, id)))
    peer.send(publishPacket(topicOf('GW', 'up'), 'zero'), ping)
    const answers: string[] = []
    while (answers.length < 3) answers.push((await peer.next())?.cmd ?? 'closed')
    expect(answers.filter((cmd) => cmd === 'puback')).toHaveLength(2)
    expect(answers).toContain('pingresp')
    expect(bench.journal.entries.map((entry) => entry.payload)).toEqual(['1', '2'])
    clock.set(1_000)
    expect(await peer.next()).toMatchObject({ cmd: 'puback', messageId: 3 })
    expect(await peer.next()).toMatchObject({ cmd: 'puback', messageId: 4 })
    expect(bench.broker.stats()).toMatchObject({ dropped: 1, refused: { rate: 1 } })
    peer.end()
    await peer.closed()
    // Wakes the wait of close() if anything were left.
    clock.set(60_000)
  })

  it('come for running commits when the broker closes, but nothing new is taken and no will published', async () => {
    bench = await openBench({ policy: city.policy })
    const peer = await openConnected(bench.port, 'GW', {
      password: city.passwords['GW'] ?? '',
      will: { topic: topicOf('GW', 'status'), payload: '{"state":"offline"}' },
    })
    bench.journal.hold()
    peer.send(publishPacket(topicOf('GW', 'up'), 'last', 1, 1))
    await bench.journal.reached(1)
    const closing = bench.broker.close()
    peer.send(publishPacket(topicOf('GW', 'up'), 'too late', 1, 2))
    bench.journal.release()
    expect(await peer.next()).toMatchObject({ cmd: 'puback', messageId: 1 })
    expect(await peer.next()).toBeNull()
    await closing
    expect(bench.journal.entries.map((entry) => entry.payload)).toEqual(['last'])
  })
})
