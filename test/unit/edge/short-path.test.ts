import { duplexPair } from 'node:stream'
import fc from 'fast-check'
import { generate, type Packet } from 'mqtt-packet'
import { describe, expect, it } from 'vitest'
import { yieldToLoop } from '../../../src/clock.ts'
import {
  access,
  connectPacket,
  createPeer,
  openBench,
  openCity,
  openConnected,
  publishPacket,
  topicOf,
} from './fixtures.ts'

const city = openCity()
const up = topicOf('GW', 'up')

/** Payload sizes with which the remaining length needs one byte more or less. */
const atLengths = [127, 128, 16_383, 16_384].map((length) => length - 4 - up.length)

/** What a gateway may say in one go; the last word may be a forbidden one. */
const word = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('up' as const),
      size: fc.constantFrom(0, 1, 90, 400, 20_000, ...atLengths),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'child' as const,
        'qos0' as const,
        'dup' as const,
        'retain' as const,
        'ping' as const,
        'qos2' as const,
      ),
      size: fc.constantFrom(3, 200),
    }),
  },
)
const story = fc.record({
  words: fc.array(word, { minLength: 1, maxLength: 40 }),
  // Mostly between two packets, as devices send, sometimes in the middle of one.
  cuts: fc.array(
    fc.record({
      packets: fc.nat({ max: 4 }),
      bytes: fc.oneof(
        { weight: 3, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.nat({ max: 300 }) },
      ),
    }),
    { maxLength: 30 },
  ),
  ending: fc.constantFrom('none', 'foreign', 'garbage', 'zero', 'longer'),
})

interface Story {
  readonly words: readonly { readonly kind: string; readonly size: number }[]
  readonly cuts: readonly { readonly packets: number; readonly bytes: number }[]
  readonly ending: string
}

function packetsOf({ words }: Story): Packet[] {
  return words.map(({ kind, size }, index) => {
    const id = index + 1
    const payload = `${index}:`.padEnd(size, 'x').slice(0, Math.max(size, 0))
    switch (kind) {
      case 'child':
        return publishPacket(topicOf('CH', 'up'), payload, 1, id)
      case 'qos0':
        return publishPacket(up, payload)
      case 'dup':
        return publishPacket(up, payload, 1, id, { dup: true })
      case 'retain':
        return publishPacket(up, payload, 1, id, { retain: true })
      case 'qos2':
        return publishPacket(up, payload, 2, id)
      case 'ping':
        return { cmd: 'pingreq' }
      default:
        return publishPacket(up, payload, 1, id)
    }
  })
}

function endingOf(ending: string): Buffer {
  switch (ending) {
    case 'foreign':
      return generate(publishPacket(topicOf('SX', 'up'), 'x', 1, 60_000))
    case 'longer':
      return generate(publishPacket(`${up}x`, 'x', 1, 60_000))
    case 'zero': {
      const bytes = generate(publishPacket(up, 'x', 1, 1))
      bytes.writeUInt16BE(0, bytes.length - 3)
      return bytes
    }
    case 'garbage':
      return Buffer.from([0x36, 0x05, 1, 2, 3, 4, 5])
    default:
      return Buffer.alloc(0)
  }
}

/** Everything that can be seen of one connection: what was journaled, what was answered, how it ended. */
async function live(isShortPathOn: boolean, told: Story) {
  const bench = await openBench({ policy: city.policy, isShortPathOn })
  try {
    const [mine, theirs] = duplexPair()
    bench.broker.handle(theirs)
    const peer = createPeer(mine)
    peer.send(connectPacket('GW', { password: city.passwords['GW'] ?? '' }))
    expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 })
    const packets = packetsOf(told)
    // One by itself first: the topic is proven after it.
    const frames = packets.map((packet) => generate(packet))
    const bytes = Buffer.concat(frames)
    const starts = frames.reduce<number[]>(
      (ends, frame) => [...ends, (ends.at(-1) ?? 0) + frame.length],
      [0],
    )
    let at = 0
    let packet = 0
    for (const cut of [{ packets: 1, bytes: 0 }, ...told.cuts]) {
      packet = Math.min(packet + cut.packets, frames.length)
      const to = Math.max(at, Math.min(bytes.length, (starts[packet] ?? 0) + cut.bytes))
      if (to > at) mine.write(bytes.subarray(at, to))
      at = to
      await yieldToLoop()
      await yieldToLoop()
    }
    if (at < bytes.length) mine.write(bytes.subarray(at))
    const answers = packets.filter(
      (packet) => packet.cmd === 'pingreq' || (packet.cmd === 'publish' && packet.qos > 0),
    ).length
    const acknowledged: number[] = []
    const others: string[] = []
    for (let count = 0; count < answers; count++) {
      const answer = await peer.next()
      if (answer?.cmd === 'puback') acknowledged.push(answer.messageId ?? 0)
      else others.push(`${answer?.cmd} ${String(answer?.messageId ?? '')}`)
    }
    if (told.ending !== 'none') {
      mine.write(endingOf(told.ending))
      await peer.closed()
    }
    return {
      entries: bench.journal.entries,
      acknowledged,
      others: others.sort(),
      refused: bench.refused,
      waiting: bench.broker.stats().unacknowledged,
    }
  } finally {
    await bench.close()
  }
}

describe('the short path', () => {
  it('cannot be told from the usual way, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        expect(await live(true, told)).toEqual(await live(false, told))
      }),
      { numRuns: 300 },
    )
  })

  it('ends with the credential: nothing more is taken after a revocation', async () => {
    const { directory, passwords, policy } = openCity()
    const bench = await openBench({ policy, directory })
    const peer = await openConnected(bench.port, 'GW', { password: passwords['GW'] ?? '' })
    peer.send(publishPacket(up, 'a', 1, 1), publishPacket(up, 'b', 1, 2))
    await bench.journal.reached(2)
    directory.put(access('GW', { credential: 'another' }))
    peer.send(publishPacket(up, 'c', 1, 3))
    await peer.closed()
    expect(bench.journal.entries.map((entry) => entry.payload)).toEqual(['a', 'b'])
    await bench.close()
  })

  it('follows the registry: a topic that is no longer ours ends the connection', async () => {
    const { directory, passwords, policy } = openCity()
    const bench = await openBench({ policy, directory })
    const [mine, theirs] = duplexPair()
    bench.broker.handle(theirs)
    const peer = createPeer(mine)
    peer.send(connectPacket('GW', { password: passwords['GW'] ?? '' }))
    await peer.next()
    const child = topicOf('CH', 'up')
    peer.send(publishPacket(child, 'a', 1, 1), publishPacket(child, 'b', 1, 2))
    await bench.journal.reached(2)
    directory.put({
      ...access('CH', { parent: 'SX' }),
      credential: directory.get('CH')?.credential ?? null,
    })
    peer.send(publishPacket(child, 'c', 1, 3))
    await peer.closed()
    expect(bench.journal.entries).toHaveLength(2)
    expect(bench.refused).toMatchObject([{ reason: 'foreign_topic', client: 'GW' }])
    await bench.close()
  })

  it('stops at the most that may wait, and leaves the rest to the way that waits', async () => {
    const bench = await openBench({ policy: city.policy })
    const [mine, theirs] = duplexPair()
    bench.broker.handle(theirs)
    const peer = createPeer(mine)
    peer.send(connectPacket('GW', { password: city.passwords['GW'] ?? '' }))
    await peer.next()
    bench.journal.hold()
    const count = 3_500
    for (let id = 1; id <= count; id++) {
      peer.send(publishPacket(up, `m${id}`, 1, id))
      if (id % 100 === 0) await yieldToLoop()
    }
    expect(bench.journal.entries.length).toBeLessThan(2_500)
    bench.journal.release()
    for (let id = 1; id <= count; id++)
      expect(await peer.next()).toMatchObject({ cmd: 'puback', messageId: id })
    expect(bench.journal.entries.map((entry) => entry.payload)).toEqual(
      Array.from({ length: count }, (_, index) => `m${index + 1}`),
    )
    expect(bench.refused).toEqual([])
    peer.end()
    await bench.close()
  })
})
