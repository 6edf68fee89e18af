// Posts lines to places that are made when they turn out to be missing, and finds out whether a server that refuses a line takes
// any at all.

import type { Clock, TelemetryLevel } from '../../ports.ts'
import { InfluxUnavailable, troubleOf } from './errors.ts'
import type { PostLines } from './post-lines.ts'
import type { Provision } from './provision.ts'

/** Stands beside the readings' measurements; only ever one point a device and a moment apart. */
const PROBE = 'hetao_probe,device=probe value=1'

export interface ProvisionedPost {
  readonly post: PostLines
  /** Throws `TelemetryUnavailable` when the server refuses also what nothing can be wrong with. */
  readonly prove: (level: TelemetryLevel, reason: string) => Promise<void>
}

export function createProvisionedPost(
  bare: PostLines,
  provision: Provision,
  clock: Clock,
): ProvisionedPost {
  const post: PostLines = async (level, lines) => {
    await provision.ensure()
    try {
      return await bare(level, lines)
    } catch (error) {
      if (troubleOf(error) !== 'missing') throw error
    }
    // Somebody has dropped it, or it was never there and could not be seen.
    await provision.renew()
    try {
      return await bare(level, lines)
    } catch (error) {
      if (!(error instanceof InfluxUnavailable) || error.state !== 'missing') throw error
      const { obstacle } = provision
      if (obstacle === null) throw error
      throw new InfluxUnavailable('missing', `${error.message}; ${obstacle}`, error.retryAfterMs)
    }
  }

  return {
    post,
    async prove(level, reason) {
      const outcome = await post(level, [`${PROBE} ${Math.floor(clock.now())}`])
      if (outcome.kind === 'accepted') return
      throw new InfluxUnavailable(
        'failing',
        `InfluxDB refuses every line, not only bad ones: ${reason}`,
      )
    },
  }
}
