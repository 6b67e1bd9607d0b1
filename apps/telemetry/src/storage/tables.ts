/** Days that a record is kept, counted from its arrival. */
const retentionDays = 15

const stamp = `
  project LowCardinality(String),
  environment LowCardinality(String),
  workload LowCardinality(String),
  deployment LowCardinality(String)`

/**
 * Partitions go by the day of arrival and not by a record's own time: a sender with a wrong clock can neither make
 * thousands of partitions nor have its records expire at once; and whole days are dropped, never rewritten.
 */
const storage = (orderKey: string): string => `
ENGINE = MergeTree
PARTITION BY toDate(received)
ORDER BY (project, environment, workload, deployment, ${orderKey})
TTL received + INTERVAL ${retentionDays} DAY DELETE
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000`

const received = "received DateTime('UTC') CODEC(Delta, ZSTD(1))"
const time = (name: string): string => `${name} DateTime64(9, 'UTC') CODEC(DoubleDelta, ZSTD(1))`
const map = (name: string): string => `${name} Map(LowCardinality(String), String) CODEC(ZSTD(1))`

const spans = `CREATE TABLE IF NOT EXISTS spans (${stamp},
  ${time('start')},
  duration_ns UInt64 CODEC(T64, ZSTD(1)),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(NONE),
  parent_span_id FixedString(8) CODEC(ZSTD(1)),
  service LowCardinality(String),
  name LowCardinality(String),
  kind UInt8,
  status UInt8,
  status_message String CODEC(ZSTD(1)),
  ${map('attributes')},
  ${received},
  INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX by_time start TYPE minmax GRANULARITY 1
) ${storage('toStartOfHour(start), start')}`

const logs = `CREATE TABLE IF NOT EXISTS logs (${stamp},
  ${time('time')},
  sequence UInt64 CODEC(Delta, ZSTD(1)),
  severity UInt8,
  body String CODEC(ZSTD(1)),
  trace_id FixedString(16) CODEC(ZSTD(1)),
  span_id FixedString(8) CODEC(ZSTD(1)),
  ${map('attributes')},
  ${received},
  INDEX by_trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX by_time time TYPE minmax GRANULARITY 1,
  INDEX by_word lowerUTF8(body) TYPE text(tokenizer = 'splitByNonAlpha')
) ${storage('toStartOfHour(time), time')}`

const metricPoints = `CREATE TABLE IF NOT EXISTS metric_points (${stamp},
  name LowCardinality(String),
  ${time('time')},
  start DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
  type Enum8('gauge' = 1, 'sum' = 2, 'histogram' = 3, 'exponential_histogram' = 4, 'summary' = 5),
  unit LowCardinality(String),
  temporality UInt8,
  monotonic Bool,
  value Float64 CODEC(Gorilla, ZSTD(1)),
  count UInt64 CODEC(T64, ZSTD(1)),
  bounds Array(Float64) CODEC(ZSTD(1)),
  bucket_counts Array(UInt64) CODEC(ZSTD(1)),
  ${map('attributes')},
  ${received},
  INDEX by_time time TYPE minmax GRANULARITY 1
) ${storage('toStartOfHour(time), name, time')}`

export const tables: readonly string[] = [spans, logs, metricPoints]
