import type { QueryOf, RpcRequest, RpcResponse, decisionSummary, telemetryRoutes } from '@plinth/contracts'
import type { Engine, Row } from '../engine/engine.ts'
import { ask, number, text } from '../query/ask.ts'
import { inRange, when, where } from '../query/filter.ts'
import { rangeOf, timestamp } from '../query/moments.ts'
import type { Decision } from './table.ts'

type Query = QueryOf<typeof telemetryRoutes.queryDecisions>
type Summary = RpcResponse<typeof decisionSummary>

const dayMs = 86_400_000
/** What a message of the broker holds, with room to spare. */
const summaryCharactersMax = 6_000_000

/** Newest first; of the last day unless the query says otherwise. */
export async function queryDecisions(engine: Engine, query: Query, nowMs: number): Promise<{ items: Decision[] }> {
  const conditions = [
    ...inRange('at', rangeOf(query, nowMs, dayMs)),
    ...when(query.subject, 'subject = {subject:String}', (subject) => ({ subject })),
    ...when(
      query.domain,
      "(domain = {domain:String} OR startsWith(domain, concat({domain:String}, '/')))",
      (domain) => ({
        domain,
      }),
    ),
    ...when(query.allowed, 'allowed = {allowed:UInt64}', (allowed) => ({ allowed: allowed ? 1 : 0 })),
  ]
  const rows = await ask(
    engine,
    `SELECT toString(toUnixTimestamp64Nano(toDateTime64(at, 9))) AS nanoseconds, subject, subjects, action, object, domain, allowed, rule,
  reason, revision, operation, address, request_id, trace_id, weight
FROM decisions WHERE ${where(conditions)} ORDER BY decisions.at DESC LIMIT ${query.limit ?? 100}`,
  )
  return { items: rows.map(decisionOf) }
}

/** Equal decisions of the last days counted together, the most frequent first. */
export async function summarize(
  engine: Engine,
  { days, limit }: RpcRequest<typeof decisionSummary>,
  nowMs: number,
): Promise<Summary> {
  const since = where(inRange('at', { sinceMs: nowMs - days * dayMs, untilMs: undefined }))
  const rows = await ask(
    engine,
    `SELECT subject, subjects, action, object, domain, allowed, sum(weight) AS total,
  toString(toUnixTimestamp64Nano(toDateTime64(max(at), 9))) AS last
FROM decisions WHERE ${since}
GROUP BY subject, subjects, action, object, domain, allowed
ORDER BY total DESC, last DESC LIMIT ${limit + 1}`,
  )
  const items: Summary['items'] = []
  let characters = 0
  for (const row of rows.slice(0, limit)) {
    const item = {
      subjects: texts(row, 'subjects'),
      subject: text(row, 'subject'),
      action: text(row, 'action'),
      object: text(row, 'object'),
      domain: text(row, 'domain'),
      allowed: row['allowed'] === true,
      count: number(row, 'total'),
      lastAt: timestamp(text(row, 'last')),
    }
    characters += JSON.stringify(item).length
    if (characters > summaryCharactersMax) break
    items.push(item)
  }
  return { complete: items.length === rows.length, items }
}

function texts(row: Row, column: string): string[] {
  const value = row[column]
  return Array.isArray(value) ? value.map(String) : []
}

function decisionOf(row: Row): Decision {
  const [rule, address, traceId] = [text(row, 'rule'), text(row, 'address'), text(row, 'trace_id')]
  return {
    at: timestamp(text(row, 'nanoseconds')),
    subject: text(row, 'subject'),
    subjects: texts(row, 'subjects'),
    action: text(row, 'action'),
    object: text(row, 'object'),
    domain: text(row, 'domain'),
    allowed: row['allowed'] === true,
    ...(rule !== '' && { rule }),
    reason: text(row, 'reason'),
    revision: number(row, 'revision'),
    operation: text(row, 'operation'),
    ...(address !== '' && { address }),
    requestId: text(row, 'request_id'),
    ...(traceId !== '' && { traceId }),
    weight: number(row, 'weight'),
  }
}
