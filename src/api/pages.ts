// The built single-page application. Only files that were there at the start are served, under their own names; every address of
// a screen gives the same shell, which shows the sign-in form by itself.

import { readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fastifyStatic } from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from './errors.ts'
import type { Server } from './server.ts'

const SCREENS = ['/', '/ops', '/ops/*', '/crew', '/crew/*', '/lab', '/lab/*'] as const
const YEAR_SECONDS = 31_536_000

const open = { config: { access: 'open' }, schema: { hide: true } } as const

export async function servePages(app: Server, directory: string): Promise<void> {
  const files = new Set(filesIn(directory))
  await app.register(fastifyStatic, {
    root: directory,
    serve: false,
    cacheControl: false,
    preCompressed: true,
  })

  for (const screen of SCREENS) app.get(screen, open, shell)

  app.get('/assets/*', open, (request, reply) => {
    const name = request.url.split('?', 1)[0]?.slice(1) ?? ''
    if (!files.has(name)) throw new ApiError('not_found', 'There is nothing at this address')
    // The name holds a hash of the content, so this name will never mean anything else.
    return reply
      .header('cache-control', `public, max-age=${YEAR_SECONDS}, immutable`)
      .sendFile(name)
  })

  // Files beside the shell (icon, manifest): known names, contents that may change.
  for (const name of files)
    if (!name.includes('/') && name !== 'index.html')
      app.get(`/${name}`, open, (_request, reply) =>
        reply.header('cache-control', 'no-cache').sendFile(name),
      )
}

function shell(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-cache').sendFile('index.html')
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
}
