// The short edition of `npm run outage`: a minute without InfluxDB at 200 readings a second, killed with -9 twice, with readings in
// between that it refuses for good.

import { describe, expect, it } from 'vitest'
import { outageExpectations } from '../bench/outage-checks.ts'
import { runOutage } from '../bench/outage-run.ts'
import { hasInfluxd } from '../support/influx-server.ts'

describe.skipIf(!hasInfluxd)('InfluxDB away for a minute (needs the package influxdb)', () => {
  it('loses nothing, delays no alert and takes no memory', async () => {
    const log: string[] = []
    const result = await runOutage({
      outageSeconds: 60,
      rate: 200,
      calmSeconds: 5,
      say: (line) => log.push(line),
    })
    expect(
      outageExpectations(result).filter(({ ok }) => !ok),
      log.join('\n'),
    ).toEqual([])
  }, 240_000)
})
