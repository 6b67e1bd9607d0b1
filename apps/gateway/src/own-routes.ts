import type { Bus } from '@plinth/bus'
import { contracts, failure, gatewayRoutes, openApiDocument, type RouteSpec } from '@plinth/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Compile } from 'typebox/compile'
import { sendEvents } from './events/event-stream.ts'
import { followEvents } from './events/follow-events.ts'
import type { OpenStreams } from './forward/open-streams.ts'
import type { portalSession } from './identity/portal-session.ts'
import type { providerSignIn } from './identity/provider-sign-in.ts'
import type { Admit, Admitted } from './policy/admit.ts'
import type { LivePolicy } from './policy/live-policy.ts'
import { apiDocs, docsPolicy } from './portal/api-docs.ts'

type Parts = {
  admitFor(operation: string, spec: RouteSpec): Admit
  bus: Bus
  policy: LivePolicy
  streams: OpenStreams
  session: ReturnType<typeof portalSession>
  signIn: ReturnType<typeof providerSignIn>
  publicUrl: string
}
type Handler = (request: FastifyRequest, reply: FastifyReply, admitted: Admitted) => unknown

/** What the gateway answers itself, guarded by the same declarations as what it forwards. */
export function addOwnRoutes(app: FastifyInstance, parts: Parts): void {
  const { session, signIn, publicUrl } = parts
  // As bytes: text would be encoded anew for each who asks.
  const document = Buffer.from(
    JSON.stringify(openApiDocument(contracts, { title: 'Plinth', version: 'v1', serverUrl: publicUrl })),
  )
  const docs = apiDocs(Object.values(contracts))
  const handlers: Record<keyof typeof gatewayRoutes, Handler> = {
    beginSignIn: signIn.begin,
    finishSignIn: signIn.finish,
    openPortalSession: session.open,
    getPortalSession: session.get,
    closePortalSession: session.close,
    followEvents: eventHandler(parts),
    getOpenApi: (_request, reply) => reply.type('application/json; charset=utf-8').send(document),
  }
  for (const [operation, handler] of Object.entries(handlers)) {
    const spec: RouteSpec = gatewayRoutes[operation as keyof typeof gatewayRoutes]
    const admit = parts.admitFor(operation, spec)
    app.route({
      method: spec.method,
      url: spec.path,
      config: { operation, service: 'gateway' },
      handler: async (request, reply) => {
        const admitted = await admit(request)
        reply.headers({ ...ownHeaders, 'x-request-id': request.id })
        return handler(request, reply, admitted)
      },
    })
  }
  app.get('/api/docs', { config: { operation: 'apiDocs', service: 'gateway' } }, (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', docsPolicy).send(docs),
  )
}

const ownHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

type EventQuery = { project?: string; type?: string }

function eventHandler({ bus, policy, streams }: Parts): Handler {
  const check = Compile(gatewayRoutes.followEvents.query)
  return async (request, reply, admitted) => {
    const query = { ...(request.query as EventQuery) }
    if (!check.Check(query))
      throw failure('platform.request_invalid', { detail: 'This stream takes `project` and `type`.' })
    const lastEventId = request.headers['last-event-id']
    const wanted = {
      project: query.project,
      type: query.type,
      lastEventId: typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : undefined,
    }
    // Gone while we asked who he is: his `close` is over, so nothing would ever end his stream.
    if (reply.raw.destroyed) return reply.hijack()
    const stopping = new AbortController()
    const stop = (): void => stopping.abort()
    const { subjects = [], scopes } = admitted.caller?.identity ?? {}
    const asker = { subjects, scopes, address: admitted.address }
    const events = followEvents(bus, policy, asker, wanted, stopping.signal)
    reply.raw.once('close', stop)
    const leave = streams.add(admitted, stop)
    reply.hijack()
    request.facts.error = await sendEvents(reply.raw, events, { signal: stopping.signal, requestId: request.id })
    leave()
    return reply
  }
}
