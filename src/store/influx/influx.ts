// Telemetry in an InfluxDB of any generation: puts the writing and the reading side together. A server that is away, full or strange is
// a state of the store and a write to be repeated, never the end of anything.

import type { DeviceType } from '../../core/device-type.ts'
import { TelemetryUnavailable, type Clock, type TelemetryStore } from '../../ports.ts'
import { checkReadings } from '../telemetry/check.ts'
import { metricsByType } from '../telemetry/metrics.ts'
import { BATCH_LIMITS, createBatchSender, type BatchLimits } from './batch.ts'
import { createExpiry } from './expire.ts'
import { createInfluxQl } from './influxql.ts'
import { createKnownRows } from './known-rows.ts'
import { openLedger } from './ledger.ts'
import { createReadingLines } from './line-protocol.ts'
import { createPostLines } from './post-lines.ts'
import { createProvision } from './provision.ts'
import { createProvisionedPost } from './provisioned-post.ts'
import { createRefusalNotes } from './refusal-notes.ts'
import { createRowReads } from './read-rows.ts'
import { createReadingWrites, type RefusedReading } from './reading-writes.ts'
import { createInfluxServer } from './server.ts'
import { createStanding } from './standing.ts'
import { createTarget } from './target.ts'
import { createTurns } from './turns.ts'
import { createWindowPoints } from './window-points.ts'
import { createWindowWrites } from './window-writes.ts'

export type { RefusedReading } from './reading-writes.ts'

export interface InfluxOptions {
  readonly url: string
  /** 2.x and 3: a token. 1.x: `user:password`. Null: the server asks nobody. */
  readonly token: string | null
  /** 2.x only; null: the only one that the token sees. */
  readonly organisation: string | null
  /** Of raw readings; those of windows are named after it. */
  readonly bucket: string
  readonly types: readonly DeviceType[]
  /** The ledger: an SQLite file, made when absent. */
  readonly file: string
  readonly clock: Clock
  /**
   * Resolves when the readings are kept elsewhere, for good; until then no position passes them. Called again with the same readings
   * when the process ended in between.
   */
  readonly refuse: (items: readonly RefusedReading[]) => Promise<void>
  readonly onProblem: (message: string, detail: string) => void
  readonly requestTimeoutMs?: number
  readonly limits?: BatchLimits
}

/** How long `close` waits for the request under way, and then for what is left to notice its end. */
const FINISH_MS = 2_000
const NOTICE_MS = 500

/** How often a server that does not take writes is looked after when nobody writes. */
const LOOK_EVERY_MS = 15_000

/** Throws when the ledger cannot be opened or the address is none; never because the server is away. */
export function openInflux(options: InfluxOptions): TelemetryStore {
  const { clock, types, onProblem, refuse, limits = BATCH_LIMITS } = options
  const { requestTimeoutMs = 10_000 } = options
  const metricsOfType = metricsByType(types)
  const target = createTarget(options.bucket, options.organisation)
  const server = createInfluxServer({ ...options, requestTimeoutMs })
  const standing = createStanding(clock)
  const ledger = openLedger(options.file)
  const provision = createProvision(server, target, ledger.places)
  const influxQl = createInfluxQl(server, target, () => provision.renew())
  const bare = createPostLines(server, target, () => provision.organisation())
  const provisioned = createProvisionedPost(
    async (level, some) => {
      const from = clock.now()
      const outcome = await bare(level, some)
      if (outcome.kind === 'accepted') standing.wrote(clock.now() - from)
      return outcome
    },
    provision,
    clock,
  )
  const sender = createBatchSender({ ...provisioned, limits })
  const knownRows = createKnownRows({ influxQl, server, target, metricsOfType })
  const lines = createReadingLines(metricsOfType)
  const readingWrites = createReadingWrites({
    ledger,
    knownRows,
    sender,
    lines,
    limits,
    refuse,
    onProblem,
  })
  const rowReads = createRowReads({ influxQl, target, types })
  const divisionOf = (type: string, device: string) => ledger.newest(type, device)?.division ?? null
  const points = createWindowPoints({ influxQl, target, types, divisionOf })
  const notes = createRefusalNotes(clock)
  const windowWrites = createWindowWrites({ points, sender, notes, onProblem })
  const organisation = () => provision.organisation()
  const expiry = createExpiry({ influxQl, server, target, types, clock, organisation })
  const turns = createTurns()
  let isClosed = false
  let closing: Promise<void> | null = null
  let cancelLook = (): void => {}

  /** In its turn, and with what its failure says of the server. */
  function inTurn(task: () => Promise<void>): Promise<void> {
    return turns.run(async () => {
      if (isClosed) throw new TelemetryUnavailable('Cannot write telemetry: the store is closed')
      try {
        await task()
      } catch (error) {
        // Anything else is no trouble of the server: a bug of ours, or a refusal that could not be handed over.
        if (error instanceof TelemetryUnavailable) standing.trouble(error)
        throw error
      }
    })
  }

  /** So that a server that comes up late, or comes back, is seen although nobody writes. */
  async function look(): Promise<void> {
    if (standing.isDistant) await inTurn(provisionAnew).catch(() => {})
    if (!isClosed) cancelLook = clock.after(LOOK_EVERY_MS, () => void look())
  }

  async function provisionAnew(): Promise<void> {
    await provision.renew()
    if (provision.obstacle === null && standing.isDistant) standing.ready()
  }

  async function shut(): Promise<void> {
    isClosed = true
    cancelLook()
    await soon(turns.idle(), FINISH_MS)
    server.close()
    await soon(turns.idle(), NOTICE_MS)
    ledger.close()
  }

  /** Resolves with the promise or after `ms`, whichever comes first. */
  function soon(promise: Promise<void>, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve)
      void promise.then(() => {
        cancel()
        resolve()
      })
    })
  }

  void look()

  return {
    async write(readings, through) {
      checkReadings(readings, through, metricsOfType)
      await inTurn(() => readingWrites.write(readings, through))
    },
    async putWindows(level, type, windows) {
      if (windows.length > 0) await inTurn(() => windowWrites.put(level, type, windows))
    },
    readings: (query) => rowReads.readings(query),
    windows: (level, query) => points.windows(level, query),
    extent: () => expiry.extent(),
    expired: (level, type, before) => expiry.expired(level, type, before),
    drop: (level, type, before) => expiry.drop(level, type, before),
    async sync() {
      ledger.sync()
    },
    counts: () => ledger.counts(),
    state: () => standing.state(server.known?.server ?? null, notes.text),
    lost: () => ledger.places.lost(),
    settleLost: (levels) => ledger.places.settle(levels),
    close() {
      closing ??= shut()
      return closing
    },
  }
}
