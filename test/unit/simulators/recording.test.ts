// Real sensors' CSV as messages: hours in their own zone, missing values left out, broken files told.

import { describe, expect, it } from 'vitest'
import { recordedMessages } from '../../../simulators/recording.ts'
import type { NewDevice } from '../../../simulators/city.ts'
import type { DeviceType, Metric } from '../../../src/core/device-type.ts'

const metric = (id: string, max: number): Metric => ({
  id,
  name: { zh: id, en: id },
  unit: '1',
  kind: 'number',
  min: -50,
  max,
  precision: 1,
})
const type: DeviceType = {
  id: 'monitor',
  name: { zh: '站', en: 'monitor' },
  component: '0602',
  department: '住建局',
  reportSeconds: 3600,
  metrics: [metric('pm10', 5000), metric('wind_dir', 360), metric('temp', 60)],
  rules: [],
}
const device = (id: string): NewDevice => ({
  id,
  type: 'monitor',
  name: id,
  division: '150802',
  grid: null,
  street: null,
  parent: null,
  lat: null,
  lon: null,
  roadClass: null,
  weakArea: false,
  department: null,
  maintainer: null,
  componentCode: null,
  rated: {},
  simulated: true,
})
const mapping = {
  file: 'x.csv',
  offset: '+08:00',
  station: 'station',
  devices: { North: 'N', South: 'S' },
  columns: {
    PM10: { metric: 'pm10', as: 'number' as const },
    TEMP: { metric: 'temp', as: 'number' as const },
    wd: { metric: 'wind_dir', as: 'compass' as const },
  },
}
const head = 'year,month,day,hour,PM10,TEMP,wd,station'
const read = (rows: readonly string[]) =>
  recordedMessages({
    csv: [head, ...rows, ''].join('\r\n'),
    mapping,
    devices: [device('N'), device('S')],
    types: [type],
    start: Date.parse('2015-03-01T00:00:00+08:00'),
    end: Date.parse('2015-03-02T00:00:00+08:00'),
  })

describe('recordedMessages()', () => {
  it('plays rows at their own hour, stations of one hour together', () => {
    const messages = read([
      '2015,3,1,1,20,-1.5,NW,North',
      '2015,3,1,2,30,0,SSE,North',
      '2015,3,1,1,40,1,N,South',
      '2015,3,1,1,40,1,N,Elsewhere',
    ])
    expect(messages.map((message) => [message.client, new Date(message.at).toISOString()])).toEqual(
      [
        ['N', '2015-02-28T17:00:00.000Z'],
        ['S', '2015-02-28T17:00:00.000Z'],
        ['N', '2015-02-28T18:00:00.000Z'],
      ],
    )
    expect(messages[0]?.topic).toBe('city/v1/150802/monitor/N/up')
    expect(messages[0]?.payload).toBe(
      '{"v":1,"ts":"2015-03-01T01:00:00.000+08:00","seq":1,"m":{"pm10":20,"temp":-1.5,"wind_dir":315}}',
    )
    expect(messages[2]?.payload).toContain('"seq":2')
  })

  it('leaves out what is missing, and rows with nothing in them', () => {
    const messages = read([
      '2015,3,1,1,NA,2,NA,North',
      '2015,3,1,2,NA,NA,NA,North',
      '2015,3,1,3,,x,?,North',
    ])
    expect(messages).toHaveLength(1)
    expect(messages[0]?.payload).toContain('"m":{"temp":2}')
  })

  it('leaves out rows before the start and from the end on', () => {
    expect(
      read(['2015,2,28,23,1,1,N,North', '2015,3,1,0,1,1,N,North', '2015,3,2,0,1,1,N,North']),
    ).toHaveLength(1)
  })

  it.each([
    ['a missing column', `year,month,day,hour,PM10,wd,station\n`, 'expected a column "TEMP"'],
    [
      'a broken date',
      `${head}\n2015,13,99,1,1,1,N,North\n`,
      'expected a date and an hour, got "2015,13,99',
    ],
  ])('tells %s', (_, csv, reason) => {
    expect(() =>
      recordedMessages({
        csv,
        mapping,
        devices: [device('N')],
        types: [type],
        start: 0,
        end: 1e15,
      }),
    ).toThrow(reason)
  })
})
