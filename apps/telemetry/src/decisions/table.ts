import type { contracts } from '@plinth/contracts'
import type { ResponseOf } from '@plinth/contracts'
import { quote } from '../engine/bind.ts'

export type Decision = ResponseOf<typeof contracts.telemetry.routes.queryDecisions>['items'][number]

/** Days that a decision is kept, counted from its arrival: what an access review looks back on. */
export const decisionDays = 90

/**
 * Ordered so that equal decisions lie together: they compress to a few bytes each, and are grouped without much memory.
 * Partitions by the day of arrival, as of all records here.
 */
export const decisionsTable = `CREATE TABLE IF NOT EXISTS decisions (
  at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  subject LowCardinality(String),
  subjects Array(LowCardinality(String)) CODEC(ZSTD(1)),
  action LowCardinality(String),
  object String CODEC(ZSTD(1)),
  domain LowCardinality(String),
  allowed Bool,
  rule LowCardinality(String),
  reason LowCardinality(String),
  revision UInt64 CODEC(T64, ZSTD(1)),
  operation LowCardinality(String),
  address String CODEC(ZSTD(1)),
  request_id String CODEC(ZSTD(1)),
  trace_id String CODEC(ZSTD(1)),
  weight UInt32 CODEC(T64, ZSTD(1)),
  received DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
  INDEX by_time at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(received)
ORDER BY (subject, domain, action, object, allowed, at)
TTL received + INTERVAL ${decisionDays} DAY DELETE
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000`

const columns = [
  'at', 'subject', 'subjects', 'action', 'object', 'domain', 'allowed', 'rule', 'reason', 'revision', 'operation', 'address',
  'request_id', 'trace_id', 'weight',
] // prettier-ignore

/** Stores the decisions of one event; a repeat of the event, known by its id, does nothing. */
export function insertDecisions(eventId: string, decisions: readonly Decision[]): string {
  const settings = [
    "date_time_input_format = 'best_effort'",
    'insert_deduplicate = 1',
    `insert_deduplication_token = ${quote(eventId)}`,
    // One block each: the token speaks for all of it.
    'max_insert_block_size = 1000000',
    'input_format_parallel_parsing = 0',
  ]
  return `INSERT INTO decisions (${columns.join(', ')}) SETTINGS ${settings.join(', ')} FORMAT JSONEachRow\n${decisions.map(rowOf).join('\n')}`
}

const rowOf = ({ requestId, traceId = '', rule = '', address = '', ...decision }: Decision): string =>
  JSON.stringify({ ...decision, rule, address, request_id: requestId, trace_id: traceId })
