// /docs: the OpenAPI document as one page to read, without any script, and the table of error codes.

import { createHash } from 'node:crypto'
import { access } from './access.ts'
import { problems } from './errors.ts'
import type { Server } from './server.ts'

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1c2530}
h2{margin:2rem 0 .25rem;font-size:1.05rem}code{font:14px/1.5 ui-monospace,monospace}
table{border-collapse:collapse;width:100%}td,th{border-top:1px solid #ccd3da;padding:.3rem .6rem;text-align:left;vertical-align:top}
summary{cursor:pointer}pre{overflow:auto;background:#f3f5f7;padding:.75rem;font-size:13px}p{margin:.25rem 0}`

export function docsPage(app: Server): void {
  const styleHash = createHash('sha256').update(STYLE).digest('base64')
  app.get(
    '/docs',
    {
      config: { access: access.read },
      schema: { tags: ['documents'], summary: 'This description, as a page' },
    },
    (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header(
          'content-security-policy',
          `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
        )
        .send(page(app.swagger().paths ?? {})),
  )
}

function page(paths: object): string {
  const calls = Object.entries(paths).flatMap(([path, methods]) =>
    fieldsOf(methods).map(([method, operation]) => callHtml(path, method, operation)),
  )
  const codes = Object.entries(problems).map(
    ([code, { status, title }]) =>
      `<tr id="${escaped(code)}"><td><code>${escaped(code)}</code></td><td>${status}</td><td>${escaped(title)}</td></tr>`,
  )
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>hetao API</title><style>${STYLE}</style>
<h1>hetao API</h1><p>Machine-readable: <a href="/openapi.json">/openapi.json</a>. Errors are <code>application/problem+json</code>.</p>
${calls.join('\n')}
<h2 id="errors">Error codes</h2><table><tr><th>code</th><th>status</th><th>meaning</th></tr>${codes.join('')}</table></html>`
}

function callHtml(path: string, method: string, operation: unknown): string {
  const parameters = listAt(operation, 'parameters').map((parameter) => {
    const need = at(parameter, 'required') === true ? 'required' : 'optional'
    return `<tr><td><code>${text(parameter, 'name')}</code></td><td>${text(parameter, 'in')}</td><td>${need}</td><td><code>${escaped(JSON.stringify(at(parameter, 'schema') ?? {}))}</code></td></tr>`
  })
  const body = at(operation, 'requestBody')
  const responses = fieldsOf(at(operation, 'responses')).map(([status, response]) =>
    details(`Answer ${status}`, response),
  )
  return `<h2><code>${escaped(method.toUpperCase())} ${escaped(path)}</code></h2><p>${text(operation, 'summary')} (for: ${escaped([at(operation, 'x-access')].flat().join(', '))})</p>
${parameters.length === 0 ? '' : `<table>${parameters.join('')}</table>`}
${body === undefined ? '' : details('Body', body)}${responses.join('')}`
}

function details(title: string, value: unknown): string {
  return `<details><summary>${escaped(title)}</summary><pre>${escaped(JSON.stringify(value, null, 1))}</pre></details>`
}

function fieldsOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

function at(value: unknown, name: string): unknown {
  return fieldsOf(value).find(([key]) => key === name)?.[1]
}

function listAt(value: unknown, name: string): unknown[] {
  const list = at(value, name)
  return Array.isArray(list) ? list : []
}

function text(value: unknown, name: string): string {
  const found = at(value, name)
  return typeof found === 'string' ? escaped(found) : ''
}

function escaped(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
