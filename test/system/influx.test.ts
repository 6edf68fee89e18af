// The InfluxDB adapter against a real server: Debian's 1.6.7, with the suites every store passes and what only a real server shows; and
// the same suites against any server in HETAO_TEST_INFLUX_URL (and _TOKEN, _ORG, _BUCKET).

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { summaryOf } from '../../src/core/telemetry/summary.ts'
import { metricsOf } from '../../src/core/device-type.ts'
import type { Reading } from '../../src/core/messages/reading.ts'
import { positionAt } from '../../src/core/position.ts'
import { TelemetryUnavailable, type TelemetryStore } from '../../src/ports.ts'
import type { InfluxOptions } from '../../src/store/influx/influx.ts'
import { openRollups, type Rollups } from '../../src/store/rollups/rollups.ts'
import { createLocalWindows } from '../../src/store/telemetry/local-windows.ts'
import { telemetryQueriesContract } from '../contracts/telemetry-queries.ts'
import {
  cover,
  DAY,
  HOUR,
  lamp,
  meter,
  MINUTE,
  NOON,
  reading,
  rowQuery,
} from '../contracts/telemetry-readings.ts'
import { readingsOf, valuesOf, windowsOf } from '../contracts/telemetry-rows.ts'
import { telemetryStoreContract } from '../contracts/telemetry-store.ts'
import { windowRow } from '../contracts/telemetry-store-windows.ts'
import { hasInfluxd, startInfluxServer, type InfluxServer } from '../support/influx-server.ts'
import { openInfluxSubject, placeAt, type InfluxSubject } from '../support/influx-stores.ts'
import { until } from '../support/product.ts'

const at = positionAt
const LATER = NOON + 400 * DAY

describe.skipIf(!hasInfluxd)(
  'InfluxDB 1.6.7 (influxd is not installed without the Debian package influxdb)',
  () => {
    let server: InfluxServer
    beforeAll(async () => {
      server = await startInfluxServer()
    })
    afterAll(async () => {
      await server.dispose()
    })

    const opened: InfluxSubject[] = []
    afterEach(async () => {
      for (const subject of opened.splice(0).reverse()) await subject.dispose()
    })

    async function subjectOn(
      influxd: InfluxServer,
      more: Partial<InfluxOptions> = {},
    ): Promise<InfluxSubject> {
      const subject = await openInfluxSubject(placeAt(influxd.url, influxd.token), more)
      opened.push(subject)
      return subject
    }

    async function withServer(
      options: Parameters<typeof startInfluxServer>[0],
      use: (influxd: InfluxServer) => Promise<void>,
    ): Promise<void> {
      const influxd = await startInfluxServer(options)
      try {
        await use(influxd)
      } finally {
        for (const subject of opened.splice(0).reverse()) await subject.dispose()
        await influxd.dispose()
      }
    }

    const open = () => openInfluxSubject(placeAt(server.url))
    telemetryStoreContract({ name: 'InfluxDB 1.6.7', open, keeps: true, runs: 5 })
    telemetryQueriesContract({ name: 'InfluxDB 1.6.7', open, keeps: true, runs: 3 })

    describe('a place for everything', () => {
      it('is made: a database, a policy for each level, floats only, two tags', async () => {
        const { store, database } = await subjectOn(server)
        await store.write(
          [
            reading(1, NOON, { power: 5, lamp_on: 1 }),
            reading(1, NOON + 1, { snr: -0 }, { simulated: true }),
          ],
          at(1),
          LATER,
        )
        for (const level of ['1m', '1h', '1d'] as const)
          await store.putWindows(level, lamp.id, [windowRow(lamp, NOON, { power: summaryOf(3) })])
        const policies = await server.ask(`SHOW RETENTION POLICIES ON "${database}"`)
        expect(
          policies.map((policy) => [policy['name'], policy['duration'], policy['default']]),
        ).toEqual([
          ['autogen', '0s', true],
          ['r1m', '0s', false],
          ['r1h', '0s', false],
          ['r1d', '0s', false],
        ])
        const fields = await server.ask(`SHOW FIELD KEYS ON "${database}"`)
        expect(new Set(fields.map((field) => field['fieldType']))).toEqual(new Set(['float']))
        const tags = await server.ask(`SHOW TAG KEYS ON "${database}" FROM "streetlight"`)
        expect(tags.map((tag) => tag['tagKey'])).toEqual(['device', 'division'])
        expect(
          await server.ask(
            `SELECT * FROM "${database}"."r1h"."streetlight_1h" WHERE "division" = '150802'`,
          ),
        ).toMatchObject([{ device: 'L1', power_sum: 3, power_count: 1, time: NOON }])
        expect(store.state()).toMatchObject({ state: 'ready', server: 'InfluxDB 1.6.7' })
      })

      it('is made again when a stranger has dropped it, under writes, windows and reads', async () => {
        const { store, database } = await subjectOn(server)
        await store.write([reading(1, NOON, { power: 1 })], at(1), LATER)
        await server.ask(`DROP DATABASE "${database}"`)
        await store.write([reading(2, NOON + 1, { power: 2 })], at(2), LATER)
        expect(await valuesOf(store, rowQuery())).toEqual([[NOON + 1, 2]])
        await server.ask(`DROP DATABASE "${database}"`)
        await store.putWindows('1h', lamp.id, [windowRow(lamp, NOON, { power: summaryOf(3) })])
        expect(await windowsOf(store, '1h', rowQuery(), [])).toHaveLength(1)
        await server.ask(`DROP DATABASE "${database}"`)
        expect(await valuesOf(store, rowQuery())).toEqual([])
        expect(await store.extent()).toBeNull()
        expect(store.state()).toMatchObject({ state: 'ready' })
      })

      it('is not made by a wrong token; the right one goes on where that one stood', async () => {
        await withServer({ auth: true }, async (influxd) => {
          const wrong = await openInfluxSubject(placeAt(influxd.url, 'admin:wrong password'))
          opened.push(wrong)
          const readings = [reading(1, NOON, { power: 1 }), reading(2, NOON + 1, { power: 2 })]
          const writing = wrong.store.write(readings, at(2), LATER)
          await expect(writing).rejects.toThrow(TelemetryUnavailable)
          expect(wrong.store.state()).toMatchObject({ state: 'unauthorized' })
          const told = `${String(await writing.catch((error: unknown) => error))} ${wrong.store.state().detail}`
          expect(told).toMatch(/401|authorization failed/)
          expect(told).not.toContain('wrong password')
          await expect(readingsOf(wrong.store, rowQuery())).rejects.toThrow(TelemetryUnavailable)

          const right = await wrong.reopen({ token: influxd.token })
          opened.push(right)
          await right.store.write(readings, at(2), LATER)
          expect(right.store.state()).toMatchObject({ state: 'ready' })
          expect(right.store.counts()).toMatchObject({ stored: 2, duplicate: 0, refused: 0 })
          expect(await valuesOf(right.store, rowQuery())).toHaveLength(2)
        })
      })
    })

    describe('what the server refuses', () => {
      it('of another field type: exactly those readings, with its message', async () => {
        const { store, database, refused } = await subjectOn(server)
        await store.write([reading(1, NOON - 30 * DAY, { power: 1 })], at(1), LATER)
        const path = `/write?db=${database}&precision=ms`
        const stranger = await server.write(path, `streetlight,device=X power="text" ${NOON}`)
        expect(stranger.status).toBe(204)
        await store.write(
          [
            reading(2, NOON + 1, { power: 1 }),
            reading(3, NOON + 2, { lamp_on: 1 }),
            reading(4, NOON - 30 * DAY + 1, { power: 2 }),
            reading(5, NOON + 3, { power: 1, lamp_on: 0 }, { device: 'L2' }),
            reading(6, NOON + 4, { lamp_on: 0 }, { device: 'L2' }),
          ],
          at(6),
          LATER,
        )
        expect(refused.map(({ device, ts }) => [device, ts])).toEqual([
          ['L1', NOON + 1],
          ['L2', NOON + 3],
        ])
        for (const { reason } of refused) expect(reason).toMatch(/field type conflict.*power/)
        expect(store.counts()).toEqual({ stored: 4, duplicate: 0, revised: 0, refused: 2 })
        expect(await valuesOf(store, rowQuery())).toEqual([
          [NOON - 30 * DAY, 1],
          [NOON - 30 * DAY + 1, 2],
        ])
        expect(await valuesOf(store, rowQuery({ metrics: ['lamp_on'] }))).toHaveLength(2)
      })

      it('older than it keeps: exactly those readings', async () => {
        const { store, database, refused } = await subjectOn(server)
        const now = Date.now()
        await store.write([reading(1, now, { power: 1 })], at(1), now)
        await server.ask(
          `ALTER RETENTION POLICY "autogen" ON "${database}" DURATION 10d SHARD DURATION 1d`,
        )
        const times = [now - 30 * DAY, now - HOUR, now - 20 * DAY, now - 2 * DAY]
        await store.write(
          times.map((ts, n) => reading(n + 2, ts, { power: n })),
          at(5),
          now,
        )
        expect(refused.map(({ ts }) => ts)).toEqual([now - 30 * DAY, now - 20 * DAY])
        for (const { reason } of refused) expect(reason).toMatch(/beyond retention policy/)
        expect(store.counts()).toEqual({ stored: 3, duplicate: 0, revised: 0, refused: 2 })
      })

      it('of 18,005 lines: the five, and a second delivery changes nothing', async () => {
        const { store, database, refused } = await subjectOn(server)
        await server.write(`/write?db=${database}&precision=ms`, `x v=1 1`)
        await store.write([], at(0), LATER)
        await store.write(
          [reading(1, NOON - 30 * DAY, { tilt: 1 }, { type: cover.id, device: 'C1' })],
          at(1),
          LATER,
        )
        await server.write(
          `/write?db=${database}&precision=ms`,
          `manhole-cover,device=X tilt="text" ${NOON + 20 * DAY}`,
        )
        const poison = new Set([7, 8, 5_000, 12_345, 18_004])
        const readings = Array.from({ length: 18_005 }, (_, n) =>
          poison.has(n)
            ? reading(n + 2, NOON + 20 * DAY + n, { tilt: 1 }, { type: cover.id, device: 'C1' })
            : reading(n + 2, NOON + n * 1000, { power: n }, { device: `L${n % 50}` }),
        )
        await store.write(readings, at(18_006), LATER)
        const expected = [...poison].map((n) => NOON + 20 * DAY + n)
        expect(refused.map(({ ts }) => ts)).toEqual(expected)
        for (const { reason } of refused) expect(reason).toMatch(/field type conflict/)
        expect(store.counts()).toEqual({ stored: 18_001, duplicate: 0, revised: 0, refused: 5 })
        await store.write(readings, at(18_006), LATER)
        expect(store.counts()).toEqual({ stored: 18_001, duplicate: 0, revised: 0, refused: 5 })
        const [count] = await server.ask(
          `SELECT count("power") FROM "${database}"."autogen"."streetlight"`,
        )
        expect(count?.['count']).toBe(18_000)
      })
    })

    describe('rollups over it', () => {
      const begin = Math.ceil(NOON / DAY) * DAY
      const minutesIn = async (store: TelemetryStore): Promise<number> =>
        (await windowsOf(store, '1m', rowQuery({ from: begin, to: begin + DAY }), [])).length

      /** Three hours of one lamp, a reading each five minutes. */
      async function feed(subject: InfluxSubject, rollups: Rollups): Promise<void> {
        for (let n = 0; n < 36; n++) {
          const ts = begin + n * 5 * MINUTE
          const one = reading(n + 1, ts, { power: n }, { receivedAt: ts })
          await subject.store.write([one], one.position, ts)
          rollups.took([one], one.position, ts)
          await rollups.work()
        }
        rollups.took([], at(36), begin + 3 * HOUR + 2 * MINUTE)
        await rollups.work()
      }

      async function rolledUp(): Promise<{ subject: InfluxSubject; rollups: Rollups }> {
        const subject = await subjectOn(server)
        const rollups = await openRollups({
          store: subject.store,
          file: `${subject.file}-rollups`,
          types: [lamp],
          windowAt: createLocalWindows('Asia/Shanghai'),
        })
        return { subject, rollups }
      }

      it('wait with windows that a stranger keeps from being stored, and make them once he has gone', async () => {
        const { subject, rollups } = await rolledUp()
        const { store, database } = subject
        await store.putWindows('1m', lamp.id, [
          windowRow(lamp, begin - DAY, { power: summaryOf(1) }),
        ])
        const path = `/write?db=${database}&rp=r1m&precision=ms`
        const stranger = await server.write(path, `streetlight_1m power_count="x" ${begin + DAY}`)
        expect(stranger.status).toBe(204)
        await feed(subject, rollups)
        expect(await minutesIn(store)).toBe(0)
        expect(rollups.through('1m')).toBe(begin + 3 * HOUR)
        expect(rollups.stale('1m', lamp.id, null, begin, begin + DAY)).toEqual([
          { start: begin, end: begin + 3 * HOUR },
        ])
        expect(rollups.stale('1h', lamp.id, null, begin, begin + DAY)).toEqual([])
        expect(rollups.status.dirty).toBe(3)
        const hours = rowQuery({ from: begin, to: begin + DAY })
        expect(await windowsOf(store, '1h', hours, [])).toHaveLength(3)
        expect(store.state()).toMatchObject({
          state: 'ready',
          detail: expect.stringMatching(/streetlight_1m; .*field type conflict/),
        })
        await server.ask(`DROP RETENTION POLICY "r1m" ON "${database}"`)
        await server.ask(
          `CREATE RETENTION POLICY "r1m" ON "${database}" DURATION INF REPLICATION 1`,
        )
        rollups.took([], at(36), begin + 5 * HOUR)
        await rollups.work()
        expect(await minutesIn(store)).toBe(36)
        expect(rollups.status.dirty).toBe(0)
        rollups.close()
      })

      it.each(['1m', '1h'] as const)('fill a level again that was dropped: %s', async (level) => {
        const { subject, rollups } = await rolledUp()
        const { store, database } = subject
        await feed(subject, rollups)
        const query = rowQuery({ from: begin, to: begin + DAY })
        const before = await windowsOf(store, level, query, [])
        expect(before).toHaveLength(level === '1m' ? 36 : 3)
        await server.ask(`DROP RETENTION POLICY "r${level}" ON "${database}"`)
        // A chart is the first to notice.
        expect(await windowsOf(store, level, query, [])).toEqual([])
        expect(store.lost?.()).toEqual([level])
        expect(rollups.through(level)).toBeLessThanOrEqual(begin)
        await rollups.work()
        expect(await windowsOf(store, level, query, [])).toEqual(before)
        expect(rollups.through('1m')).toBe(begin + 3 * HOUR)
        expect(store.lost?.()).toEqual([])
        rollups.close()
      })
    })

    it('gives the readings of one device under two divisions once each, in order', async () => {
      const { store, database } = await subjectOn(server)
      await store.write([reading(1, NOON, { power: 1 })], at(1), LATER)
      await server.write(
        `/write?db=${database}&precision=ms`,
        [
          `streetlight,device=L1,division=150821 lamp_on=1 ${NOON}`,
          `streetlight,device=L1,division=150821 power=2 ${NOON + 2}`,
          `streetlight,device=L1 power=3 ${NOON + 1}`,
          `streetlight,division=150821 power=9 ${NOON + 1}`,
        ].join('\n'),
      )
      expect(await readingsOf(store, rowQuery({ metrics: ['power', 'lamp_on'] }))).toEqual([
        { device: 'L1', ts: NOON, simulated: false, values: [1, 1] },
        { device: 'L1', ts: NOON + 1, simulated: false, values: [3, Number.NaN] },
        { device: 'L1', ts: NOON + 2, simulated: false, values: [2, Number.NaN] },
      ])
    })

    it('brings names through that look like something else', async () => {
      const { store } = await subjectOn(server)
      const names = [
        `'"; -- \${} ,= 中`,
        "x' OR 'a' = 'a",
        'back\\slash',
        '\\n',
        '$d',
        '"quoted"',
        'tab\tbed',
        '😀',
        '# no comment',
      ]
      await store.write(
        names.map((device, n) =>
          reading(n + 1, NOON, { power: n }, { device, division: `${device}%` }),
        ),
        at(names.length),
        LATER,
      )
      for (const [n, device] of names.entries()) {
        expect(await readingsOf(store, rowQuery({ devices: [device] }))).toEqual([
          { device, ts: NOON, simulated: false, values: [n] },
        ])
        const row = windowRow(lamp, NOON, { power: summaryOf(n) }, { device })
        for (let times = 0; times < 2; times++) {
          await store.putWindows('1m', lamp.id, [row])
          const query = rowQuery({ devices: [device] })
          expect(await windowsOf(store, '1m', query, [])).toMatchObject([{ device, start: NOON }])
        }
      }
      expect(await readingsOf(store, rowQuery())).toHaveLength(names.length)
      await server.ask('SHOW DATABASES')
    })

    describe('a server in trouble', () => {
      it('killed with -9 in mid-stream, twice: every reading is stored once', async () => {
        await withServer({}, async (influxd) => {
          const { store, database, refused } = await subjectOn(influxd, { requestTimeoutMs: 5_000 })
          const total = 60
          const perWrite = 500
          const kills = new Set([15, 35])
          const outages: Promise<void>[] = []
          for (let write = 0; write < total; write++) {
            const readings = streamOf(write, perWrite)
            if (kills.has(write)) outages.push(influxd.kill().then(() => influxd.start()))
            await persist(store, readings)
          }
          await Promise.all(outages)
          expect(refused).toEqual([])
          expect(store.counts()).toEqual({
            stored: total * perWrite,
            duplicate: 0,
            revised: 0,
            refused: 0,
          })
          const [count] = await influxd.ask(
            `SELECT count("power") FROM "${database}"."autogen"."streetlight"`,
          )
          expect(count?.['count']).toBe(total * perWrite)
          expect(store.state()).toMatchObject({ state: 'ready' })
        })
      })

      it('that comes up late: the store opens, waits and writes', async () => {
        await withServer({}, async (influxd) => {
          await influxd.stop()
          const subject = await subjectOn(influxd)
          const writing = subject.store.write([reading(1, NOON, { power: 1 })], at(1), LATER)
          await expect(writing).rejects.toThrow(TelemetryUnavailable)
          expect(subject.store.state()).toMatchObject({ state: 'unreachable' })
          await expect(readingsOf(subject.store, rowQuery())).rejects.toThrow(TelemetryUnavailable)
          await expect(subject.store.extent()).rejects.toThrow(TelemetryUnavailable)
          await influxd.start()
          await subject.store.write([reading(1, NOON, { power: 1 })], at(1), LATER)
          expect(subject.store.state()).toMatchObject({ state: 'ready', detail: null })
          expect(await valuesOf(subject.store, rowQuery())).toEqual([[NOON, 1]])
        })
      })

      it('that answers nothing for a while: slow, then ready, and each reading once', async () => {
        await withServer({}, async (influxd) => {
          const { store, database } = await subjectOn(influxd, { requestTimeoutMs: 400 })
          await store.write([reading(1, NOON, { power: 1 })], at(1), LATER)
          influxd.freeze()
          const second = [reading(2, NOON + 1, { power: 2 })]
          await expect(store.write(second, at(2), LATER)).rejects.toThrow(TelemetryUnavailable)
          expect(store.state()).toMatchObject({ state: 'slow' })
          await expect(readingsOf(store, rowQuery())).rejects.toThrow(/400 ms/)
          influxd.thaw()
          await persist(store, second)
          expect(store.state()).toMatchObject({ state: 'ready' })
          expect(store.counts()).toMatchObject({ stored: 2, duplicate: 0 })
          const [count] = await influxd.ask(
            `SELECT count("power") FROM "${database}"."autogen"."streetlight"`,
          )
          expect(count?.['count']).toBe(2)
        })
      })

      it('that has no memory left for writes: full, and nothing is refused', async () => {
        await withServer({ data: { 'cache-max-memory-size': 20_000 } }, async (influxd) => {
          const { store, refused } = await subjectOn(influxd)
          await expect(store.write(streamOf(0, 3_000), at(3_000), LATER)).rejects.toThrow(
            TelemetryUnavailable,
          )
          expect(store.state()).toMatchObject({
            state: 'full',
            detail: expect.stringContaining('cache-max-memory-size'),
          })
          expect(refused).toEqual([])
        })
      })
    })

    it('reads many rows in little memory, and gives them up in the middle', async () => {
      const { store } = await subjectOn(server)
      const devices = 400
      const perDevice = 600
      for (let write = 0; write < 60; write++) {
        const readings = Array.from({ length: (devices * perDevice) / 60 }, (_, n) => {
          const index = write * 4_000 + n
          const ts = NOON + Math.floor(index / devices) * MINUTE
          return reading(
            index + 1,
            ts,
            { power: n, lamp_on: 1, snr: 1 },
            { device: `L${index % devices}` },
          )
        })
        await store.write(readings, at((write + 1) * 4_000), LATER)
      }
      const query = rowQuery({ metrics: null })
      const collect = collector()
      collect()
      const before = process.memoryUsage().heapUsed
      let rows = 0
      let most = 0
      for await (const batch of store.readings(query)) {
        rows += batch.length
        if (rows % 20_000 > 4_096) continue
        collect()
        most = Math.max(most, process.memoryUsage().heapUsed - before)
      }
      expect(rows).toBe(devices * perDevice)
      // All of them at once would be some 60 MB.
      expect(most).toBeLessThan(20_000_000)
      for await (const batch of store.readings(query)) {
        expect(batch.length).toBeGreaterThan(0)
        break
      }
      expect(await readingsOf(store, rowQuery({ to: NOON + MINUTE }))).toHaveLength(devices)
    })

    it('keeps counters and their windows side by side with others', async () => {
      const { store, database } = await subjectOn(server)
      await store.putWindows('1d', meter.id, [
        windowRow(meter, NOON, {
          volume_total: { ...summaryOf(5), gained: 2 },
          pressure: summaryOf(1),
        }),
      ])
      const [row] = await server.ask(`SELECT * FROM "${database}"."r1d"."well-meter_1d"`)
      expect(row).toMatchObject({ volume_total_first: 5, volume_total_gained: 2, pressure_last: 1 })
      expect(row).not.toHaveProperty('pressure_first')
      expect(row).not.toHaveProperty('snr_count')
      expect(metricsOf(meter).length).toBeGreaterThan(2)
    })
  },
)

const foreign = process.env['HETAO_TEST_INFLUX_URL']
if (foreign !== undefined && foreign !== '') {
  const place = placeAt(
    foreign,
    process.env['HETAO_TEST_INFLUX_TOKEN'] ?? null,
    process.env['HETAO_TEST_INFLUX_ORG'] ?? null,
    process.env['HETAO_TEST_INFLUX_BUCKET'],
  )
  const open = () => openInfluxSubject(place)
  telemetryStoreContract({ name: 'the InfluxDB given', open, keeps: true, runs: 3 })
  telemetryQueriesContract({ name: 'the InfluxDB given', open, keeps: true, runs: 2 })
}

/** The `write`th part of an endless stream: its own positions, devices in turn, times that grow. */
function streamOf(write: number, count: number): Reading[] {
  return Array.from({ length: count }, (_, n) => {
    const index = write * count + n
    return reading(index + 1, NOON + index * 100, { power: index }, { device: `L${index % 40}` })
  })
}

/** As the telemetry writer does: the same write again until the store has it. */
async function persist(store: TelemetryStore, readings: readonly Reading[]): Promise<void> {
  const through = readings.at(-1)?.position ?? at(0)
  await until(
    'the store to take a write',
    async () => {
      try {
        await store.write(readings, through, LATER)
        return true
      } catch (error) {
        if (error instanceof TelemetryUnavailable) return false
        throw error
      }
    },
    60_000,
  )
}

/** Node's garbage collector, so that what is measured is what is held. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
