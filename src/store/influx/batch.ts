// Sends lines in order, in requests of bounded size, until each one is either stored or refused by itself: a refused request is cut
// in two and both halves are sent again. That is right for servers that keep the good lines of a refused request and for those
// that keep none, as a line that is written again changes nothing.

import { troubleOf } from './errors.ts'
import type { PostLines } from './post-lines.ts'
import type { TelemetryLevel } from '../../ports.ts'

/** After a request that took too long, the next ones are halved down to this. */
const LINES_MIN = 100

export interface BatchLimits {
  readonly linesMax: number
  readonly bytesMax: number
}

export const BATCH_LIMITS: BatchLimits = { linesMax: 5_000, bytesMax: 2_000_000 }

export interface RefusedLine {
  readonly index: number
  /** The server's message. */
  readonly reason: string
}

/** How far a batch has come. Kept by the caller, so that it knows also when `send` throws. */
export interface Progress {
  /** Lines before this index are stored or refused. */
  resolved: number
  readonly refused: RefusedLine[]
}

export interface BatchSender {
  /**
   * Goes on where `progress` stands. Throws `TelemetryUnavailable`; may then be called again. When more than `refusedMax` lines have been
   * refused by themselves, those of the next refused requests are refused as one, though good ones may be among them.
   */
  send(
    level: TelemetryLevel,
    lines: readonly string[],
    progress: Progress,
    refusedMax?: number,
  ): Promise<void>
}

export interface BatchSenderOptions {
  readonly post: PostLines
  /**
   * Whether the server takes a line that is beyond doubt. Throws `TelemetryUnavailable` when it does not: then it refuses everything,
   * and no line may be blamed for it.
   */
  readonly prove: (level: TelemetryLevel, reason: string) => Promise<void>
  readonly limits?: BatchLimits
}

export function createBatchSender(options: BatchSenderOptions): BatchSender {
  const { post, prove, limits = BATCH_LIMITS } = options
  let linesMax = limits.linesMax

  /** The end of the next request from `from`. */
  function cut(lines: readonly string[], from: number): number {
    let bytes = 0
    let end = from
    while (end < lines.length && end - from < linesMax) {
      bytes += Buffer.byteLength(lines[end] ?? '') + 1
      if (bytes > limits.bytesMax && end > from) break
      end++
    }
    return end
  }

  async function posted(level: TelemetryLevel, lines: readonly string[]) {
    try {
      const outcome = await post(level, lines)
      linesMax = Math.min(limits.linesMax, linesMax * 2)
      return outcome
    } catch (error) {
      if (troubleOf(error) === 'slow')
        linesMax = Math.min(limits.linesMax, Math.max(LINES_MIN, Math.ceil(lines.length / 2)))
      throw error
    }
  }

  return {
    async send(level, lines, progress, refusedMax = Number.POSITIVE_INFINITY) {
      let isProven = false
      /** Ends of the requests that follow, the nearest last. */
      const ends: number[] = []
      while (progress.resolved < lines.length) {
        const from = progress.resolved
        const end = ends.pop() ?? cut(lines, from)
        const outcome = await posted(level, lines.slice(from, end))
        if (outcome.kind === 'accepted') {
          isProven = true
          progress.resolved = end
        } else if (end - from > 1 && progress.refused.length < refusedMax)
          ends.push(end, Math.floor((from + end) / 2))
        else {
          if (!isProven) await prove(level, outcome.reason)
          isProven = true
          for (let index = from; index < end; index++)
            progress.refused.push({ index, reason: outcome.reason })
          progress.resolved = end
        }
      }
    },
  }
}
