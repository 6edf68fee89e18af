// The Dockerfile, read as text: what it copies exists and reaches the engine, what it runs is the entry, and nothing more is inside.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

interface Instruction {
  readonly name: string
  readonly text: string
}

interface Stage {
  readonly name: string
  readonly base: string
  readonly instructions: readonly Instruction[]
}

const stages = parseDockerfile(read('Dockerfile'))
const stage = (name: string) => stages.find((candidate) => candidate.name === name)

/** A stage's instructions behind those of the stages it is made from. */
function whole(name: string): readonly Instruction[] {
  const found = stage(name)
  return found === undefined ? [] : [...whole(found.base), ...found.instructions]
}

function copies(instructions: readonly Instruction[]) {
  return instructions
    .filter(({ name }) => name === 'COPY')
    .map(({ text }) => {
      const words = text.split(/\s+/)
      const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length)
      return { from, sources: words.filter((word) => !word.startsWith('--')).slice(0, -1) }
    })
}

describe('Dockerfile', () => {
  it('knows its instructions', () => {
    const known = /^(ARG|WORKDIR|COPY|RUN|ENV|USER|EXPOSE|ENTRYPOINT)$/
    const names = stages.flatMap(({ instructions }) => instructions.map(({ name }) => name))
    expect(names.filter((name) => !known.test(name))).toEqual([])
    expect(names.length).toBeGreaterThan(10)
  })

  it('copies what is there and what .dockerignore lets through', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
    for (const { from, sources } of stages.flatMap((one) => copies(one.instructions)))
      if (from === undefined)
        for (const source of sources) {
          expect(existsSync(join(root, source)), source).toBe(true)
          expect(
            allowed.some((path) => source === path || source.startsWith(`${path}/`)),
            source,
          ).toBe(true)
        }
      else expect(stage(from), from).toBeDefined()
  })

  it('lets no data, secret or built file through .dockerignore', () => {
    const lines = read('.dockerignore').split('\n')
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))[0]).toBe('*')
    for (const last of ['**/node_modules', '**/.env*', '**/secrets'])
      expect(lines.indexOf(last)).toBeGreaterThan(lines.findLastIndex((l) => l.startsWith('!')))
  })

  it.each([
    ['hetao', 'src/main.ts'],
    ['case-system', 'simulators/case-system/main.ts'],
  ])('%s starts Node itself, as a user without rights, on %s', (name, entry) => {
    const instructions = whole(name)
    expect(instructions.findLast((one) => one.name === 'USER')?.text).toBe('node')
    const command: unknown = JSON.parse(
      instructions.findLast((one) => one.name === 'ENTRYPOINT')?.text ?? 'null',
    )
    expect(command).toEqual(['node', entry])
    expect(copies(instructions).flatMap(({ sources }) => sources)).toContain(
      entry.split('/').slice(0, -1).join('/'),
    )
  })

  it('makes the product last, without simulators, tests and development packages', () => {
    expect(stages.at(-1)?.name).toBe('hetao')
    const inside = copies(whole('hetao'))
    expect(inside.flatMap(({ from, sources }) => (from === undefined ? sources : []))).toEqual([
      'package.json',
      'LICENSE',
      'src',
      'devices',
    ])
    const packages = inside.find(({ from }) => from === 'packages')
    expect(packages?.sources).toEqual(['/build/node_modules'])
    expect(stage('packages')?.instructions.find(({ name }) => name === 'RUN')?.text).toContain(
      '--omit=dev --omit=optional',
    )
  })

  it('brings every package that the code inside imports', () => {
    const { dependencies } = z
      .object({ dependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(read('package.json')))
    const imported = new Set(
      ['src', 'devices', 'simulators/case-system'].flatMap(sources).flatMap((file) =>
        [...read(file).matchAll(/^(?:import|export) (?!type )[^'"]*?from '([^.'][^']*)'/gm)]
          .map((match) => match[1] ?? '')
          .filter((name) => !name.startsWith('node:'))
          .map((name) =>
            name
              .split('/')
              .slice(0, name.startsWith('@') ? 2 : 1)
              .join('/'),
          ),
      ),
    )
    expect(imported).toContain('zod')
    expect([...imported].filter((name) => !(name in dependencies))).toEqual([])
  })

  it('brings every file that the case system imports', () => {
    const copied = copies(whole('case-system')).flatMap(({ sources: paths }) => paths)
    for (const file of sources('simulators/case-system'))
      for (const [, path = ''] of read(file).matchAll(
        /^import (?!type )[^'"]*?from '(\.\.?\/[^']*)'/gm,
      )) {
        const target = resolve(root, file, '..', path).slice(root.length + 1)
        expect(
          copied.some((folder) => target.startsWith(`${folder}/`)),
          `${file} imports ${target}`,
        ).toBe(true)
      }
  })
})

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
}

function parseDockerfile(text: string): Stage[] {
  const lines = text
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const found: { name: string; base: string; instructions: Instruction[] }[] = []
  for (const line of lines) {
    const [name = '', ...rest] = line.split(' ')
    const words = rest.join(' ')
    const from = /^(\S+) AS (\S+)$/.exec(words)
    if (name === 'FROM')
      found.push({ name: from?.[2] ?? '', base: from?.[1] ?? words, instructions: [] })
    else found.at(-1)?.instructions.push({ name, text: words })
  }
  return found
}
