// Who may import whom, and a few habits the compiler cannot see. A failure says what to do instead.

import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

interface SourceFile {
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory())
      return entry.name === 'dist' || entry.name === 'node_modules' ? [] : walk(path)
    return /\.tsx?$/.test(entry.name) ? [path] : []
  })
}

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8')
  const imports = [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^'"\n;]*?(?:\n[^'"]*?)?from\s+'([^']+)'|import\('([^']+)'\)|\nimport\s+'([^']+)'/g,
    ),
  ]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    .map((target) =>
      target.startsWith('.') ? relative(root, resolve(root, dirname(path), target)) : target,
    )
  return { path, text, imports }
}

const files = ['src', 'devices', 'simulators', 'dashboards/web/src', 'scripts', 'test']
  .flatMap(walk)
  .map(read)
const product = files.filter(
  (file) => !file.path.startsWith('test/') && !file.path.startsWith('scripts/'),
)

/** From where, what it may import besides its own folder, and what to do instead. First match wins. */
const rules: readonly { from: RegExp; may: readonly RegExp[]; instead: string }[] = [
  { from: /^src\/core\//, may: [], instead: 'the core is pure: hand the value in as an argument' },
  {
    from: /^src\/decoders\//,
    may: [/^src\/core\//],
    instead: 'decoders are pure: they know the core only',
  },
  {
    from: /^devices\//,
    may: [/^src\/core\//],
    instead: 'a device type is data: it knows the core only',
  },
  {
    from: /^src\/(telemetry-)?ports\.ts/,
    may: [/^src\/core\//, /^src\/telemetry-ports\.ts$/],
    instead: 'ports speak in types of the core',
  },
  {
    from: /^src\/clock\.ts/,
    may: [/^src\/core\//, /^src\/ports\.ts$/],
    instead: 'the clock knows its port only',
  },
  {
    from: /^src\/(config|setting-kinds)\.ts/,
    may: [
      /^node:/,
      /^zod$/,
      /^src\/(setting-kinds|tls-files)\.ts$/,
      /^src\/core\/telemetry\/retention-policy\.ts$/,
    ],
    instead: 'the settings know nothing of the product but how a policy is written',
  },
  {
    from: /^src\/(edge|journal|pipeline|store|cases|api|jobs)\//,
    may: [
      /^node:/,
      /^src\/core\//,
      /^src\/decoders\//,
      /^src\/ports\.ts$/,
      /^src\/config\.ts$/,
      /^src\/tls-files\.ts$/,
      /^[^.s]/,
      /^s(?!rc\/)/,
    ],
    instead:
      'rooms of the rim do not know each other: go through ports.ts and let app.ts join them',
  },
  {
    from: /^src\//,
    may: [/^node:/, /^src\//, /^devices\//, /^pino$/],
    instead: 'the product never imports simulators or tests',
  },
  {
    from: /^simulators\//,
    may: [
      /^node:/,
      /^simulators\//,
      /^devices\//,
      /^src\/core\//,
      /^src\/(ports|clock|app|offline|config|log)\.ts$/,
      /^[a-z@](?!rc\/)/,
    ],
    instead: 'simulators use the product from outside: core, ports, app, devices',
  },
  {
    from: /^dashboards\/web\//,
    may: [/^[a-z@](?!rc\/)/, /^dashboards\/web\//],
    instead: 'pages speak to the API only',
  },
]

describe('imports', () => {
  it('follow the rules of the rooms', () => {
    const broken: string[] = []
    for (const file of product) {
      const rule = rules.find((candidate) => candidate.from.test(file.path))
      if (rule === undefined) continue
      const own = /^src\/[^/]+\//.exec(file.path)?.[0] ?? /^devices\//.exec(file.path)?.[0]
      for (const target of file.imports) {
        if (own !== undefined && target.startsWith(own)) continue
        if (!rule.may.some((pattern) => pattern.test(target)))
          broken.push(`${file.path} imports ${target}: ${rule.instead}`)
      }
    }
    expect(broken).toEqual([])
  })

  it('take each npm package into one room of src only', () => {
    // zod is the language of every border (settings, API), and shared like a language.
    const shared = new Set(['zod'])
    const rooms = new Map<string, Set<string>>()
    for (const file of product.filter((candidate) => candidate.path.startsWith('src/')))
      for (const target of file.imports) {
        if (/^(node:|src\/|devices\/|\.)/.test(target) || shared.has(target)) continue
        const name = target.startsWith('@')
          ? target.split('/').slice(0, 2).join('/')
          : (target.split('/')[0] ?? target)
        const room = /^src\/[^/]+/.exec(file.path)?.[0] ?? file.path
        rooms.set(name, (rooms.get(name) ?? new Set()).add(room))
      }
    const spread = [...rooms]
      .filter(([, where]) => where.size > 1)
      .map(([name, where]) => `${name}: ${[...where].join(', ')}`)
    expect(spread).toEqual([])
  })
})

describe('habits', () => {
  /** Pattern, where it is allowed, what to do instead. */
  const habits: readonly { name: string; pattern: RegExp; allowed: RegExp; instead: string }[] = [
    {
      name: 'the wall clock',
      pattern: /\bDate\.now\(|\bnew Date\(\)|performance\.now\(/,
      allowed: /^(src\/clock\.ts|dashboards\/web\/)/,
      instead: 'take a Clock',
    },
    {
      name: 'timers',
      pattern: /\bset(Timeout|Interval)\(/,
      allowed: /^(src\/clock\.ts|dashboards\/web\/)/,
      instead: 'use Clock.after',
    },
    {
      name: 'chance',
      pattern: /\bMath\.random\(/,
      allowed: /^$/,
      instead: 'take a seeded generator',
    },
    {
      name: 'the environment',
      pattern: /\bprocess\.env\b/,
      allowed: /^src\/config\.ts$/,
      instead: 'read it in config.ts',
    },
    {
      name: 'leaving the process',
      pattern: /\bprocess\.exit\(/,
      allowed:
        /^(src\/main\.ts|simulators\/(demo|simulate)\.ts|simulators\/case-system\/main\.ts)$/,
      instead: 'return to the entry point',
    },
    {
      name: 'default exports',
      pattern: /^export default/m,
      allowed: /vite\.config\.ts$/,
      instead: 'name the export',
    },
    {
      name: 'marks of unfinished work',
      pattern: /\b(TODO|FIXME|XXX|HACK)\b/,
      allowed: /^$/,
      instead: 'finish it or say it in the closing note',
    },
  ]

  it.each(habits)('keep $name in its place', ({ pattern, allowed, instead }) => {
    const broken = product
      .filter((file) => !allowed.test(file.path) && pattern.test(withoutComments(file.text)))
      .map((file) => `${file.path}: ${instead}`)
    expect(broken).toEqual([])
  })

  it('keep files small enough to be read', () => {
    const long = product
      .map((file) => ({ path: file.path, lines: file.text.split('\n').length }))
      .filter(({ lines }) => lines > 400)
      .map(({ path, lines }) => `${path}: ${lines} lines, ask which second idea has moved in`)
    expect(long).toEqual([])
  })

  it('begin every file by saying what it owns', () => {
    const silent = product
      .filter((file) => !/^(#!.*\n)?(\/\/|\/\*)/.test(file.text))
      .map((file) => `${file.path}: begin with one or two sentences`)
    expect(silent).toEqual([])
  })
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}
