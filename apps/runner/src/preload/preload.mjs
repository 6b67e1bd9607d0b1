/**
 * Given to the Node of every workload (`node --import`): traces of its HTTP server, its HTTP clients and its pg
 * clients, sent as OTLP, without a line in the workload. Plain JavaScript and few modules, since each start of a
 * replica waits for it. It must never be the reason that a workload does not start.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module'

const endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT
if (endpoint && process.env.OTEL_SDK_DISABLED !== 'true') {
  try {
    await startTracing()
  } catch (error) {
    process.stderr.write(
      `${JSON.stringify({ level: 'warn', msg: 'tracing could not be started', reason: String(error) })}\n`,
    )
  }
}

async function startTracing() {
  const { register } = await import('import-in-the-middle/register-hooks.mjs')
  // Only what an instrumentation wants is intercepted; every other import of the workload stays as fast as it is.
  register({ include: ['pg', 'pg-pool', 'pg-native'] })
  const require = createRequire(import.meta.url)
  const { context, propagation, trace } = require('@opentelemetry/api')
  const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
  const { W3CTraceContextPropagator } = require('@opentelemetry/core')
  const { defaultResource, detectResources, envDetector } = require('@opentelemetry/resources')
  const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto')
  const { BatchSpanProcessor, TracerProvider } = require('@opentelemetry/sdk-trace')
  const { registerInstrumentations } = require('@opentelemetry/instrumentation')
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
  const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg')
  const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici')

  const provider = new TracerProvider({
    resource: defaultResource().merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: 1_000 })],
  })
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)

  const ownPath = new URL(endpoint).pathname
  registerInstrumentations({
    tracerProvider: provider,
    instrumentations: [
      new HttpInstrumentation({
        ignoreOutgoingRequestHook: (request) => Boolean(request.path?.startsWith(`${ownPath}/v1/`)),
      }),
      new PgInstrumentation({ enhancedDatabaseReporting: false, requireParentSpan: false }),
      new UndiciInstrumentation(),
    ],
  })
  // Patches the built-in modules now, and lets `import { request } from 'node:http'` see it.
  require('node:http')
  require('node:https')
  syncBuiltinESMExports()
  flushBeforeTheEnd(provider)
}

/**
 * The last second of spans leaves before the process does. With a SIGTERM handler of its own the workload decides when
 * it ends; without one, ours flushes and then lets the signal do what it would have done.
 */
function flushBeforeTheEnd(provider) {
  const flush = () =>
    Promise.race([provider.forceFlush(), new Promise((resolve) => setTimeout(resolve, 2_000).unref())]).catch(() => {})
  process.once('beforeExit', () => void flush())
  for (const signal of ['SIGTERM', 'SIGINT']) {
    const handler = () => {
      void flush().then(() => {
        if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
      })
    }
    process.once(signal, handler)
  }
}
