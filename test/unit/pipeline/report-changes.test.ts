import { describe, expect, it } from 'vitest'
import { changesOf } from '../../../src/pipeline/report-changes.ts'
import { device, deviceEffect, integrationEffect, placed } from '../../contracts/state-documents.ts'

describe('changesOf()', () => {
  it('tells how the registry stands at the end, whatever came and went', () => {
    const { access, removed, integrations, integrationsRemoved } = changesOf(
      [
        placed(1, deviceEffect(device('L1'), 'aa')),
        placed(2, { kind: 'device_removed', id: 'L1' }),
        placed(3, { kind: 'device_removed', id: 'L2' }),
        placed(4, deviceEffect(device('L2'))),
        placed(5, deviceEffect(device('L3'), 'bb')),
        placed(6, deviceEffect(device('L3', { name: 'x' }))),
        placed(7, integrationEffect('tts', 'aa')),
        placed(8, { kind: 'integration_removed', id: 'tts' }),
        placed(9, { kind: 'integration_removed', id: 'ctwing' }),
        placed(10, integrationEffect('ctwing', 'cc')),
      ],
      [],
    )
    expect(removed).toEqual(['L1'])
    expect(access.map((one) => [one.access.id, one.credentialChanged])).toEqual([
      ['L2', true],
      ['L3', true],
    ])
    expect(integrationsRemoved).toEqual(['tts'])
    expect(integrations.map(({ id, credential }) => [id, credential])).toEqual([['ctwing', 'cc']])
  })
})
