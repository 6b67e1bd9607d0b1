import type { RouteSpec, ServiceContract } from '@plinth/contracts'
import type { RequestSpan, Tracing } from '@plinth/service'
import findMyWay from 'find-my-way'
import type { IncomingMessage } from 'node:http'
import type { UpstreamName } from '../config.ts'
import type { RequestLog } from '../door/request-log.ts'
import { BoundedMap } from '../limits/bounded-table.ts'
import type { Admit, Remembered } from '../policy/admit.ts'
import { forwarder } from './forward.ts'
import { callersRequestId } from './headers.ts'
import type { OpenStreams } from './open-streams.ts'
import type { Passage } from './passage.ts'
import type { SignFor } from './signed-identity.ts'
import type { Upstreams } from './upstreams.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: string
    service?: string
    /** Health and metrics: nobody has to say who he is, and no line is logged. */
    operational?: boolean
  }
}

export type ForwardParts = {
  admitFor(operation: string, spec: RouteSpec): Admit
  upstreams: Upstreams
  streams: OpenStreams
  signFor: SignFor
  log: RequestLog
  tracing: Tracing
  now: () => number
  /** Asked before anything else is: throws where the caller, or all of them, have asked for too much. */
  enter: (request: Passage) => void
}

/** What a method and a path ask of a service; kept for the next that ask the same. */
export type Target = Remembered & {
  readonly route: ForwardedRoute
  readonly params: Readonly<Record<string, string>>
}

export type Forward = {
  /** The same target as that of a request before, which was looked at by all who look at targets. */
  known(request: IncomingMessage): Target | undefined
  /** The target, if a service has such a route; else it is for whoever comes after. */
  find(request: IncomingMessage): Target | undefined
}

/** What is known of a route before any request, so that nothing is looked up while one is on its way. */
export type ForwardedRoute = Pick<ForwardParts, 'streams' | 'signFor' | 'now' | 'enter'> & {
  readonly operation: string
  readonly service: string
  readonly isStream: boolean
  readonly admit: Admit
  readonly forward: ReturnType<typeof forwarder>
  readonly answerId: typeof callersRequestId | undefined
  /** Only there when spans are made. */
  readonly startSpan: ((passage: Passage) => RequestSpan) | undefined
  readonly ended: RequestLog['ended']
}

const ownService = 'gateway'
/** Paths that are remembered for each method; what the router and the contract made of them is some 500 bytes each. */
const targetsMax = 4_096
const knownLengthMax = 256
const handler = (): void => undefined

/**
 * A guarded way to every route of every other service, made from the contracts alone. These requests don't go through
 * Fastify, whose lifecycle costs as much as all that is done here; its router, and everything that guards its routes, are
 * the same. What the gateway serves itself is known to the router too, so that no path of a service can hide it.
 */
export function forwardRoutes(contracts: readonly ServiceContract[], parts: ForwardParts): Forward {
  const router = findMyWay({ maxParamLength: 400, querystringParser: handler })
  const targets = new Map<string, BoundedMap<Target>>([['HEAD', new BoundedMap(targetsMax)]])
  for (const { service, routes } of contracts) {
    for (const [operation, spec] of Object.entries(routes)) {
      const route = service === ownService ? undefined : forwardedRoute(operation, service, spec, parts)
      router.on(spec.method, spec.path, handler, route)
      if (!targets.has(spec.method)) targets.set(spec.method, new BoundedMap(targetsMax))
      if (spec.method === 'GET' && (spec.kind ?? 'json') === 'json') router.on('HEAD', spec.path, handler, route)
    }
  }
  return {
    known: ({ method = '', url = '' }) => (url.length <= knownLengthMax ? targets.get(method)?.get(url) : undefined),
    find({ method = '', url = '' }) {
      const found = router.find(method as findMyWay.HTTPMethod, url)
      const route = found?.store as ForwardedRoute | undefined
      if (found === null || route === undefined || route === null) return undefined
      const target = { route, params: found.params as Target['params'] }
      // Queries are many, and lead nowhere else.
      if (url.length <= knownLengthMax && !url.includes('?')) targets.get(method)?.set(url, target)
      return target
    },
  }
}

function forwardedRoute(operation: string, service: string, spec: RouteSpec, parts: ForwardParts): ForwardedRoute {
  const { streams, signFor, now, enter, log, tracing } = parts
  const routeOptions = { url: spec.path, config: { operation, untraced: spec.untraced === true } }
  return {
    operation,
    service,
    isStream: spec.kind === 'sse',
    admit: parts.admitFor(operation, spec),
    forward: forwarder(spec, parts.upstreams.of(service as UpstreamName)),
    answerId: spec.protocol === 'authzen' ? callersRequestId : undefined,
    startSpan: tracing.isOn
      ? ({ method, url, headers }) => tracing.start({ method, url, headers, routeOptions })
      : undefined,
    ended: log.ended,
    streams, signFor, now, enter,
  } // prettier-ignore
}
