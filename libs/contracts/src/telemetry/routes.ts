import { Type } from 'typebox'
import { Closed, EnvironmentName, Items, ProjectName, ProjectParams, StringMap, WorkloadName } from '../core/common.ts'
import { route } from '../core/route.ts'
import { DecisionRecord } from '../gateway/events.ts'

const Moment = Type.String({ maxLength: 40, description: 'RFC 3339, or a duration back from now: `15m`, `2h`, `7d`' })
const where = {
  environment: Type.Optional(EnvironmentName),
  workload: Type.Optional(WorkloadName),
  since: Type.Optional(Moment),
  until: Type.Optional(Moment),
}
const limit = Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 }))
const Stamp = { environment: Type.String(), workload: Type.String(), deployment: Type.String() }

export const LogRecord = Type.Object({
  time: Type.String(),
  ...Stamp,
  severity: Type.Enum(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']),
  body: Type.String(),
  traceId: Type.Optional(Type.String()),
  spanId: Type.Optional(Type.String()),
  attributes: StringMap,
})
export const SpanRecord = Type.Object({
  traceId: Type.String(),
  spanId: Type.String(),
  parentSpanId: Type.Optional(Type.String()),
  name: Type.String(),
  kind: Type.String(),
  service: Type.String(),
  ...Stamp,
  startTime: Type.String(),
  durationMs: Type.Number(),
  status: Type.Enum(['UNSET', 'OK', 'ERROR']),
  statusMessage: Type.Optional(Type.String()),
  attributes: StringMap,
})
export const TraceSummary = Type.Object({
  traceId: Type.String(),
  rootName: Type.String(),
  ...Stamp,
  startTime: Type.String(),
  durationMs: Type.Number(),
  spans: Type.Integer(),
  errors: Type.Integer(),
})
export const MetricSeries = Type.Object({
  name: Type.String(),
  unit: Type.String(),
  labels: StringMap,
  points: Type.Array(Type.Tuple([Type.Number({ description: 'Seconds since 1970' }), Type.Number()])),
})

const ingest = {
  kind: 'raw',
  permission: 'authenticated',
  bodyLimitBytes: 64 * 1024 * 1024,
  untraced: true,
  response: { 200: Type.Unknown() },
  errors: ['telemetry.payload_invalid'],
} as const

export const telemetryRoutes = {
  // OTLP/HTTP. Any credential may knock; the service decides on the claims that the credential vouches for.
  ingestTraces: route({
    ...ingest,
    method: 'POST',
    path: '/otlp/v1/traces',
    summary: 'OTLP/HTTP traces',
  }),
  ingestMetrics: route({
    ...ingest,
    method: 'POST',
    path: '/otlp/v1/metrics',
    summary: 'OTLP/HTTP metrics',
  }),
  ingestLogs: route({
    ...ingest,
    method: 'POST',
    path: '/otlp/v1/logs',
    summary: 'OTLP/HTTP logs',
  }),
  queryLogs: route({
    method: 'GET',
    path: '/api/v1/projects/:project/logs',
    summary: 'Log records, newest first',
    permission: { action: 'list', object: 'log', domain: ':project' },
    params: ProjectParams,
    query: Closed({
      ...where,
      search: Type.Optional(Type.String({ maxLength: 500 })),
      severity: Type.Optional(LogRecord.properties.severity),
      traceId: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$' })),
      limit,
      cursor: Type.Optional(Type.String({ maxLength: 200 })),
    }),
    response: { 200: Type.Object({ items: Type.Array(LogRecord), nextCursor: Type.Optional(Type.String()) }) },
    errors: ['telemetry.query_invalid'],
  }),
  tailLogs: route({
    method: 'GET',
    path: '/api/v1/projects/:project/logs/tail',
    summary: 'Log records as they arrive',
    kind: 'sse',
    timeoutMs: 0,
    permission: { action: 'list', object: 'log', domain: ':project' },
    params: ProjectParams,
    query: Closed({
      environment: where.environment,
      workload: where.workload,
      search: Type.Optional(Type.String({ maxLength: 500 })),
    }),
    response: { 200: LogRecord },
  }),
  queryTraces: route({
    method: 'GET',
    path: '/api/v1/projects/:project/traces',
    summary: 'Traces, newest first',
    permission: { action: 'list', object: 'trace', domain: ':project' },
    params: ProjectParams,
    query: Closed({
      ...where,
      search: Type.Optional(Type.String({ maxLength: 200 })),
      minDurationMs: Type.Optional(Type.Number({ minimum: 0 })),
      errorsOnly: Type.Optional(Type.Boolean()),
      limit,
    }),
    response: { 200: Items(TraceSummary) },
    errors: ['telemetry.query_invalid'],
  }),
  getTrace: route({
    method: 'GET',
    path: '/api/v1/projects/:project/traces/:traceId',
    summary: 'The spans of a trace, in order of their start',
    permission: { action: 'get', object: 'trace', domain: ':project' },
    params: Closed({ project: ProjectName, traceId: Type.String({ pattern: '^[0-9a-f]{32}$' }) }),
    response: { 200: Items(SpanRecord) },
    errors: ['telemetry.trace_unknown'],
  }),
  queryMetrics: route({
    method: 'GET',
    path: '/api/v1/projects/:project/metrics',
    summary: 'Series of a workload: cpu, memory, requests, errors, latency',
    permission: { action: 'list', object: 'metric', domain: ':project' },
    params: ProjectParams,
    query: Closed({ ...where, stepSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })) }),
    response: { 200: Items(MetricSeries) },
    errors: ['telemetry.query_invalid'],
  }),
  queryDecisions: route({
    method: 'GET',
    path: '/api/v1/decisions',
    summary: 'Decisions of the gateway, newest first: every denial, and a sample of what was allowed',
    permission: { action: 'list', object: 'decision', domain: '*' },
    query: Closed({
      since: Type.Optional(Moment),
      until: Type.Optional(Moment),
      subject: Type.Optional(Type.String({ maxLength: 200 })),
      domain: Type.Optional(Type.String({ maxLength: 81 })),
      allowed: Type.Optional(Type.Boolean()),
      limit,
    }),
    response: { 200: Items(DecisionRecord) },
    errors: ['telemetry.query_invalid'],
  }),
}
