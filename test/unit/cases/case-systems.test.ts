// Both ways to the simulated office keep to the contract: the webhook over real sockets, and the one in process.

import { systemClock } from '../../../src/clock.ts'
import { createWebhook } from '../../../src/cases/webhook.ts'
import { startCaseSystem } from '../../../simulators/case-system/server.ts'
import { createSimulatedCases } from '../../../simulators/case-system/simulated-cases.ts'
import { caseSystemContract } from '../../contracts/case-system.ts'
import { reportOf } from './support.ts'

const SECRET = 'whsec_c2VjcmV0LW9mLXRoZS1jb250cmFjdC10ZXN0'
const TIMEOUT_MS = 250

caseSystemContract(
  'webhook',
  async () => {
    const office = await startCaseSystem({
      host: '127.0.0.1',
      port: 0,
      secret: SECRET,
      inboundSecret: 'another-secret-for-events',
      clock: systemClock,
      seed: 1,
    })
    return {
      cases: createWebhook({
        url: office.url,
        secret: SECRET,
        clock: systemClock,
        timeoutMs: TIMEOUT_MS,
      }),
      control: (patch) => office.control(patch),
      filed: () => office.cases(),
      bodiesChanged: () => office.counters().bodiesChanged,
      close: () => office.close(),
    }
  },
  reportOf,
)

caseSystemContract(
  'simulated in process',
  () => {
    const office = createSimulatedCases({ clock: systemClock, seed: 1, timeoutMs: TIMEOUT_MS })
    return Promise.resolve({
      cases: office,
      control: (patch) => office.control(patch),
      filed: () => office.cases(),
      bodiesChanged: () => office.counters().bodiesChanged,
      close() {
        office.close()
        return Promise.resolve()
      },
    })
  },
  reportOf,
)
