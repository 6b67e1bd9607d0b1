import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type SpanOptions,
} from '@opentelemetry/api'
import { headers, type MsgHdrs } from 'nats'

export { SpanKind }

const tracer = trace.getTracer('@plinth/bus')

/** Runs the work inside a span that ends with it and carries its failure. */
export function inSpan<T>(name: string, options: SpanOptions, work: () => Promise<T>, parent?: Context): Promise<T> {
  return tracer.startActiveSpan(name, options, parent ?? context.active(), async (span) => {
    try {
      return await work()
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR })
      if (error instanceof Error) span.recordException(error)
      throw error
    } finally {
      span.end()
    }
  })
}

/** New message headers that carry the current trace (W3C Trace Context). */
export function tracedHeaders(): MsgHdrs {
  const carrier = headers()
  propagation.inject(context.active(), carrier, { set: (target, key, value) => target.set(key, value) })
  return carrier
}

/** The context that a `traceparent` names, to continue the trace of whoever sent it. */
export const contextOf = (traceparent: string | undefined): Context =>
  traceparent === undefined ? context.active() : propagation.extract(context.active(), { traceparent })
