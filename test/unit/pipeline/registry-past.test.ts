// The registry of a past moment must be the one that a message of that moment has met, by id and by alias.

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Device } from '../../../src/core/registry/device.ts'
import { positionAt } from '../../../src/core/position.ts'
import { createRegistryPast } from '../../../src/pipeline/registry-past.ts'
import { device } from '../../contracts/state-documents.ts'

const steps = fc.array(
  fc.record({
    id: fc.constantFrom('A', 'B', 'C'),
    kind: fc.constantFrom('put', 'put', 'remove', 'forget'),
    aliases: fc.subarray(['x', 'Y', 'z']),
  }),
  { maxLength: 30 },
)

function find(registry: ReadonlyMap<string, Device>, name: string): Device | undefined {
  const direct = registry.get(name)
  if (direct !== undefined) return direct
  return [...registry.values()].find((one) =>
    one.aliases?.some((alias) => alias.toLowerCase() === name.toLowerCase()),
  )
}

describe('createRegistryPast()', () => {
  it('finds what a message at that position has met, also through a snapshot', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const now = new Map<string, Device>()
        /** The registry before each position. */
        const story: ReadonlyMap<string, Device>[] = [new Map()]
        let past = createRegistryPast({ devices: [], past: [] })
        let forgotten = 0
        all.forEach(({ id, kind, aliases }, index) => {
          const at = index + 1
          if (kind === 'forget') {
            forgotten = Math.floor(at / 2)
            past.forget(positionAt(forgotten))
            const kept = JSON.parse(JSON.stringify(past.list()))
            past = createRegistryPast({ devices: now.values(), past: kept })
          } else if (kind === 'remove') {
            if (now.delete(id)) past.changed(id, null, positionAt(at))
          } else {
            // Aliases are unique in the registry at every moment.
            const free = aliases.filter((alias) => {
              const owner = find(now, alias)
              return owner === undefined || owner.id === id
            })
            const put = device(id, { aliases: free })
            now.set(id, put)
            past.changed(id, put, positionAt(at))
          }
          story.push(new Map(now))
        })
        story.forEach((registry, at) => {
          if (at < forgotten) return
          for (const name of ['A', 'B', 'a', 'x', 'X', 'y', 'z', 'none'])
            expect(past.findAt(name, positionAt(at)), `${name} at ${at}`).toEqual(
              find(registry, name),
            )
        })
      }),
    )
  })
})
