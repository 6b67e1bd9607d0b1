import type { IncomingHttpHeaders } from 'node:http'
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import { AppError, pause } from '@plinth/kernel'

/** What a span says of a request of Fastify's. */
export type TracedRequest = {
  method: string
  /** As it came, with its query, of which a span says nothing. */
  url: string
  headers: IncomingHttpHeaders
  routeOptions: {
    /** The contract's path; none where there is no such route. */
    url?: string | undefined
    config: { operation?: string; operational?: boolean; untraced?: boolean }
  }
}

export type RequestSpan = {
  /** The W3C `traceparent` of what is asked of others for this request; undefined where nothing is traced. */
  traceparent: string | undefined
  /** Runs the work so that spans and events made in it belong to this request. */
  within<T>(work: () => T): T
  end(status: number, error: unknown): void
}

export type Tracing = {
  /** Whether there are spans at all: who is in a hurry need not start any otherwise. */
  isOn: boolean
  /**
   * Starts the server span of a request, in the trace that the caller's `traceparent` names when it is well formed, and
   * recorded only if that one is; else in a new trace. None for health and metrics, nor for what takes spans in: an
   * export into ourselves would else be the reason for the next one.
   */
  start(request: TracedRequest): RequestSpan
  /** Sends what is left, for two seconds at most: a collector that is away must not hold up the end. */
  stop(): Promise<void>
}

const off: RequestSpan = { traceparent: undefined, within: (work) => work(), end: () => {} }
const offTracing: Tracing = { isOn: false, start: () => off, stop: () => Promise.resolve() }
const stopMsMax = 2_000

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
    isOn: true,
    start: (request) => {
      const { url: route, config } = request.routeOptions
      if (config.operational === true || config.untraced === true) return off
      const parent = propagation.extract(ROOT_CONTEXT, request.headers)
      const method = methods.has(request.method) ? request.method : 'HTTP'
      const name = route === undefined ? method : `${method} ${route}`
      return spanOf(
        tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: attributesOf(request) }, parent),
        parent,
      )
    },
    stop: async () => {
      const over = new AbortController()
      // What a collector does not take is lost, as it is at any other time.
      const sent = provider.shutdown().catch(() => undefined)
      await Promise.race([sent, pause(stopMsMax, over.signal)])
      over.abort()
    },
  }
}

/** Those that OpenTelemetry knows; a caller's own word must not become the name of a span. */
const methods = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'])

/** By OpenTelemetry's semantic conventions for HTTP servers. */
function attributesOf({ method, url, routeOptions }: TracedRequest): Attributes {
  const query = url.indexOf('?')
  const known = methods.has(method)
  return {
    'http.request.method': known ? method : '_OTHER',
    ...(!known && { 'http.request.method_original': method }),
    ...(routeOptions.url !== undefined && { 'http.route': routeOptions.url }),
    'url.path': query === -1 ? url : url.slice(0, query),
    'plinth.operation': routeOptions.config.operation ?? 'unknown',
  }
}

function spanOf(span: Span, parent: Context): RequestSpan {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    within: (work) => context.with(trace.setSpan(parent, span), work),
    end: (status, error) => {
      span.setAttribute('http.response.status_code', status)
      if (status >= 500) {
        span.setStatus({ code: SpanStatusCode.ERROR })
        span.setAttribute('error.type', errorType(status, error))
      }
      span.end()
    },
  }
}

function errorType(status: number, error: unknown): string {
  if (error instanceof AppError) return error.code
  return error instanceof Error ? error.name : String(status)
}
