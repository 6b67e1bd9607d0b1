import type { RequestSpan, Tracing } from '@plinth/service'
import type { FastifyInstance } from 'fastify'
import { statusOf } from './request-log.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Only there when spans are made. */
    span?: RequestSpan
  }
}

/**
 * One server span for each request, from its head to the end of its answer. Without a collector there is not even a
 * hook, so that nobody pays for it. What the door refuses before it is a request of Fastify's has no span.
 */
export function addRequestSpans(app: FastifyInstance, tracing: Tracing): void {
  if (!tracing.isOn) return
  app.addHook('onRequest', (request, reply, done) => {
    const span = tracing.start(request)
    request.span = span
    reply.raw.once('close', () => span.end(statusOf(reply.raw), request.facts.error))
    done()
  })
  // After the body is read: what reads it goes on in the context of the connection.
  app.addHook('preHandler', (request, _reply, done) =>
    request.span === undefined ? done() : request.span.within(done),
  )
}
