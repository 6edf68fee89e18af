// The city's code tables: complete, without doubles, in agreement with what the core refuses, and the checks built on them.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseComponentCode } from '../../../devices/reference/component-code.ts'
import {
  componentClass,
  componentClasses,
  mainClasses,
} from '../../../devices/reference/components.ts'
import { divisionOf, divisions, formerDivisions } from '../../../devices/reference/divisions.ts'
import { parseGrid } from '../../../devices/reference/grid.ts'
import { divisionProblem } from '../../../src/core/registry/division.ts'

const counties = divisions.filter((one) => one.kind === 'county').map((one) => one.code)

describe('component classes', () => {
  it('are named once, in both languages, in order, under a main class', () => {
    const codes = componentClasses.map((one) => one.code)
    expect(new Set(codes).size).toBe(codes.length)
    expect(codes).toEqual(codes.toSorted())
    for (const { code, name } of componentClasses) {
      expect(code).toMatch(/^\d{4}$/)
      expect(Object.keys(mainClasses)).toContain(code.slice(0, 2))
      expect(name.zh).toMatch(/^\p{Script=Han}[\p{Script=Han}（）]*$/u)
      expect(name.en).toMatch(/^[A-Z][a-z A-Z-]+$/)
    }
  })

  it('have as many small classes as the tables say', () => {
    const counts = Object.keys(mainClasses)
      .toSorted()
      .map((main) => [main, componentClasses.filter((one) => one.code.startsWith(main)).length])
    expect(counts).toEqual([
      ['01', 38],
      ['02', 17],
      ['03', 10],
      ['04', 10],
      ['05', 2],
      ['06', 6],
      ['21', 10],
    ])
  })

  it('say which of them are hearsay and which are ours', () => {
    const of = (source: string): string[] =>
      componentClasses.filter((one) => one.source === source).map((one) => one.code)
    expect(of('unverified')).toEqual(['0110', '0202', '0605'])
    expect([...of('local'), ...of('ours')].every((code) => code.startsWith('21'))).toBe(true)
    expect(componentClass('0118')?.name.zh).toBe('路灯')
    expect(componentClass('9999')).toBeUndefined()
  })
})

describe('divisions', () => {
  it('are the seven of the city, the city and the zone, with post codes of six digits', () => {
    expect(counties).toEqual(['150802', '150821', '150822', '150823', '150824', '150825', '150826'])
    for (const code of counties) expect(divisionOf(code)?.postCode).toMatch(/^01\d{4}$/)
    expect(new Set(divisions.map((one) => one.code)).size).toBe(divisions.length)
    expect(divisions.filter((one) => one.kind === 'zone')).toHaveLength(1)
  })

  it('are all good to register, and the former ones are not', () => {
    for (const { code } of divisions) expect(divisionProblem(code)).toBeNull()
    for (const { code, now } of formerDivisions.filter((one) => one.code !== '152800')) {
      const problem = divisionProblem(code)
      expect(problem).toContain(code)
      if (now !== null) expect(problem).toContain(now)
    }
  })

  it('of former times lead to divisions of today', () => {
    for (const { now } of formerDivisions) if (now !== null) expect(divisionOf(now)?.code).toBe(now)
    expect(formerDivisions.find((one) => one.code === '152827')?.now).toBe('150826')
  })
})

describe('parseGrid()', () => {
  it('takes a grid of 14 or 15 digits apart', () => {
    expect(parseGrid('15080200100101')).toEqual({
      ok: true,
      division: '150802',
      street: '001',
      community: '001',
      serial: '01',
    })
    expect(parseGrid('150826003012007')).toMatchObject({ ok: true, serial: '007' })
  })

  it.each([
    ['1508020010010', '14 or 15 digits'],
    ['1508020010010123', '14 or 15 digits'],
    ['15080200100 01', '14 or 15 digits'],
    ['', '14 or 15 digits'],
    ['15080000100101', 'a county of the city'],
    ['11010100100101', 'a county of the city'],
    ['15080100100101', 'placeholder'],
    ['15280100100101', '150802'],
  ])('refuses %s and says what it expects', (code, reason) => {
    const grid = parseGrid(code)
    expect(grid.ok ? '' : grid.reason).toContain(reason)
  })

  it('puts together again what it takes apart, whatever the digits', () => {
    const digits = fc.stringMatching(/^\d{8,9}$/)
    fc.assert(
      fc.property(fc.constantFrom(...counties), digits, (county, rest) => {
        const grid = parseGrid(county + rest)
        expect(grid.ok && grid.division + grid.street + grid.community + grid.serial).toBe(
          county + rest,
        )
      }),
    )
  })
})

describe('parseComponentCode()', () => {
  it('takes sixteen digits apart', () => {
    expect(parseComponentCode('1508020118000012')).toEqual({
      kind: 'national',
      division: '150802',
      component: '0118',
      serial: '000012',
    })
  })

  it('leaves a longer local number whole', () => {
    const code = '1508020010000000123'
    expect(parseComponentCode(code)).toEqual({ kind: 'local', code })
  })

  it('takes any class of the city itself', () => {
    expect(parseComponentCode('1508022199000001')).toMatchObject({ component: '2199' })
  })

  it.each([
    ['150802011800001', '16 digits'],
    ['1508020118A00001', '16 digits'],
    ['1508010118000001', 'placeholder'],
    ['1528220118000001', '150821'],
    ['3205080101000001', 'a county of the city'],
    ['1508020199000001', 'class'],
    ['1508020118000000', '000001'],
  ])('refuses %s and says what it expects', (code, reason) => {
    const parsed = parseComponentCode(code)
    expect(parsed.kind === 'wrong' ? parsed.reason : parsed.kind).toContain(reason)
  })

  it('answers with a reason or its parts, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{10,40}$/)), (text) => {
        const parsed = parseComponentCode(text)
        if (parsed.kind === 'wrong') expect(parsed.reason).toMatch(/^expected .*got/)
        else if (parsed.kind === 'local') expect(parsed.code).toBe(text)
        else expect(parsed.division + parsed.component + parsed.serial).toBe(text)
      }),
    )
  })
})
