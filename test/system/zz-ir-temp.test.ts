import { afterAll, beforeAll } from 'vitest'
import { telemetryQueriesContract } from '../contracts/telemetry-queries.ts'
import { telemetryStoreContract } from '../contracts/telemetry-store.ts'
import { startInfluxServer, type InfluxServer } from '../support/influx-server.ts'
import { openInfluxSubject, placeAt } from '../support/influx-stores.ts'
let server: InfluxServer
beforeAll(async () => { server = await startInfluxServer() })
afterAll(async () => { await server.dispose() })
const open = () => openInfluxSubject(placeAt(server.url))
telemetryStoreContract({ name: 'I', open, keeps: true, runs: 40 })
telemetryQueriesContract({ name: 'I', open, keeps: true, runs: 90 })
