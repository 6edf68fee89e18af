// What people read: times in the city's zone, ages, numbers with units, gaps of charts, addresses. All of it pure.

import { describe, expect, it } from 'vitest'
import { readAlert } from '../../../dashboards/web/src/api/alert.ts'
import { readCatalogue, unitText } from '../../../dashboards/web/src/api/catalogue.ts'
import { readLatest, readPoints } from '../../../dashboards/web/src/api/device.ts'
import { readTicket } from '../../../dashboards/web/src/api/ticket.ts'
import { devicePath, routeOf } from '../../../dashboards/web/src/app/route.ts'
import {
  drawnPoints,
  medianSpacing,
  valueRange,
  withPoint,
} from '../../../dashboards/web/src/chart/points.ts'
import { brief, exact, metricValue, withUnit } from '../../../dashboards/web/src/fmt/number.ts'
import { dateTime, setLength, since, span } from '../../../dashboards/web/src/fmt/time.ts'
import { en } from '../../../dashboards/web/src/i18n/en.ts'
import { wordFor } from '../../../dashboards/web/src/i18n/words.ts'
import { zhCN } from '../../../dashboards/web/src/i18n/zh-CN.ts'
import { createServerClock } from '../../../dashboards/web/src/live/clock.ts'
import { createTicketBook } from '../../../dashboards/web/src/live/ticket-book.ts'
import { filterOf, toggled } from '../../../dashboards/web/src/ops/alerts/filter-query.ts'
import { anchoredScrollTop, virtualWindow } from '../../../dashboards/web/src/ui/virtual-window.ts'
import { createManualClock } from '../../../src/clock.ts'

const NOON = Date.parse('2026-11-22T04:00:00Z')
const point = (t: number, v = 1) => ({ t, v, min: null, max: null })

describe('times', () => {
  it('are the city’s, in 24 hours, whatever zone the machine is in', () => {
    expect(dateTime(Date.parse('2026-11-22T08:05:09Z'))).toBe('2026-11-22 16:05:09')
    expect(dateTime(Date.parse('2026-11-22T16:00:00Z'))).toBe('2026-11-23 00:00:00')
  })

  it.each([
    [0, '0 秒', '0 s'],
    [-5_000, '0 秒', '0 s'],
    [59_999, '59 秒', '59 s'],
    [252_000, '4 分 12 秒', '4 min 12 s'],
    [7_260_000, '2 小时 1 分', '2 h 1 min'],
    [180_000_000, '2 天 2 小时', '2 d 2 h'],
  ])('a span of %i ms reads %s / %s', (ms, zh, english) => {
    expect([span(ms, zhCN), span(ms, en)]).toEqual([zh, english])
  })

  it('older than a day are shown as the moment itself', () => {
    expect(since(NOON - 86_400_000, NOON, zhCN)).toBe('11-21 12:00')
    expect(setLength(1_200, zhCN)).toBe('20 分钟')
    expect(setLength(90, en)).toBe('1 min 30 s')
  })

  it('follow the server, not the desk, and ignore jitter', () => {
    const desk = createManualClock(1_000_000)
    const clock = createServerClock(desk)
    clock.learn(1_060_000)
    expect(clock.now()).toBe(1_060_000)
    clock.learn(1_060_300)
    expect(clock.now()).toBe(1_060_000)
    clock.learn(1_030_000)
    expect(clock.now()).toBe(1_030_000)
  })
})

describe('numbers', () => {
  it.each([
    [41.234, null, '41.2'],
    [0.123456, null, '0.123'],
    [1234.5, null, '1235'],
    [92, 0, '92'],
    [12345.6, null, '12,346'],
    [0, null, '0'],
    [-0.5, 1, '-0.5'],
  ])('%d with precision %s reads %s', (value, precision, text) => {
    expect(brief(value, precision)).toBe(text)
  })

  it('carry their unit, and a missing one is a dash', () => {
    const types = readCatalogue({
      items: [
        {
          id: 't',
          metrics: [
            { id: 'temp', unit: 'Cel', unitLabel: '°C', kind: 'number', precision: 1 },
            { id: 'on', unit: '1', kind: 'boolean', precision: 0 },
          ],
        },
      ],
    })
    const [temp, on] = types.get('t')?.metrics ?? []
    expect(metricValue(36.25, temp ?? null, zhCN)).toBe(`${exact(36.25, 1)}\u202f°C`)
    expect(metricValue(1, on ?? null, zhCN)).toBe('是')
    expect(metricValue(null, temp ?? null, zhCN)).toBe('—')
    expect(withUnit('5', '%')).toBe('5%')
    expect([unitText('{dBm}'), unitText('1'), unitText('Cel'), unitText(null)]).toEqual([
      'dBm',
      '',
      '°C',
      '',
    ])
  })
})

describe('words', () => {
  it('exist in both languages and differ', () => {
    expect(en.alerts.held(1, 0)).toBe('1 new alert')
    expect(en.alerts.held(12, 2)).toBe('12 new alerts (2 critical)')
    expect(zhCN.alerts.held(12, 2)).toBe('12 条新告警（紧急 2）')
    // The button that leads to Chinese is the one thing in Chinese.
    expect(JSON.stringify(en).replace(en.languageSwitch, '')).not.toMatch(/[\u4e00-\u9fff]/)
  })

  it('for an unknown code are the code, even for names every object has', () => {
    expect(wordFor(zhCN.what, 'raised')).toBe('触发告警')
    expect(wordFor(zhCN.what, 'beamed_up')).toBe('beamed_up')
    expect(wordFor(zhCN.what, 'constructor')).toBe('constructor')
  })
})

describe('chart points', () => {
  it('are cut where a hole is longer than three usual spacings', () => {
    const minutes = [0, 1, 2, 3, 10, 11]
    const drawn = drawnPoints(
      minutes.map((m) => point(m * 60_000)),
      { holds: false },
    )
    expect(drawn.values).toEqual([1, 1, 1, 1, null, 1, 1])
    expect(drawn.seconds[4]).toBe(390)
  })

  it('are not cut when values hold until the next one, nor when two points are all there is', () => {
    const points = [point(0), point(60_000), point(120_000), point(9_000_000)]
    expect(drawnPoints(points, { holds: true }).values).toEqual([1, 1, 1, 1])
    expect(medianSpacing([point(0), point(60_000)])).toBe(Number.POSITIVE_INFINITY)
  })

  it('span a scale that holds the limit and is never flat', () => {
    expect(valueRange([], null)).toEqual([0, 1])
    const [low, high] = valueRange([5, null, 5], 30)
    expect(low).toBeLessThanOrEqual(5)
    expect(high).toBeGreaterThan(30)
    const flat = valueRange([7], null)
    expect(flat[1]).toBeGreaterThan(flat[0])
  })

  it('take in newer readings only and let go of old ones', () => {
    const points = [point(1), point(2)]
    expect(withPoint(points, point(2), 0)).toBe(points)
    expect(withPoint(points, point(3), 2).map(({ t }) => t)).toEqual([2, 3])
  })
})

describe('addresses', () => {
  it.each([
    ['/', { page: 'alerts' }],
    ['/ops', { page: 'alerts' }],
    ['/ops/alerts', { page: 'alerts' }],
    ['/ops/tickets/', { page: 'tickets' }],
    ['/ops/devices', { page: 'devices' }],
    ['/ops/devices/LH-L-00012', { page: 'device', id: 'LH-L-00012' }],
    ['/ops/devices/a/b', { page: 'not-found' }],
    ['/ops/devices/%E0%A4%A', { page: 'not-found' }],
    ['/ops/toString', { page: 'not-found' }],
    ['/elsewhere', { page: 'not-found' }],
  ])('%s is %o', (path, route) => expect(routeOf(path)).toEqual(route))

  it('carry the filter there and back', () => {
    expect(routeOf(devicePath('a/b ?'))).toEqual({ page: 'device', id: 'a/b ?' })
    const filter = filterOf(new URLSearchParams('sev=P1,bogus,P3&state=rtn_unack&q= 路 '))
    expect([...filter.severities]).toEqual(['P1', 'P3'])
    expect([...filter.states]).toEqual(['rtn_unack'])
    expect(filter.text).toBe('路')
    expect(toggled(filter, { severity: 'P2' })).toEqual({ sev: 'P1,P2,P3' })
    expect(toggled(filter, { state: 'rtn_unack' })).toEqual({ state: null })
  })
})

describe('JSON of the API', () => {
  it.each([[null], [7], ['x'], [[]], [{}], [{ id: 5 }]])(
    '%o is no alert, ticket or latest',
    (value) => {
      expect([readAlert(value), readTicket(value), readLatest(value)]).toEqual([null, null, null])
    },
  )

  it('with missing or odd fields still gives an alert nobody can overlook', () => {
    const alert = readAlert({ id: 'a', severity: 'P0', state: 'odd', value: '12', count: null })
    expect(alert).toMatchObject({ severity: 'P1', state: 'unack_active', value: null, count: 1 })
  })

  it('of a series is read raw or by windows, in order', () => {
    const points = [{ t: 2, v: 5 }, { t: 1, mean: 3, min: 1, max: 4 }, { t: 3 }, 'x']
    expect(readPoints({ points })).toEqual([
      { t: 1, v: 3, min: 1, max: 4 },
      { t: 2, v: 5, min: null, max: null },
    ])
  })

  it('of tickets fills a book that keeps the open ones longest', () => {
    const book = createTicketBook(2)
    const make = (id: string, state: string, openedAt: number) =>
      readTicket({ id, state, openedAt }) ?? []
    book.take([make('old', 'filed', 1), make('done', 'closed', 2), make('new', 'filed', 3)].flat())
    expect(book.all().map(({ id }) => id)).toEqual(['new', 'old'])
  })
})

describe('virtual list', () => {
  it('draws all of a short list and a window of a long one', () => {
    const place = { rowPx: 44, heightPx: 880 }
    expect(virtualWindow({ ...place, count: 200, scrollTop: 9_999 })).toEqual({ from: 0, to: 200 })
    expect(virtualWindow({ ...place, count: 5_000, scrollTop: 44_000 })).toEqual({
      from: 992,
      to: 1_028,
    })
    expect(virtualWindow({ ...place, count: 300, scrollTop: 1e9 })).toEqual({ from: 300, to: 300 })
  })

  it('keeps the anchor row where it was when rows come above it', () => {
    const place = { rowPx: 44, scrollTop: 100, indexBefore: 2 }
    expect(anchoredScrollTop({ ...place, indexAfter: 12 })).toBe(540)
    expect(anchoredScrollTop({ ...place, indexAfter: 0 })).toBe(12)
  })
})
