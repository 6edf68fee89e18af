// Which generation of InfluxDB answers: asked with `GET /ping`, which all of them have. They differ for us in how they know us, where
// lines are posted and how a place for them is made.

import { InfluxUnavailable } from './errors.ts'
import type { InfluxServer } from './server.ts'

export type Generation = '1' | '2' | '3'

export interface Flavour {
  readonly generation: Generation
  /** As the server says it: `1.6.7~rc0`, `v2.7.10`. */
  readonly version: string
  /** For people: `InfluxDB 1.6.7`. */
  readonly server: string
}

export async function askFlavour(request: InfluxServer['request']): Promise<Flavour> {
  const answer = await request({ method: 'GET', path: '/ping' })
  const body = answer.status === 204 ? '' : await answer.text()
  const version = answer.headers.get('x-influxdb-version') ?? versionIn(body)
  const generation = generationOf(version)
  if (version === null || generation === null)
    throw new InfluxUnavailable(
      'failing',
      `The server answered ${answer.status} to /ping: expected the version of an InfluxDB 1.x, 2.x or 3, got ${version === null ? 'none' : `"${version.slice(0, 40)}"`}`,
    )
  return {
    generation,
    version,
    server: `InfluxDB ${/\d+(?:\.\d+)*/.exec(version)?.[0] ?? version}`,
  }
}

/** The hosted 2.x gives its name in place of a number. */
function generationOf(version: string | null): Generation | null {
  if (version === null) return null
  if (/^cloud/i.test(version)) return '2'
  const major = /^v?(\d+)\./.exec(version)?.[1]
  return major === '1' || major === '2' || major === '3' ? major : null
}

/** 3 says it in the body. */
function versionIn(body: string): string | null {
  try {
    const answer: unknown = JSON.parse(body)
    if (typeof answer !== 'object' || answer === null || !('version' in answer)) return null
    return typeof answer.version === 'string' ? answer.version : null
  } catch {
    return null
  }
}
