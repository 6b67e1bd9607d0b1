import type { IncomingHttpHeaders } from 'node:http'
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context } from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'

export type RequestSpan = {
  /** Runs the work so that spans and events made in it belong to this request. */
  within<T>(work: () => T): T
  end(status: number, error: unknown): void
}

export type Tracing = {
  /** Starts the server span of a request, in the trace that the caller's `traceparent` names. */
  start(operation: string, method: string, headers: IncomingHttpHeaders): RequestSpan
  stop(): Promise<void>
}

const off: RequestSpan = { within: (work) => work(), end: () => {} }
const offTracing: Tracing = { start: () => off, stop: () => Promise.resolve() }

/**
 * Spans to a collector by OTLP over HTTP (`<otlpUrl>/v1/traces`), or none at all when no URL is given. Also makes the
 * W3C propagator and the context the process's own, so that other libraries continue the trace.
 */
export async function startTracing(
  service: string,
  otlpUrl: string | undefined,
  processor?: SpanProcessor,
): Promise<Tracing> {
  if (!otlpUrl && processor === undefined) return offTracing
  // Loaded only where it is used: the SDK is a third of what a service loads at its start.
  const [
    { AsyncLocalStorageContextManager },
    { W3CTraceContextPropagator },
    { OTLPTraceExporter },
    { resourceFromAttributes },
    sdk,
  ] = await Promise.all([
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/core'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace'),
  ])
  const exporter = (): SpanProcessor =>
    new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${otlpUrl?.replace(/\/$/, '')}/v1/traces` }) })
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    spanProcessors: [processor ?? exporter()],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  const tracer = provider.getTracer('@plinth/service')
  return {
    start: (operation, method, headers) => {
      const parent: Context = propagation.extract(ROOT_CONTEXT, headers)
      const attributes = { 'http.request.method': method, 'plinth.operation': operation }
      const span = tracer.startSpan(operation, { kind: SpanKind.SERVER, attributes }, parent)
      return {
        within: (work) => context.with(trace.setSpan(parent, span), work),
        end: (status, error) => {
          span.setAttribute('http.response.status_code', status)
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
          if (error instanceof Error) span.setAttribute('error.type', error.name)
          span.end()
        },
      }
    },
    stop: () => provider.shutdown(),
  }
}
