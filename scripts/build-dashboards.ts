// Builds the pages when they are not there or older than their sources, so that `npm start` and `npm run serve` need no build
// step. The result is put in place in one move: a server that starts meanwhile never sees half of it.

import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const repository = join(import.meta.dirname, '..')
const root = join(repository, 'dashboards', 'web')
const result = join(root, 'dist')
/** Says which sources the result was made of. Times of files say little after a checkout or a copy. */
const stampFile = join(result, '.sources')

/** Below this, compression saves less than the extra header costs. */
const COMPRESS_FROM_BYTES = 1024

const stamp = hashOfSources()
const present = existsSync(stampFile) ? readFileSync(stampFile, 'utf8').trim() : null
if (present !== stamp) await build()

async function build(): Promise<void> {
  const vite = await import('vite').catch((cause: unknown) => {
    // An installation without the development packages brings finished pages along; those are served as they are.
    if (existsSync(join(result, 'index.html'))) return null
    throw new Error(
      'Cannot build the pages: expected the package vite, run npm ci without --omit=dev',
      { cause },
    )
  })
  if (vite === null) return
  const work = join(repository, 'node_modules', '.cache', `hetao-pages-${process.pid}`)
  try {
    await vite.build({
      root,
      configFile: join(root, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: work, emptyOutDir: true },
    })
    compress(work)
    writeFileSync(join(work, '.sources'), `${stamp}\n`)
    mkdirSync(root, { recursive: true })
    rmSync(result, { recursive: true, force: true })
    renameSync(work, result)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function hashOfSources(): string {
  const hash = createHash('sha256')
  const files = ['index.html', 'vite.config.ts', 'tsconfig.json', ...filesUnder(join(root, 'src'))]
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0')
  // The packages that end up in the pages are part of what they are made of.
  hash.update(readFileSync(join(repository, 'package.json')))
  return hash.digest('hex')
}

function filesUnder(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}

/** Next to each file, so that the server can send it as it is. */
function compress(directory: string): void {
  const assets = join(directory, 'assets')
  for (const name of readdirSync(assets)) {
    const bytes = readFileSync(join(assets, name))
    if (bytes.length < COMPRESS_FROM_BYTES) continue
    writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }))
    const quality = { [constants.BROTLI_PARAM_QUALITY]: 9 }
    writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes, { params: quality }))
  }
}
