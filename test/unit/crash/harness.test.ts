import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parser, type Packet } from 'mqtt-packet'
import { afterEach, describe, expect, it } from 'vitest'
import { createFaultyIo, type DiskStrike, type Sabotage } from '../../crash/faulty-io.ts'
import { faultKinds, planOf } from '../../crash/plan.ts'
import { BLOCK, createStream } from '../../crash/story.ts'
import { connectPacket, createAckReader, publishPacket } from '../../crash/wire.ts'

function parsed(bytes: Buffer): Packet {
  const packets: Packet[] = []
  const reader = parser()
  reader.on('packet', (packet) => packets.push(packet))
  reader.parse(bytes)
  const [first] = packets
  if (first === undefined) throw new Error('Cannot parse: expected one packet, got none')
  return first
}

describe('packets made by hand', () => {
  it.each([0, 1, 100, 127, 128, 16_000, 70_000])('publish a payload of %i bytes', (length) => {
    const bytes = publishPacket({
      topic: 'a/上',
      payload: 'x'.repeat(length),
      qos: 1,
      messageId: 4711,
      dup: true,
    })
    expect(parsed(bytes)).toMatchObject({
      cmd: 'publish',
      topic: 'a/上',
      payload: Buffer.from('x'.repeat(length)),
      qos: 1,
      messageId: 4711,
      dup: true,
    })
  })

  it('connect with name and password', () => {
    const [clientId, username, password] = ['CR-L-0001', 'name', '密码']
    const bytes = connectPacket({ clientId, username, password, keepaliveSeconds: 300 })
    expect(parsed(bytes)).toMatchObject({
      cmd: 'connect',
      protocolVersion: 4,
      clean: true,
      clientId,
      username,
      password: Buffer.from(password),
      keepalive: 300,
    })
  })

  it('read acknowledgements however they are cut', () => {
    const bytes = Buffer.from([0x20, 2, 0, 0, 0x40, 2, 0, 7, 0x40, 2, 1, 0])
    for (let cut = 0; cut <= bytes.length; cut++) {
      const read = createAckReader()
      const acks = [...read(bytes.subarray(0, cut)), ...read(bytes.subarray(cut))]
      expect(acks.map(({ kind, value }) => `${kind} ${value}`)).toEqual([
        'connack 0',
        'puback 7',
        'puback 256',
      ])
    }
  })
})

describe('planOf()', () => {
  it('deals every kind once per deck, the same for the same seed', () => {
    for (const seed of [1, 2, 77]) {
      const deal = () => faultKinds.map((_, at) => planOf(seed, at + 1).kind)
      expect(deal().toSorted()).toEqual([...faultKinds].toSorted())
      expect(deal()).toEqual(deal())
    }
    const orders = [1, 2, 3].map((seed) =>
      faultKinds.map((_, at) => planOf(seed, at + 1).kind).join(),
    )
    expect(new Set(orders).size).toBe(3)
  })
})

describe('createStream()', () => {
  it('gives the same readings again, with times that only grow', () => {
    const stream = createStream(5, 3)
    stream.continueAt(0, 1_000_000)
    stream.continueAt(300, 1_000_100)
    const times = Array.from({ length: 2 * BLOCK }, (_, k) => stream.reading(k).ts)
    expect(times.every((ts, at) => at === 0 || ts > (times[at - 1] ?? 0))).toBe(true)
    expect(stream.reading(217)).toEqual(stream.reading(217))
  })

  it('names every lamp that speaks among its children', () => {
    const stream = createStream(5, 3)
    stream.continueAt(0, 1_000_000)
    const blocks = 40
    const speaking = new Set(
      Array.from({ length: blocks * BLOCK }, (_, k) => stream.reading(k).device),
    )
    expect([...speaking].toSorted()).toEqual(
      [stream.gateway, ...stream.children(0, blocks)].toSorted(),
    )
  })
})

describe('createFaultyIo()', () => {
  const directories: string[] = []
  afterEach(() => {
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
  })

  async function openFaulty(sabotage: Sabotage | null = null) {
    const directory = mkdtempSync(join(tmpdir(), 'hetao-faulty-'))
    directories.push(directory)
    const path = join(directory, 'file')
    const strikes: DiskStrike[] = []
    let release: () => void = () => {}
    const waiting = new Promise<void>((resolve) => {
      release = resolve
    })
    const disk = createFaultyIo({
      onStrike: (strike) => strikes.push(strike),
      wait: () => waiting,
      sabotage,
    })
    const file = await disk.io.open(path, 'create')
    return { disk, file, strikes, release, content: () => readFileSync(path, 'latin1') }
  }

  const bytes = (text: string) => [Buffer.from(text)]

  it('takes what there is room for, then tells and fails', async () => {
    const { disk, file, strikes, content } = await openFaulty()
    disk.order({ room: 3 })
    expect(await file.write(bytes('abcde'), 0)).toBe(3)
    await expect(file.write(bytes('de'), 3)).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(strikes).toMatchObject([{ struck: 'short' }, { struck: 'full', syncedBytes: 0 }])
    disk.order({ room: null })
    expect(await file.write(bytes('de'), 3)).toBe(2)
    expect(content()).toBe('abcde')
    await file.close()
  })

  it('keeps nothing that is not synced when it is volatile', async () => {
    const { disk, file, content } = await openFaulty()
    disk.order({ isVolatile: true })
    await file.write(bytes('abc'), 0)
    expect(content()).toBe('')
    await file.sync()
    await file.write(bytes('def'), 3)
    expect(content()).toBe('abc')
    await file.close()
  })

  it('lies about the sync when it is sabotaged', async () => {
    const { file, content, release } = await openFaulty('early-ack')
    await file.write(bytes('abc'), 0)
    await file.sync()
    expect(content()).toBe('')
    release()
    await file.close()
  })
})
