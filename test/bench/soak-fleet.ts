// The soak's fleet: device types that carry several rules each, with values of a quiet day.

import type { Product } from '../support/product.ts'

export interface SoakDevice {
  readonly id: string
  readonly topic: string
  readonly password: string
  /** The measured part of its payload. */
  readonly measured: string
  /** A metric that every reading has. */
  readonly metric: string
}

interface Kind {
  readonly type: string
  readonly metric: string
  measured(index: number): Readonly<Record<string, number | boolean>>
}

/** Each device has its own values, all far from any limit. */
const kinds: readonly Kind[] = [
  {
    type: 'streetlight',
    metric: 'voltage',
    measured: (n) => ({
      voltage: 225 + (n % 100) / 10,
      leakage_current: (n % 50) / 10,
      current: 0.41,
    }),
  },
  {
    type: 'manhole-cover',
    metric: 'tilt',
    measured: (n) => ({ cover_open: false, tilt: (n % 20) / 10, water_level: 0.4, ch4: 0 }),
  },
  {
    type: 'road-waterlogging',
    metric: 'depth_cm',
    measured: (n) => ({ depth_cm: (n % 10) / 10, pipe_level: 0.2, rainfall: 0 }),
  },
  {
    type: 'gas-valve-well',
    metric: 'ch4',
    measured: (n) => ({ ch4: (n % 10) / 20, level: 0.1, temp: 8.5 }),
  },
  {
    type: 'water-main',
    metric: 'pressure',
    measured: (n) => ({ pressure: 0.3 + (n % 10) / 200, flow: 120.5, turbidity: 0.3 }),
  },
]

const DIVISION = '150802'
const PER_CALL = 2_000
const CREDENTIALS_AT_ONCE = 40
const BUSY_MS = 250

export interface Registration {
  readonly devices: readonly SoakDevice[]
  readonly registerSeconds: number
  readonly credentialSeconds: number
}

/** Registers `count` devices through the API and makes a password for each. */
export async function registerFleet(
  product: Product,
  prefix: string,
  count: number,
): Promise<Registration> {
  const fleet = Array.from({ length: count }, (_, index) => {
    const kind = kinds[index % kinds.length]
    if (kind === undefined) throw new RangeError('Cannot make a fleet without kinds')
    const id = `${prefix}-${String(index).padStart(5, '0')}`
    return { id, kind, measured: JSON.stringify(kind.measured(index)) }
  })
  const began = performance.now()
  for (let at = 0; at < fleet.length; at += PER_CALL) {
    const made = await product.api(
      'POST',
      '/devices',
      fleet.slice(at, at + PER_CALL).map(({ id, kind }) => ({
        id,
        type: kind.type,
        name: `耐久测试 ${id}`,
        division: DIVISION,
        lat: 40.75,
        lon: 107.39,
        simulated: true,
      })),
    )
    if (made.status !== 201) throw new Error(`Cannot register: ${JSON.stringify(made.body)}`)
  }
  const registered = performance.now()
  const passwords = new Map<string, string>()
  let next = 0
  const maker = async () => {
    for (let one = fleet[next++]; one !== undefined; one = fleet[next++])
      passwords.set(one.id, await makePassword(product, one.id))
  }
  await Promise.all(Array.from({ length: CREDENTIALS_AT_ONCE }, maker))
  return {
    devices: fleet.map(({ id, kind, measured }) => ({
      id,
      topic: `city/v1/${DIVISION}/${kind.type}/${id}/up`,
      password: passwords.get(id) ?? '',
      measured,
      metric: kind.metric,
    })),
    registerSeconds: (registered - began) / 1000,
    credentialSeconds: (performance.now() - registered) / 1000,
  }
}

export async function makePassword(product: Product, id: string): Promise<string> {
  for (;;) {
    const made = await product.api<{ password: string }>('POST', `/devices/${id}/credentials`, {})
    if (made.status === 201) return made.body.password
    // The API takes so many calls a second from one caller.
    if (made.status !== 429) throw new Error(`Cannot make a password: ${JSON.stringify(made.body)}`)
    await new Promise((resolve) => setTimeout(resolve, BUSY_MS))
  }
}
