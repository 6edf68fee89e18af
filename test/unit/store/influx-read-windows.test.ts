// Windows as lines that take the place of those before, and retention, in front of a server that says what it has been asked.

import { afterEach, describe, expect, it } from 'vitest'
import { joinSummaries, summaryOf } from '../../../src/core/telemetry/summary.ts'
import { TelemetryUnavailable } from '../../../src/ports.ts'
import type { WindowPoints } from '../../../src/store/influx/window-points.ts'
import { DAY, lamp, meter, MINUTE, NOON, rowQuery } from '../../contracts/telemetry-readings.ts'
import { windowRow } from '../../contracts/telemetry-store-windows.ts'
import {
  all,
  chunk,
  nothing,
  openReading,
  type Answer,
  type Reading,
  type ReadingOptions,
} from './influx-read-setup.ts'

const opened: Reading[] = []
afterEach(async () => {
  for (const reading of opened.splice(0)) await reading.close()
})

async function open(answer: Answer, options?: ReadingOptions): Promise<Reading> {
  const reading = await openReading(answer, options)
  opened.push(reading)
  return reading
}

const one = { power: summaryOf(1) }
const texts = async (points: WindowPoints, ...asked: Parameters<WindowPoints['lines']>) =>
  (await points.lines(...asked)).map(({ line }) => line)
const oneText = 'power_count=1,power_min=1,power_max=1,power_sum=1,power_last=1'

describe('windows in InfluxDB', () => {
  it('are lines of plain floats, counters with what they gained', async () => {
    const { points } = await open((_asked, response) => void response.end(nothing))
    const gained = joinSummaries(summaryOf(99_998), summaryOf(3))
    expect(
      await texts(points, '1h', meter.id, [
        windowRow(meter, NOON, { volume_total: gained, pressure: summaryOf(-0.5) }),
        windowRow(meter, NOON, { pressure: summaryOf(2) }, { device: 'a b,c=中', simulated: true }),
      ]),
    ).toEqual([
      'well-meter_1h,device=L1 volume_total_count=2,volume_total_min=3,volume_total_max=99998,volume_total_sum=100001,volume_total_last=3,volume_total_first=99998,volume_total_gained=5,pressure_count=1,pressure_min=-0.5,pressure_max=-0.5,pressure_sum=-0.5,pressure_last=-0.5 ' +
        NOON,
      String.raw`well-meter_1h,device=a\ b\,c\=中 pressure_count=1,pressure_min=2,pressure_max=2,pressure_sum=2,pressure_last=2,simulated=1 ` +
        NOON,
    ])
  })

  it('leave out what no line can say', async () => {
    const { points } = await open((_asked, response) => void response.end(nothing))
    const endless = { ...summaryOf(1), sum: Number.POSITIVE_INFINITY }
    expect(
      await texts(points, '1m', lamp.id, [
        windowRow(lamp, NOON, one, { device: 'a\nb' }),
        windowRow(lamp, NOON, { power: endless }),
        windowRow(lamp, NOON, { power: endless, lamp_on: summaryOf(0) }, { device: 'L2' }),
        windowRow(lamp, NOON, {}, { device: 'L3' }),
      ]),
    ).toEqual([
      `streetlight_1m,device=L2 lamp_on_count=1,lamp_on_min=0,lamp_on_max=0,lamp_on_sum=0,lamp_on_last=0 ${NOON}`,
    ])
    expect(await texts(points, '1m', lamp.id, [])).toEqual([])
    await expect(points.lines('1m', 'spaceship', [])).rejects.toThrow(RangeError)
  })

  it('go under the division of their readings, which is looked up once', async () => {
    const { points, asked } = await open(({ statement }, response) => {
      const isRaw = statement.includes('"autogen"')
      const found = (division: string, t: number) => ({
        tags: { device: 'L1', division },
        columns: ['time', 'power'],
        values: [[t, 1]],
      })
      // The device has moved: its newest reading counts.
      response.end(isRaw ? chunk([found('150821', NOON + 5), found('150802', NOON + 1)]) : nothing)
    })
    for (const start of [NOON, NOON + MINUTE])
      expect(await texts(points, '1m', lamp.id, [windowRow(lamp, start, one)])).toEqual([
        `streetlight_1m,device=L1,division=150821 ${oneText} ${start}`,
      ])
    expect(asked.filter(({ statement }) => statement.includes('"autogen"'))).toHaveLength(1)
  })

  it('ask nothing of the server when they are new', async () => {
    const { points, asked } = await open(({ statement }, response) => {
      const reading = {
        tags: { device: 'L1', division: '1' },
        columns: ['time', 'power'],
        values: [[NOON, 1]],
      }
      response.end(statement.includes('"autogen"') ? chunk([reading]) : nothing)
    })
    await texts(points, '1m', lamp.id, [windowRow(lamp, NOON, one)])
    const before = asked.length
    for (let n = 1; n < 5; n++)
      await texts(points, '1m', lamp.id, [windowRow(lamp, NOON + n * MINUTE, one)])
    expect(asked.length).toBe(before)
  })

  it('take the place of those before: division, metrics and marks', async () => {
    const { points } = await open(({ statement }, response) => {
      const kept = {
        tags: { device: 'L1', division: '150802' },
        columns: ['time', 'power_count', 'lamp_on_count', 'snr_count', 'simulated'],
        values: [
          [NOON, 2, 3, 0, 1],
          [NOON + 7, 1, 1, 1, 1],
        ],
      }
      response.end(statement.includes('"r1m"') ? chunk([kept]) : nothing)
    })
    expect(
      await texts(points, '1m', lamp.id, [
        windowRow(lamp, NOON, one),
        windowRow(lamp, NOON, one, { device: 'L2' }),
      ]),
    ).toEqual([
      `streetlight_1m,device=L1,division=150802 ${oneText},lamp_on_count=0,simulated=0 ${NOON}`,
      `streetlight_1m,device=L2 ${oneText} ${NOON}`,
    ])
  })

  it('are read whole or not at all, metric by metric', async () => {
    const columns = ['power', 'lamp_on'].flatMap((metric) =>
      ['count', 'min', 'max', 'sum', 'last'].map((figure) => `${metric}_${figure}`),
    )
    const { points } = await open((_asked, response) => {
      const values = [
        [NOON, 2, 1, 3, 4, 3, 0, null, null, null, null, 1],
        [NOON + 1, 2, 1, null, 4, 3, 1, 1, 1, 1, 1, null],
        [NOON + 2, 0, 1, 3, 4, 3, 0, 1, 1, 1, 1, null],
      ]
      const series = { tags: { device: 'L1' }, columns: ['time', ...columns, 'simulated'], values }
      response.end(chunk([series]))
    })
    const query = rowQuery({
      metrics: ['power', 'lamp_on'],
      devices: ['L1'],
      from: NOON,
      to: NOON + 3,
    })
    expect(await all(points.windows('1m', query))).toEqual([
      {
        device: 'L1',
        start: NOON,
        simulated: true,
        summaries: [
          { count: 2, min: 1, max: 3, sum: 4, first: Number.NaN, last: 3, gained: 0 },
          null,
        ],
      },
      {
        device: 'L1',
        start: NOON + 1,
        simulated: false,
        summaries: [
          null,
          { count: 1, min: 1, max: 1, sum: 1, first: Number.NaN, last: 1, gained: 0 },
        ],
      },
    ])
  })
})

describe('retention in InfluxDB', () => {
  const first = chunk([{ columns: ['time', 'power'], values: [[NOON - 40 * DAY, 1]] }])
  const counts = chunk([{ columns: ['time', 'count_power', 'count_snr'], values: [[0, 1234, 17]] }])
  const told = {
    level: '1h',
    type: lamp.id,
    from: NOON - 40 * DAY,
    to: NOON,
    rows: 1234,
    bytes: null,
    where: 'iot/r1h streetlight_1h',
  }
  const answerOld: Answer = ({ path, statement }, response) => {
    if (path === '/api/v2/delete') response.writeHead(204).end()
    else if (statement.includes('LIMIT 1')) response.end(first)
    else response.end(statement.includes('count(*)') ? counts : nothing)
  }

  it('deletes from 1.x by measurement', async () => {
    const { expiry, asked } = await open(answerOld)
    expect(await expiry.drop('1h', lamp.id, NOON)).toEqual([told])
    expect(asked.at(-1)?.statement).toBe(`DELETE FROM "streetlight_1h" WHERE time < ${NOON}ms`)
    expect(asked.at(-1)?.parameters.get('db')).toBe('iot')
  })

  it('deletes from the bucket of the level on 2.x', async () => {
    const { expiry, asked } = await open(answerOld, { version: 'v2.7.10', organisation: 'city' })
    expect(await expiry.drop('1h', lamp.id, NOON)).toEqual([told])
    const last = asked.at(-1)
    expect(last).toMatchObject({ method: 'POST', path: '/api/v2/delete' })
    expect(Object.fromEntries(last?.parameters ?? [])).toEqual({ bucket: 'iot/r1h', org: 'city' })
    expect(JSON.parse(last?.body ?? '')).toEqual({
      start: '1677-09-22T00:00:00Z',
      stop: '2026-11-01T11:59:59.999999999Z',
      predicate: '_measurement="streetlight_1h"',
    })
    expect(asked.some(({ statement }) => statement.includes('DELETE'))).toBe(false)
  })

  it('says why 2.x has not deleted', async () => {
    const { expiry } = await open(
      (one, response) =>
        one.path === '/api/v2/delete'
          ? void response.writeHead(400).end('{"code":"invalid","message":"bad predicate"}')
          : answerOld(one, response),
      { version: 'v2.7.10' },
    )
    const dropping = expiry.drop('1h', lamp.id, NOON)
    await expect(dropping).rejects.toThrow(TelemetryUnavailable)
    await expect(dropping).rejects.toThrow(/400.*iot\/r1h.*bad predicate/)
  })

  it('offers nothing on 3, which deletes no rows', async () => {
    const { expiry, asked } = await open(answerOld, { version: '3.4.0' })
    expect(await expiry.expired('raw', lamp.id, NOON)).toEqual([])
    expect(await expiry.drop('raw', lamp.id, NOON)).toEqual([])
    expect(asked).toEqual([])
    await expect(expiry.expired('raw', 'spaceship', NOON)).rejects.toThrow(RangeError)
  })

  it('deletes nothing where nothing is old', async () => {
    const { expiry, asked } = await open((_asked, response) => void response.end(nothing))
    expect(await expiry.drop('raw', lamp.id, NOON)).toEqual([])
    expect(asked.every(({ statement }) => statement.startsWith('SELECT'))).toBe(true)
  })
})
