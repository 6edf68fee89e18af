import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSenders, type Senders } from '../../../src/core/messages/senders.ts'

/** `u8 n, client | u16 n, topic` with other bytes around it. */
function bytesOf(client: Buffer, topic: Buffer): Buffer {
  const topicLength = Buffer.alloc(2)
  topicLength.writeUInt16LE(topic.length)
  return Buffer.concat([Buffer.from([7, 7, client.length]), client, topicLength, topic, AROUND])
}
const AROUND = Buffer.from('{"v":1}')

function read(senders: Senders, client: Buffer, topic: Buffer): readonly [string, string] {
  const clientEnd = 3 + client.length
  const sender = senders.read(bytesOf(client, topic), 2, clientEnd, clientEnd + 2 + topic.length)
  return [sender.client, sender.topic]
}

const text = (maxLength: number) =>
  fc.oneof(
    fc.uint8Array({ maxLength, max: 3 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ maxLength, unit: 'grapheme' }).map((letters) => Buffer.from(letters)),
  )

describe('createSenders()', () => {
  it('reads every pair as its bytes say, whatever it has read before', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text(6), text(6)), { maxLength: 60 }), (pairs) => {
        const senders = createSenders(2)
        for (const [client, topic] of pairs)
          expect(read(senders, client, topic)).toEqual([client.toString(), topic.toString()])
      }),
    )
  })

  it('tells two pairs apart whose bytes are the same but for the cut', () => {
    const senders = createSenders(1)
    expect(read(senders, Buffer.from('a'), Buffer.from('\u0001\0b'))).toEqual(['a', '\u0001\0b'])
    expect(read(senders, Buffer.from('a\u0003\0'), Buffer.from('b'))).toEqual(['a\u0003\0', 'b'])
  })

  it('tells two pairs apart that differ far before the end', () => {
    const senders = createSenders(1)
    const topic = Buffer.from('city/v1/150802/streetlight/S-1/up')
    expect(read(senders, Buffer.from('S-1'), topic)[0]).toBe('S-1')
    expect(read(senders, Buffer.from('S-2'), topic)[0]).toBe('S-2')
  })

  it('hands out the same strings for a pair that was read before', () => {
    const senders = createSenders()
    const bytes = bytesOf(Buffer.from('S-1'), Buffer.from('city/v1/150802/streetlight/S-1/up'))
    expect(senders.read(bytes, 2, 6, 41)).toBe(senders.read(Buffer.from(bytes), 2, 6, 41))
  })

  it.each([127, 128, 129, 65_535])('reads a topic of %i bytes again and again', (length) => {
    const senders = createSenders(1)
    const topic = Buffer.alloc(length, 'x')
    for (let time = 0; time < 2; time++)
      expect(read(senders, Buffer.from('S-1'), topic)).toEqual(['S-1', topic.toString()])
  })
})
