// What every case system adapter keeps to, whatever the wire: run by each adapter's test against a simulated office.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CaseReport } from '../../src/core/tickets/ticket.ts'
import type { CaseSystem } from '../../src/ports.ts'

export interface CaseSystemUnderTest {
  readonly cases: CaseSystem
  /** Tells the office behind it how to behave; settings not named stay as they are. */
  control(patch: {
    readonly failShare?: number
    readonly failStatus?: number
    readonly retryAfterSeconds?: number | null
    readonly refuseShare?: number
    readonly silentShare?: number
    readonly dropShare?: number
    readonly repeatStatus?: 200 | 409
    readonly delayMs?: number
    readonly down?: boolean
  }): void
  filed(): readonly { readonly caseNo: string; readonly externalId: string }[]
  bodiesChanged(): number
  close(): Promise<void>
}

/** `open` makes an adapter that waits a few hundred milliseconds at most for an answer. */
export function caseSystemContract(
  name: string,
  open: () => Promise<CaseSystemUnderTest>,
  reportOf: (ticketId: string) => CaseReport,
): void {
  describe(`case system contract: ${name}`, () => {
    let office: CaseSystemUnderTest
    const file = (ticketId: string, signal = new AbortController().signal) =>
      office.cases.file(ticketId, reportOf(ticketId), signal)

    beforeEach(async () => {
      office = await open()
    })
    afterEach(() => office.close())

    it('files a ticket and tells its case number', async () => {
      const outcome = await file('t-1')
      expect(office.filed()).toMatchObject([{ externalId: 't-1' }])
      expect(outcome).toEqual({ kind: 'accepted', caseNo: office.filed()[0]?.caseNo })
    })

    it('gives different tickets different cases', async () => {
      const outcomes = await Promise.all(['t-1', 't-2', 't-3'].map((id) => file(id)))
      expect(new Set(outcomes.map((o) => (o.kind === 'accepted' ? o.caseNo : '')))).toHaveLength(3)
    })

    it.each([200, 409] as const)('takes a repetition answered %i as filed', async (status) => {
      office.control({ repeatStatus: status })
      const first = await file('t-1')
      expect(first.kind).toBe('accepted')
      expect(await file('t-1')).toEqual(first)
      expect(office.filed()).toHaveLength(1)
      expect(office.bodiesChanged()).toBe(0)
    })

    it.each([{ silentShare: 1 }, { dropShare: 1 }])(
      'finds the case of a delivery that was taken and not answered (%o)',
      async (trouble) => {
        office.control(trouble)
        expect(await file('t-1')).toMatchObject({ kind: 'retry', retryAfterMs: null })
        expect(office.filed()).toHaveLength(1)
        office.control({ silentShare: 0, dropShare: 0 })
        expect(await file('t-1')).toEqual({ kind: 'accepted', caseNo: office.filed()[0]?.caseNo })
        expect(office.filed()).toHaveLength(1)
      },
    )

    it.each([429, 500, 502, 503])('wants another try after %i', async (failStatus) => {
      office.control({ failShare: 1, failStatus })
      const outcome = await file('t-1')
      expect(outcome).toMatchObject({ kind: 'retry', retryAfterMs: null })
      expect(outcome.kind === 'retry' && outcome.error).toContain(String(failStatus))
      expect(office.filed()).toHaveLength(0)
    })

    it('passes on how long to wait', async () => {
      office.control({ failShare: 1, failStatus: 429, retryAfterSeconds: 30 })
      expect(await file('t-1')).toMatchObject({ kind: 'retry', retryAfterMs: 30_000 })
    })

    it('tells the reason of a refusal for good', async () => {
      office.control({ refuseShare: 1 })
      const outcome = await file('t-1')
      expect(outcome.kind).toBe('rejected')
      expect(outcome.kind === 'rejected' && outcome.error).toMatch(/422.*不予受理/)
      expect(office.filed()).toHaveLength(0)
    })

    it('wants another try when the other side is down', async () => {
      office.control({ down: true })
      expect(await file('t-1')).toMatchObject({ kind: 'retry' })
    })

    it('gives up when told to while it waits', async () => {
      office.control({ silentShare: 1 })
      const giveUp = new AbortController()
      const pending = file('t-1', giveUp.signal)
      giveUp.abort()
      expect(await pending).toMatchObject({ kind: 'retry' })
    })

    it('files nothing when told to give up beforehand', async () => {
      expect(await file('t-1', AbortSignal.abort())).toMatchObject({ kind: 'retry' })
      expect(office.filed()).toHaveLength(0)
    })
  })
}
