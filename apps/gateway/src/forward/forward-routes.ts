import type { RouteSpec, ServiceContract } from '@plinth/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { UpstreamName } from '../config.ts'
import { sendProblem, writeProblem } from '../door/problems.ts'
import type { Admit, Admitted } from '../policy/admit.ts'
import { forwarder } from './forward.ts'
import { callersRequestId, requestHeaders } from './headers.ts'
import type { OpenStreams } from './open-streams.ts'
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
}

/** A guarded way to every route of every other service, made from the contracts alone. */
export function addForwardRoutes(
  app: FastifyInstance,
  contracts: readonly ServiceContract[],
  parts: ForwardParts,
): void {
  void app.register((scope, _options, done) => {
    // The body stays in the socket, whatever its type, until it is forwarded.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null, undefined))
    for (const { service, routes } of contracts) {
      for (const [operation, spec] of Object.entries(routes)) {
        scope.route({
          method: spec.method,
          url: spec.path,
          exposeHeadRoute: (spec.kind ?? 'json') === 'json',
          // Counted where the body is forwarded.
          bodyLimit: Number.MAX_SAFE_INTEGER,
          config: { operation, service, untraced: spec.untraced === true },
          handler: forwardHandler(operation, service as UpstreamName, spec, parts),
        })
      }
    }
    done()
  })
}

function forwardHandler(operation: string, service: UpstreamName, spec: RouteSpec, parts: ForwardParts) {
  const admit = parts.admitFor(operation, spec)
  const forward = forwarder(spec)
  const upstream = parts.upstreams.of(service)
  const isStream = spec.kind === 'sse'
  const go = (request: FastifyRequest, reply: FastifyReply, admitted: Admitted): void => {
    // Gone while we asked who he is: his `close` is over, so nothing would ever end what is begun for him now.
    if (reply.raw.destroyed) return void reply.hijack()
    const headers = requestHeaders(request.raw, {
      identity: parts.signFor(admitted.caller, request.id, admitted.address),
      requestId: request.id,
      traceparent: request.span?.traceparent,
    })
    let stop = (): void => undefined
    const leave = isStream ? parts.streams.add(admitted, () => stop()) : () => undefined
    const done = (error: unknown): void => {
      leave()
      if (error === undefined) return
      request.facts.error = error
      if (!reply.raw.headersSent && !reply.raw.destroyed) writeProblem(reply.raw, error, request.url, request.id)
    }
    reply.hijack()
    const { raw } = request
    const requestId = spec.protocol === 'authzen' ? (callersRequestId(raw) ?? request.id) : request.id
    const forwarding = { request: raw, response: reply.raw, upstream, headers, requestId, done }
    try {
      stop = forward(forwarding).stop
    } catch (error) {
      done(error)
    }
  }
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const refused = (error: unknown): void => void sendProblem(request, reply, error)
    try {
      const admitted = admit(request)
      if (admitted instanceof Promise) admitted.then((known) => go(request, reply, known)).catch(refused)
      else go(request, reply, admitted)
    } catch (error) {
      refused(error)
    }
  }
}
