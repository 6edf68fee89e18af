import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withSettings } from '../../scripts/readme.ts'

describe('README', () => {
  it('lists the settings as the code has them (npm run readme)', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
    expect(readme).toBe(withSettings(readme))
  })
})
