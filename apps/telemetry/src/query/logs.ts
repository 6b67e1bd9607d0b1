import { failure, type LogRecord, type telemetryRoutes } from '@plinth/contracts'
import type { QueryOf, ResponseOf } from '@plinth/contracts'
import type { Static } from 'typebox'
import { likeAnywhere } from '../engine/bind.ts'
import type { Engine, Row } from '../engine/engine.ts'
import { ask, map, number, text } from './ask.ts'
import { inPlace, inProject, inRange, when, where, type Condition } from './filter.ts'
import { rangeOf, timestamp } from './moments.ts'

export type Log = Static<typeof LogRecord>
type Query = QueryOf<typeof telemetryRoutes.queryLogs>
type Page = ResponseOf<typeof telemetryRoutes.queryLogs>

const dayMs = 86_400_000
const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const

/** OpenTelemetry's numbers are four to a name: 9 to 12 are INFO (logs data model, "SeverityNumber"). */
export const severityName = (severityNumber: number): Log['severity'] =>
  severities[Math.min(5, Math.max(0, Math.floor((severityNumber - 1) / 4)))] ?? 'INFO'
const lowestNumber = (severity: Log['severity']): number => severities.indexOf(severity) * 4 + 1

/** A page of log records, newest first; the last day unless the query says otherwise. */
export async function queryLogs(engine: Engine, project: string, query: Query, nowMs: number): Promise<Page> {
  const { limit = 100, cursor } = query
  const conditions = [
    inProject(project),
    ...inPlace(query),
    ...inRange('time', rangeOf(query, nowMs, dayMs)),
    ...when(query.severity, 'severity >= {severity:UInt64}', (severity) => ({ severity: lowestNumber(severity) })),
    // Written so that the index of words can leave out what does not hold the whole words in the middle.
    ...when(query.search, 'lowerUTF8(body) LIKE {search:String}', (search) => ({
      search: likeAnywhere(search.toLowerCase()),
    })),
    ...when(query.traceId, 'trace_id = unhex({traceId:String})', (traceId) => ({ traceId })),
    ...when(cursor, "(time, sequence) < (fromUnixTimestamp64Nano({time:Int64}, 'UTC'), {sequence:UInt64})", readCursor),
  ]
  const rows = await ask(engine, statement(conditions, limit + 1))
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(record),
    ...(rows.length > limit && last !== undefined && { nextCursor: writeCursor(last) }),
  }
}

const statement = (conditions: readonly Condition[], limit: number): string => `
SELECT toString(toUnixTimestamp64Nano(time)) AS at, toString(sequence) AS number, environment, workload, deployment, severity, body,
  lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span, attributes
FROM logs WHERE ${where(conditions)}
ORDER BY time DESC, sequence DESC LIMIT ${limit}`

function record(row: Row): Log {
  return {
    time: timestamp(text(row, 'at')),
    environment: text(row, 'environment'),
    workload: text(row, 'workload'),
    deployment: text(row, 'deployment'),
    severity: severityName(number(row, 'severity')),
    body: text(row, 'body'),
    ...ids(text(row, 'trace'), text(row, 'span')),
    attributes: map(row, 'attributes'),
  }
}

/** Only ids that are there: all zeros stand for none. */
export const ids = (traceId: string, spanId: string): { traceId?: string; spanId?: string } => ({
  ...(/[1-9a-f]/.test(traceId) && { traceId }),
  ...(/[1-9a-f]/.test(spanId) && { spanId }),
})

const writeCursor = (row: Row): string => Buffer.from(`${text(row, 'at')}.${text(row, 'number')}`).toString('base64url')

function readCursor(cursor: string): { time: string; sequence: string } {
  const [, time, sequence] = /^(\d{1,19})\.(\d{1,19})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  if (time === undefined || sequence === undefined) throw failure('platform.cursor_invalid')
  return { time, sequence }
}
