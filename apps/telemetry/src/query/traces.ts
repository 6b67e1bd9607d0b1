import { failure, type QueryOf, type ResponseOf, type telemetryRoutes } from '@plinth/contracts'
import { bind, likeAnywhere } from '../engine/bind.ts'
import type { Engine, Row } from '../engine/engine.ts'
import { ask, map, number, text } from './ask.ts'
import { inPlace, inProject, inRange, when, where } from './filter.ts'
import { rangeOf, timestamp } from './moments.ts'

type Query = QueryOf<typeof telemetryRoutes.queryTraces>
type Traces = ResponseOf<typeof telemetryRoutes.queryTraces>
type Spans = ResponseOf<typeof telemetryRoutes.getTrace>

const hourMs = 3_600_000
const spansMax = 10_000

/** A span without a parent, as the store keeps it. */
const isRoot = "parent_span_id = unhex('0000000000000000')"

/** A server that knows no routes calls its spans by the method alone; then the path says what was asked for. */
const calledAs = `if(name IN ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
  trimRight(concat(name, ' ', cutQueryString(if(attributes['url.path'] != '', attributes['url.path'], attributes['http.target'])))), name)`

/**
 * The newest traces that have a span in the asked place and time, each with all of its spans in the project; the last
 * hour unless the query says otherwise.
 */
export async function queryTraces(engine: Engine, project: string, query: Query, nowMs: number): Promise<Traces> {
  const range = rangeOf(query, nowMs, hourMs)
  const found = where([inProject(project), ...inPlace(query), ...inRange('start', range)])
  const wanted = [
    ...when(query.search, 'countIf(lowerUTF8(name) LIKE {search:String}) > 0', (search) => ({
      search: likeAnywhere(search.toLowerCase()),
    })),
    ...when(query.errorsOnly === true ? true : undefined, 'countIf(status = 2) > 0', () => ({})),
    ...when(
      query.minDurationMs,
      'max(toUnixTimestamp64Nano(start) + duration_ns) - min(toUnixTimestamp64Nano(start)) >= {least:Float64} * 1e6',
      (least) => ({ least }),
    ),
  ]
  // A trace that began in the range may have spans an hour around it.
  const around = {
    sinceMs: range.sinceMs - hourMs,
    untilMs: range.untilMs === undefined ? undefined : range.untilMs + hourMs,
  }
  const rows = await ask(
    engine,
    `
SELECT lower(hex(trace_id)) AS trace, argMin(${calledAs}, (NOT ${isRoot}, start)) AS root, argMin(environment, (NOT ${isRoot}, start)) AS root_environment,
  argMin(workload, (NOT ${isRoot}, start)) AS root_workload, argMin(deployment, (NOT ${isRoot}, start)) AS root_deployment,
  toString(min(toUnixTimestamp64Nano(start))) AS began, (max(toUnixTimestamp64Nano(start) + duration_ns) - min(toUnixTimestamp64Nano(start))) / 1e6 AS took,
  count() AS spans, countIf(status = 2) AS errors
FROM spans WHERE ${where([inProject(project), ...inRange('start', around)])} AND trace_id IN (
  SELECT trace_id FROM spans WHERE ${found} GROUP BY trace_id ${wanted.length > 0 ? `HAVING ${where(wanted)}` : ''} ORDER BY min(start) DESC LIMIT ${query.limit ?? 100}
)
GROUP BY trace_id ORDER BY min(start) DESC LIMIT ${query.limit ?? 100}`,
  )
  return {
    items: rows.map((row) => ({
      traceId: text(row, 'trace'),
      rootName: text(row, 'root'),
      environment: text(row, 'root_environment'),
      workload: text(row, 'root_workload'),
      deployment: text(row, 'root_deployment'),
      startTime: timestamp(text(row, 'began')),
      durationMs: number(row, 'took'),
      spans: number(row, 'spans'),
      errors: number(row, 'errors'),
    })),
  }
}

/** The spans of a trace that are the project's, in order of their start; throws trace_unknown when there are none. */
export async function getTrace(engine: Engine, project: string, traceId: string): Promise<Spans> {
  const rows = await ask(
    engine,
    bind(
      `
SELECT lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span, lower(hex(parent_span_id)) AS parent, name, kind, service, environment, workload, deployment,
  toString(toUnixTimestamp64Nano(start)) AS began, duration_ns / 1e6 AS took, status, status_message, attributes
FROM spans WHERE project = {project:String} AND trace_id = unhex({traceId:String})
ORDER BY start, span_id LIMIT ${spansMax}`,
      { project, traceId },
    ),
  )
  if (rows.length === 0)
    throw failure('telemetry.trace_unknown', { detail: `There is no trace ${traceId} in ${project}.` })
  return { items: rows.map(span) }
}

const kinds = ['INTERNAL', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const
const statuses = ['UNSET', 'OK', 'ERROR'] as const

function span(row: Row): Spans['items'][number] {
  const parent = text(row, 'parent')
  const message = text(row, 'status_message')
  return {
    traceId: text(row, 'trace'),
    spanId: text(row, 'span'),
    ...(/[1-9a-f]/.test(parent) && { parentSpanId: parent }),
    name: text(row, 'name'),
    kind: kinds[number(row, 'kind')] ?? 'INTERNAL',
    service: text(row, 'service'),
    environment: text(row, 'environment'),
    workload: text(row, 'workload'),
    deployment: text(row, 'deployment'),
    startTime: timestamp(text(row, 'began')),
    durationMs: number(row, 'took'),
    status: statuses[number(row, 'status')] ?? 'UNSET',
    ...(message !== '' && { statusMessage: message }),
    attributes: map(row, 'attributes'),
  }
}
