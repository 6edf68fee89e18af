// The HTTP API: one Fastify instance, its guards in order, and the resources. Opens no socket before `listen`.

import { randomBytes, randomUUID } from 'node:crypto'
import { fastifyCookie } from '@fastify/cookie'
import fastify, { LogController } from 'fastify'
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { denyByDefault } from './access.ts'
import { alertRoutes } from './alerts.ts'
import { createAttempts } from './attempts.ts'
import { readBodies } from './bodies.ts'
import { guardBrowsers } from './browser-guards.ts'
import { caseEventRoutes } from './case-events.ts'
import { deviceCredentialRoutes } from './device-credentials.ts'
import { deviceErrorRoutes } from './device-errors.ts'
import { deviceRoutes, deviceUploadRoutes } from './devices.ts'
import { docsPage } from './docs-page.ts'
import { answer, answerBrokenRequest, answerErrors } from './error-answers.ts'
import { exportRoutes } from './export.ts'
import { healthRoutes } from './health.ts'
import { ingestRoutes } from './ingest.ts'
import { integrationRoutes } from './integrations.ts'
import { latestListRoutes } from './latest-list.ts'
import { createLiveFeed } from './live-feed.ts'
import { metricRoutes } from './metrics.ts'
import { describeApi } from './openapi.ts'
import { checkOwnAddress } from './own-address.ts'
import { servePages } from './pages.ts'
import type { Api, ApiParts } from './parts.ts'
import { pipelineRoutes } from './pipeline-status.ts'
import { createTokenCheck, identifyPrincipals } from './principal.ts'
import { pushRoutes } from './push.ts'
import { signedPushRoutes } from './push-signed.ts'
import { quarantineRoutes } from './quarantine.ts'
import { createQuestions } from './questions.ts'
import { referenceRoutes } from './reference.ts'
import { limitRequests } from './request-limits.ts'
import { retentionRoutes } from './retention.ts'
import { createRouteTable } from './route-table.ts'
import type { Server } from './server.ts'
import { sessionRoutes, signInLink } from './session-routes.ts'
import { createSessions } from './sessions.ts'
import { strangerRoutes } from './strangers.ts'
import { streamRoutes, type Streams } from './stream.ts'
import { telemetryGroupRoutes } from './telemetry-groups.ts'
import { telemetryOfManyRoutes } from './telemetry-of-many.ts'
import { telemetryRoutes } from './telemetry.ts'
import { ticketRoutes } from './tickets.ts'
import { createTimes } from './times.ts'
import { typeRoutes } from './types.ts'
import { logWrites } from './write-log.ts'

/** Requests under way get this long to end when the API closes. */
const CLOSE_GRACE_MS = 5000

/** Questions about many devices under way at once: each may hold a whole answer in memory. */
const QUESTIONS_MAX = 16

/** Those about one device, and to retention: small, and a page of charts asks many. */
const CHART_QUESTIONS_MAX = 256

export async function createApi(parts: ApiParts): Promise<Api> {
  const { clock, log, publicUrl } = parts
  const isHttps = publicUrl?.startsWith('https:') === true
  const times = createTimes(parts.timeZone)
  const epoch = `${clock.now().toString(36)}${randomBytes(3).toString('hex')}`
  const feed = createLiveFeed({
    clock,
    times,
    epoch,
    onFailed: (error) => log.error({ err: error }, 'cannot make a batch of changes'),
  })
  const chartQuestions = createQuestions({
    clock,
    max: CHART_QUESTIONS_MAX,
    what: 'questions about one device',
  })
  const questions = createQuestions({
    clock,
    max: QUESTIONS_MAX,
    what: 'questions about many devices',
  })
  const signIn = {
    tokens: createTokenCheck(parts.adminToken),
    accounts: parts.accounts,
    sessions: createSessions({ clock, isHttps }),
    attempts: createAttempts({
      clock,
      onSlowed: (address) => log.warn({ address }, 'too many wrong credentials'),
    }),
  }
  const app = createServer(parts)
  const stopFeeding = parts.onChanges((changes) => feed.publish(changes))

  // The order of the guards is the order of the questions: for us? from whom? allowed? from where? readable? not too often?
  answerErrors(app, createRouteTable(app))
  await app.register(fastifyCookie)
  await guardBrowsers(app, isHttps)
  const ownAddress = checkOwnAddress(app, publicUrl)
  identifyPrincipals(app, signIn)
  denyByDefault(app)
  ownAddress.checkOrigins()
  readBodies(app)
  await limitRequests(app)
  await describeApi(app)
  logWrites(app, log)

  let streams: Streams | null = null
  healthRoutes(app, parts)
  metricRoutes(app, parts, () => streams?.count() ?? 0)
  docsPage(app)
  signInLink(app, parts.signInKey, signIn)
  await app.register(
    async (v1: Server) => {
      sessionRoutes(v1, parts, signIn)
      typeRoutes(v1, parts)
      referenceRoutes(v1, parts)
      deviceRoutes(v1, parts, times)
      deviceCredentialRoutes(v1, parts)
      deviceErrorRoutes(v1, parts, times)
      strangerRoutes(v1, parts, times)
      integrationRoutes(v1, parts, times)
      telemetryRoutes(v1, parts, times, chartQuestions)
      telemetryOfManyRoutes(v1, parts, times, questions)
      telemetryGroupRoutes(v1, parts, times, questions)
      latestListRoutes(v1, parts, times)
      retentionRoutes(v1, parts, times, chartQuestions)
      exportRoutes(v1, parts, times)
      alertRoutes(v1, parts, times, feed)
      ticketRoutes(v1, parts, times)
      quarantineRoutes(v1, parts, times)
      pipelineRoutes(v1, parts, times)
      streams = streamRoutes(v1, parts, times, feed)
      await v1.register(async (scope: Server) => deviceUploadRoutes(scope, parts, times))
      await v1.register(async (scope: Server) => ingestRoutes(scope, parts))
      await v1.register(async (scope: Server) => pushRoutes(scope, parts))
      await v1.register(async (scope: Server) => signedPushRoutes(scope, parts))
      await v1.register(async (scope: Server) => caseEventRoutes(scope, parts))
    },
    { prefix: '/api/v1' },
  )
  if (parts.pagesDirectory !== null) await servePages(app, parts.pagesDirectory)
  app.addHook('preClose', (done) => {
    stopFeeding()
    feed.close()
    streams?.close()
    done()
  })
  await app.ready()

  return {
    app,
    async listen({ host, port }) {
      await app.listen({ host, port })
      const address = app.server.address()
      if (address === null || typeof address === 'string')
        throw new TypeError(`Cannot tell where the API listens: got ${String(address)}`)
      ownAddress.listening(host)
      ownAddress.listening(address.address)
      return { host: address.address, port: address.port }
    },
    async close() {
      const cancel = clock.after(CLOSE_GRACE_MS, () => app.server.closeAllConnections())
      await app.close()
      cancel()
    },
  }
}

function createServer(parts: ApiParts): Server {
  const app: Server = fastify({
    // What is worth a line is written by write-log.ts and error-answers.ts; of Fastify's own words only warnings are.
    loggerInstance: parts.log.child({}, { level: atLeastWarn(parts.log.level) }),
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'requestId',
    }),
    genReqId: () => randomUUID(),
    requestTimeout: 30_000,
    http: { maxHeaderSize: 16 * 1024, headersTimeout: 10_000, connectionsCheckingInterval: 2000 },
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (error, request, reply) => void answer(error, request, reply),
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  // Views are built field by field from checked state; checking 50,000 points once more would only cost time.
  app.setSerializerCompiler(() => (body) => JSON.stringify(body))
  return app
}

function atLeastWarn(level: string): 'warn' | 'error' | 'fatal' | 'silent' {
  return level === 'error' || level === 'fatal' || level === 'silent' ? level : 'warn'
}
