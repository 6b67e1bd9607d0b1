import type { RouteSpec } from '@plinth/contracts'
import type { Clock } from '@plinth/kernel'
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { RequestFacts } from '../door/request-log.ts'
import type { GatewayConfig } from '../config.ts'
import { addressLimits } from './address-limits.ts'
import { clientAddressOf } from './client-address.ts'
import { shedding } from './shedding.ts'
import { subjectLimits, type CountIn } from './subject-limits.ts'

/** As much of a request as is looked at before anything else is, whoever carries it. */
export type Entering = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly socket: Pick<Socket, 'remoteAddress'>
  readonly facts: RequestFacts
}

export type Limits = {
  /** Notes from where a request comes; throws where the caller, or all of them, have asked for too much. */
  enter(request: Entering): void
  /** For requests of one route, once it is known who asks. */
  forRoute(spec: RouteSpec): CountIn
  stop(): void
}

/** Where somebody may try who he is; each way to ask for it, be it by a form, a code or a provider. */
const signInPaths = /^\/auth\/(?:sessions|portal-session|device_authorization|oidc)(?:[/?]|$)/

/** All that the gateway refuses for being too much, before and after it knows who asks. */
export function gatewayLimits(config: GatewayConfig, clock: Clock): Limits {
  const now = (): number => clock.monotonicMs()
  const addressOf = clientAddressOf(config.trustedProxies)
  const load = shedding(config.eventLoopDelayMsMax)
  const { take, takeSignIn } = addressLimits({
    requestsPerSecond: config.requestsPerSecond, signInsPerMinute: config.signInsPerMinute,
  }, now) // prettier-ignore
  const forRoute = subjectLimits({
    readsPerSecond: config.readsPerSecond, writesPerSecond: config.writesPerSecond,
    streamsPerSecond: config.streamsPerSecond, requestsMax: config.requestsAtOnceMax, streamsMax: config.streamsMax,
  }) // prettier-ignore
  return {
    enter(request) {
      load.refuse()
      const { method, url, facts } = request
      const address = addressOf(request)
      facts.address = address
      take(address, facts.startedAtMs)
      const isTry = method === 'POST' || url.startsWith('/auth/oidc/')
      if (isTry && signInPaths.test(url)) takeSignIn(address, facts.response)
    },
    forRoute,
    stop: load.stop,
  }
}
