import type { Routes, ServiceContract } from '@plinth/contracts'
import {
  systemClock,
  type Clock,
  type HealthCheck,
  type IdempotencyStore,
  type Logger,
  type Worker,
} from '@plinth/kernel'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { AnyHandler, Handlers } from './ask.ts'
import { contractProblems } from './check-contract.ts'
import { addErrorHandling, onClientError, sendProblem, type RenderError } from './error-handling.ts'
import { readiness } from './health.ts'
import { addHooks, freshRequestId } from './hooks.ts'
import { identityVerifier } from './identity.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { watchOverload } from './overload.ts'
import { addRoutes } from './routes.ts'
import { closer } from './shutdown.ts'
import { startTracing } from './tracing.ts'

export type ServiceOptions<R extends Routes> = {
  name: string
  contract: ServiceContract<R>
  handlers: Handlers<R>
  logger: Logger
  config: { port: number; host: string; identityPublicKey: string; otlpUrl?: string }
  clock?: Clock
  health: readonly HealthCheck[]
  workers: readonly Worker[]
  /** Required when the contract has a route that honours `Idempotency-Key`. */
  idempotency?: IdempotencyStore
  /** Adds what no contract describes. Its routes ask for an identity unless their config says `permission: 'public'`. */
  register?: (app: FastifyInstance) => void | Promise<void>
  renderError?: RenderError
  /** Limits that tests shorten. */
  limits?: { heartbeatMs?: number; graceMs?: number; eventLoopDelayMaxMs?: number; healthDeadlineMs?: number }
}

export type RunningService = {
  url: string
  app: FastifyInstance
  /** Not ready at once; then ends streams, lets requests finish and stops the workers, 10 s at most. */
  close(): Promise<void>
}

/**
 * A service, listening: the contract's routes with their checks, `/healthz`, `/readyz`, `/metrics`, and the workers
 * started. Throws when contract and handlers do not fit, or when a route is not guarded.
 *
 * Measured on 2 busy cores, three rounds side by side, 20 connections: 10,000 to 17,400 requests a second with every
 * check on, against 17,500 to 34,200 of bare Fastify with a response schema: 0.35 to 0.6 of it.
 */
export async function service<R extends Routes>(options: ServiceOptions<R>): Promise<RunningService> {
  const { name, contract, logger, config, clock = systemClock, limits = {} } = options
  const handlers = options.handlers as unknown as Readonly<Record<string, AnyHandler>>
  refuseBrokenContract(options, handlers)

  const running = new Map<FastifyRequest, FastifyReply>()
  const metrics = createMetrics(name)
  const overload = watchOverload(limits.eventLoopDelayMaxMs ?? 1_000)
  const tracing = await startTracing(`plinth-${name}`, config.otlpUrl)
  const state = { closing: false }

  const app = buildApp(Object.values(contract.routes).map(({ timeoutMs = 0 }) => timeoutMs))
  app.decorateRequest('state')
  addHooks(app, {
    clock,
    logger,
    metrics,
    overload,
    tracing,
    verify: identityVerifier(config.identityPublicKey),
    running,
  })
  addErrorHandling(app, Object.values(contract.routes), options.renderError)
  addOperationalRoutes(app, metrics, () =>
    state.closing ? undefined : readiness(options.health, limits.healthDeadlineMs),
  )
  addRoutes(app, contract.routes, handlers, {
    logger,
    idempotency: options.idempotency,
    heartbeatMs: limits.heartbeatMs ?? 15_000,
  })
  if (options.register !== undefined) await app.register(async (scope) => options.register?.(scope))

  const started: Worker[] = []
  const close = closer({ app, running, workers: started, logger, graceMs: limits.graceMs ?? 10_000 }, async () => {
    overload.stop()
    await tracing.stop()
  })
  const closeOnce = once(async () => {
    state.closing = true
    await close()
  })
  try {
    await app.ready()
    for (const worker of options.workers) {
      await worker.start()
      started.push(worker)
    }
    const url = await app.listen({ port: config.port, host: config.host })
    logger.info({ url, routes: Object.keys(contract.routes).length }, `${name} listens`)
    return { url, app, close: closeOnce }
  } catch (error) {
    await closeOnce()
    throw error
  }
}

function refuseBrokenContract<R extends Routes>(
  options: ServiceOptions<R>,
  handlers: Readonly<Record<string, unknown>>,
): void {
  const { name, contract } = options
  const problems = contractProblems(contract.routes, handlers)
  const needsStore = Object.values(contract.routes).some((spec) => spec.idempotent === true)
  if (needsStore && options.idempotency === undefined)
    problems.push('a route honours Idempotency-Key, but there is no idempotency store')
  if (problems.length === 0) return
  throw new Error(`The contract of ${name} can't be served:\n${problems.map((line) => `  - ${line}`).join('\n')}`)
}

const secondsMs = 1_000

/** Fastify with every limit set: its own defaults leave a slow request and an idle socket open for ever. */
function buildApp(timeoutsMs: readonly number[]): FastifyInstance {
  return fastify({
    logger: false,
    genReqId: freshRequestId,
    routerOptions: { maxParamLength: 400 },
    // The whole of a request, uploads of large artifacts included; JSON routes end theirs at their own deadline.
    requestTimeout: 15 * 60 * secondsMs,
    // A socket on which nothing moves. Longer than any handler may think; event streams send a heartbeat.
    connectionTimeout: Math.max(120 * secondsMs, ...timeoutsMs.map((timeoutMs) => timeoutMs + 30 * secondsMs)),
    keepAliveTimeout: 72 * secondsMs,
    http: { maxHeaderSize: 32_768, headersTimeout: 20 * secondsMs },
    forceCloseConnections: 'idle',
    // While closing, what still comes over an open connection is served and the connection then closed: refusing it
    // would fail a request that the gateway sent in good faith.
    return503OnClosing: false,
    clientErrorHandler: onClientError,
    frameworkErrors: (error, request, reply) => void sendProblem(request, reply, error),
  })
}

function addOperationalRoutes(
  app: FastifyInstance,
  metrics: Metrics,
  ready: () => ReturnType<typeof readiness> | undefined,
): void {
  const config = { operational: true }
  app.get('/healthz', { config }, () => ({ alive: true }))
  app.get('/readyz', { config }, async (_request, reply) => {
    const answer = (await ready()) ?? { ready: false, failed: [{ name: 'service', reason: 'is shutting down' }] }
    return reply.code(answer.ready ? 200 : 503).send(answer)
  })
  app.get('/metrics', { config }, async (_request, reply) =>
    reply.header('content-type', metrics.contentType).send(await metrics.text()),
  )
}

function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined
  return () => (result ??= work())
}
