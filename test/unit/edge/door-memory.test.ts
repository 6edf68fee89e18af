import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { createDoorMemory } from '../../../src/edge/door-memory.ts'

const about = (client: string | null, detail = 'no', topic: string | null = null) => ({
  client,
  address: '10.0.0.1',
  topic,
  detail,
})

describe('createDoorMemory()', () => {
  it('keeps the last twenty of a client, newest first, and the same again only once', () => {
    const clock = createManualClock(0)
    const memory = createDoorMemory({ clock, isKnown: () => false })
    for (let n = 0; n < 25; n++) {
      clock.set(n)
      memory.note('foreign_topic', about('a', 'no', `t/${n}`))
    }
    clock.set(100)
    memory.note('foreign_topic', about('a', 'no', 't/20'))
    const kept = memory.refusals('a')
    expect(kept).toHaveLength(20)
    expect(kept.slice(0, 3).map(({ at, topic }) => [at, topic])).toEqual([
      [100, 't/20'],
      [24, 't/24'],
      [23, 't/23'],
    ])
    expect(memory.refusals('b')).toEqual([])
  })

  it('keeps five thousand clients and a thousand unknown ones, the oldest out', () => {
    const memory = createDoorMemory({ clock: createManualClock(0), isKnown: () => false })
    for (let n = 0; n < 5_001; n++) memory.note('unknown_client', about(`c${n}`))
    expect(memory.refusals('c0')).toEqual([])
    expect(memory.refusals('c1')).toHaveLength(1)
    const unknown = memory.unknownClients()
    expect(unknown).toHaveLength(1_000)
    expect([unknown[0]?.client, unknown.at(-1)?.client]).toEqual(['c5000', 'c4001'])
  })

  it('calls nobody unknown who exists, has signed in or has only done wrong', () => {
    const memory = createDoorMemory({
      clock: createManualClock(0),
      isKnown: (client) => client === 'registered',
    })
    for (const client of ['registered', 'came back', 'stranger', null])
      memory.note('unknown_client', about(client))
    memory.note('bad_credentials', about('device'))
    memory.known('came back')
    expect(memory.unknownClients().map(({ client }) => client)).toEqual(['stranger'])
  })
})
