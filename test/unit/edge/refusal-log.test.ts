import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { createRefusals } from '../../../src/edge/refusal.ts'

function open() {
  const lines: { message: string; fields: Record<string, unknown> }[] = []
  const write = (fields: object, message: string) => lines.push({ message, fields: { ...fields } })
  const clock = createManualClock(0)
  const refusals = createRefusals({
    clock,
    log: { debug: write, info: write, warn: write, error: write },
    listeners: [],
  })
  const refuse = (id: string) =>
    refusals.refuse('bad_credentials', { id, address: '10.0.0.1' }, null, 'Cannot connect')
  return { lines, clock, refusals, refuse }
}

describe('the log of refusals', () => {
  it('has one line for a flood of one kind, and its count after the minute', () => {
    const { lines, clock, refusals, refuse } = open()
    for (let n = 0; n < 10_000; n++) {
      clock.set(n)
      refuse('GW')
    }
    expect(lines).toHaveLength(1)
    expect(lines[0]?.fields).toMatchObject({ client: 'GW', address: '10.0.0.1' })
    clock.set(60_000)
    expect(lines[1]?.fields).toMatchObject({ client: 'GW', repeated: 9_999, withinMs: 60_000 })
    refuse('GW')
    expect(lines).toHaveLength(3)
    refuse('GW')
    refusals.close()
    expect(lines[3]?.fields).toMatchObject({ repeated: 1 })
    expect(clock.nextDue()).toBeNull()
  })

  it('stays under a thousand lines for a hundred thousand refusals of ever new clients, and counts them all', () => {
    const { lines, clock, refusals, refuse } = open()
    for (let n = 0; n < 100_000; n++) {
      clock.set(Math.floor(n / 1_000))
      refuse(`guess-${n % 20_000}`)
    }
    refusals.close()
    expect(lines.length).toBeLessThan(1_000)
    expect(refusals.counts()).toEqual({ bad_credentials: 100_000 })
    const summed = lines.reduce((sum, { fields }) => sum + Number(fields['repeated'] ?? 0), 0)
    // The first of each of the thousand kinds that were told apart is in no count.
    expect(summed).toBe(99_000)
  })

  it('does not let a flood of one reason hide another', () => {
    const { lines, refusals, refuse } = open()
    for (let n = 0; n < 500; n++) refuse(`guess-${n}`)
    refusals.refuse('slow_reader', { id: 'SX', address: null }, null, 'Cannot send')
    expect(lines.at(-1)?.fields).toMatchObject({ reason: 'slow_reader', client: 'SX' })
  })

  it('survives a listener that throws', () => {
    const lines: string[] = []
    const write = (_fields: object, message: string) => lines.push(message)
    const refusals = createRefusals({
      clock: createManualClock(0),
      log: { debug: write, info: write, warn: write, error: write },
      listeners: [
        () => {
          throw new Error('broken')
        },
      ],
    })
    refusals.refuse('rate', { id: 'a', address: null }, 't', 'Cannot take the message')
    expect(lines).toEqual(['refusal listener failed', 'refused at the MQTT door'])
    refusals.close()
  })
})
