import { connectBus, type Bus } from '@plinth/bus'
import { contracts, type RouteSpec, type ServiceContract } from '@plinth/contracts'
import { systemClock, type Clock, type Logger, type Worker } from '@plinth/kernel'
import { startTracing } from '@plinth/service'
import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from './config.ts'
import { decisionLog, type DecisionLogOptions } from './decisions/decision-log.ts'
import { addOperationalRoutes } from './door/operational.ts'
import { serveMetrics } from './door/metrics-server.ts'
import { unknownRoute } from './door/problems.ts'
import { refuseSlowBody } from './door/slow-body.ts'
import { addRequestLog } from './door/request-log.ts'
import { addRequestSpans } from './door/request-spans.ts'
import { frontDoor } from './door/server.ts'
import { forwardRoutes } from './forward/forward-routes.ts'
import { openStreams } from './forward/open-streams.ts'
import { identitySigner } from './forward/signed-identity.ts'
import { upstreams } from './forward/upstreams.ts'
import { accessTokenReader } from './identity/access-token.ts'
import { authenticator } from './identity/authenticate.ts'
import { browserCheck, originCheck } from './identity/csrf.ts'
import { endedCredentials } from './identity/ended-credentials.ts'
import { opaqueCredentials } from './identity/opaque-credentials.ts'
import { portalSession } from './identity/portal-session.ts'
import { providerSignIn } from './identity/provider-sign-in.ts'
import { signatureVerifier } from './identity/signature-verifier.ts'
import { signingKeyCache } from './identity/signing-keys.ts'
import { addOwnRoutes } from './own-routes.ts'
import { admission } from './policy/admit.ts'
import { gatewayLimits, type Limits } from './limits/limits.ts'
import { livePolicy } from './policy/live-policy.ts'
import { refuseUnguardedRoutes } from './policy/route-check.ts'
import { portalFiles } from './portal/portal-files.ts'
import { closer } from './shutdown.ts'

export type Gateway = { url: string; metricsUrl: string; app: FastifyInstance; close(): Promise<void> }
/** What tests hand in instead of the real thing. */
export type GatewayOptions = {
  clock?: Clock
  contracts?: Readonly<Record<string, ServiceContract>>
  policyCheckMs?: number
  decisions?: Pick<DecisionLogOptions, 'keptMax'>
}

/** The front door, listening. Refuses to start with a route that nobody guards. */
export async function startGateway(
  config: GatewayConfig,
  logger: Logger,
  options: GatewayOptions = {},
): Promise<Gateway> {
  const { clock = systemClock, contracts: served = contracts, policyCheckMs, decisions } = options
  refuseUnguardedRoutes(served)
  const bus = await connectBus({
    url: config.natsUrl, user: config.natsUser, password: config.natsPassword, name: 'gateway', logger,
  }) // prettier-ignore
  try {
    return await assemble(config, logger, { clock, served, bus, policyCheckMs, decisions })
  } catch (error) {
    await bus.close()
    throw error
  }
}

type Given = {
  clock: Clock
  served: Readonly<Record<string, ServiceContract>>
  bus: Bus
  policyCheckMs: number | undefined
  decisions: GatewayOptions['decisions']
}

async function assemble(config: GatewayConfig, logger: Logger, given: Given): Promise<Gateway> {
  const { clock, bus, served, policyCheckMs } = given
  const app = frontDoor(config)
  const log = addRequestLog(app, logger, clock)
  app.door.onRefused = log.refused
  const limits = gatewayLimits(config, clock)
  const tracing = await startTracing('plinth-gateway', config.otlpUrl)
  addRequestSpans(app, tracing)
  const verify = await signatureVerifier(app, config.publicUrl)

  const policy = livePolicy({
    bus, clock, logger, staleSeconds: config.policyStaleSeconds, ...(policyCheckMs !== undefined && { checkEveryMs: policyCheckMs }),
  }) // prettier-ignore
  const ended = endedCredentials(bus, clock, logger)
  const decisions = decisionLog({ bus, clock, logger, sampleEvery: config.decisionSample, ...given.decisions })
  const isOwnOrigin = originCheck(config.publicUrl, config.allowedOrigins)
  const authenticate = authenticator({
    readAccessToken: accessTokenReader({ keys: signingKeyCache(bus, clock), verify, clock }),
    resolveOpaque: opaqueCredentials(bus, clock),
    checkBrowser: browserCheck(isOwnOrigin),
    isEnded: ended.has,
    clock,
  })
  const streams = openStreams({ policy, ended, now: () => clock.now().getTime() })
  const signFor = identitySigner(config.identityPrivateKey, clock)
  const services = upstreams(config.upstreams)
  const admitFor = (operation: string, spec: RouteSpec) =>
    admission({ authenticate, policy, decisions, limits }, operation, spec)

  limitOwnRoutes(app, limits)
  const session = portalSession({
    bus, clock, signFor, ended, isOwnOrigin, authorization: services.of('authorization'),
  }) // prettier-ignore
  const signIn = providerSignIn({ bus, clock })
  addOwnRoutes(app, { admitFor, bus, policy, streams, session, signIn, publicUrl: config.publicUrl })
  app.door.forward = forwardRoutes(Object.values(served), {
    admitFor, upstreams: services, streams, signFor, log, tracing, now: () => clock.monotonicMs(), enter: limits.enter,
  }) // prettier-ignore
  addOperationalRoutes(app, [bus.health, policy.health])
  const portal = await portalFiles(app, config.portalDir)
  const known = Object.values(served).flatMap(({ routes }) => Object.values<RouteSpec>(routes))
  const unknown = unknownRoute(app, known)
  app.setNotFoundHandler(async (request, reply) => ((await portal(request, reply)) ? reply : unknown(request, reply)))

  const workers: Worker[] = [...policy.workers, ended.worker, decisions.worker, streams.worker]
  for (const worker of workers) await worker.start()
  const metrics = await serveMetrics(log, config)
  const url = await app.listen({ port: config.port, host: config.host })
  logger.info({ url, routes: known.length }, 'gateway listens')
  const after = (): Promise<unknown> => {
    limits.stop()
    return Promise.all([services.close(), bus.close(), tracing.stop(), metrics.close()])
  }
  return {
    url,
    metricsUrl: metrics.url,
    app,
    close: closer({ app, workers, logger, after }),
  }
}

/** What is not forwarded is let in by the same limits; health is nobody's to limit. */
function limitOwnRoutes(app: FastifyInstance, { enter }: Limits): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.operational === true) return done()
    try {
      enter(request)
      refuseSlowBody(request, reply)
      done()
    } catch (error) {
      done(error as Error)
    }
  })
}
