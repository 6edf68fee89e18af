// How the names of other networks are compared.

import { describe, expect, it } from 'vitest'
import { foldAlias } from '../../../src/core/registry/alias.ts'

describe('foldAlias()', () => {
  it.each([
    ['24E124AB', '24e124ab'],
    ['urn:dev:mac:24e1:', 'urn:dev:mac:24e1'],
    ['room/', 'room'],
    ['room:/:', 'room'],
    ['sens-', 'sens'],
    ['under_.', 'under'],
    ['/room', '/room'],
    ['阀井/一', '阀井/一'],
    ['', ''],
    [':', ':'],
    ['//', '//'],
  ])('folds %j to %j', (name, folded) => {
    expect(foldAlias(name)).toBe(folded)
    expect(foldAlias(folded)).toBe(folded)
  })

  it('takes no longer for many colons than for other characters', () => {
    const name = `${':'.repeat(1_000_000)}x`
    expect(foldAlias(name)).toBe(name)
  }, 1_000)
})
