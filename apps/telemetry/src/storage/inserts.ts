import { readFileSync } from 'node:fs'

export const signals = ['traces', 'metrics', 'logs'] as const
export type Signal = (typeof signals)[number]

/** The OTLP messages as text: what protobufjs and the store read alike. */
export const otlpProto = readFileSync(new URL('../otlp/otlp.proto', import.meta.url), 'utf8')

/** How a signal's segments become rows. */
export type Insert = {
  table: string
  /** The columns that `select` gives, in its order. */
  columns: string
  /** The message of `otlpProto` that a segment is a sequence of. */
  message: string
  /** The columns that the Protobuf format reads, as a ClickHouse structure. */
  structure: string
  /** Rows of the table from a source of that structure. */
  select(source: string): string
}

// Every member of the oneof must be named, although compound values are text by the time they are here.
const anyValue =
  "Tuple(value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4, 'array_value' = 5, 'kvlist_value' = 6, 'bytes_value' = 7, 'string_value_strindex' = 8), string_value String, bool_value Bool, int_value Int64, double_value Float64)"
const keyValues = `Array(Tuple(key String, value ${anyValue}))`
const envelope = (request: string): string =>
  `project String, environment String, workload String, deployment String, received UInt32, sequence UInt64, request Tuple(${request})`

/** Characters that are kept of an attribute and of a log body: a page of results has to fit into memory. */
const attributeCharactersMax = 4_096
const bodyCharactersMax = 65_536

const cut = (text: string, charactersMax: number): string =>
  `if(length(${text}) > ${charactersMax}, leftUTF8(${text}, ${charactersMax}), ${text})`
const text = (value: string, charactersMax: number): string =>
  `multiIf(${value}.value = 'string_value', ${cut(`${value}.string_value`, charactersMax)}, ${value}.value = 'int_value', toString(${value}.int_value), ${value}.value = 'double_value', toString(${value}.double_value), ${value}.value = 'bool_value', toString(${value}.bool_value), '')`
const toMap = (list: string): string =>
  `CAST(arrayMap(pair -> (left(pair.key, 256), ${text('pair.value', attributeCharactersMax)}), ${list}), 'Map(LowCardinality(String), String)')`
const nanoseconds = (value: string): string =>
  `fromUnixTimestamp64Nano(toInt64(least(${value}, 9223372036854775807)), 'UTC')`
const serviceName = (attributes: string): string =>
  `arrayFirst(pair -> pair.key = 'service.name', ${attributes}).value.string_value`
const stampColumns = 'project, environment, workload, deployment'

const traces: Insert = {
  table: 'spans',
  columns: `${stampColumns}, start, duration_ns, trace_id, span_id, parent_span_id, service, name, kind, status, status_message, attributes, received`,
  message: 'TraceEnvelope',
  structure: envelope(
    `resource_spans Array(Tuple(resource Tuple(attributes ${keyValues}), scope_spans Array(Tuple(spans Array(Tuple(trace_id String, span_id String, parent_span_id String, name String, kind Int32, start_time_unix_nano UInt64, end_time_unix_nano UInt64, attributes ${keyValues}, status Tuple(message String, code Int32)))))))`,
  ),
  select: (source) => `
SELECT ${stampColumns}, ${nanoseconds('span.start_time_unix_nano')} AS start,
  if(span.end_time_unix_nano > span.start_time_unix_nano, span.end_time_unix_nano - span.start_time_unix_nano, 0) AS duration_ns,
  toFixedString(span.trace_id, 16) AS trace_id, toFixedString(span.span_id, 8) AS span_id,
  toFixedString(if(length(span.parent_span_id) = 8, span.parent_span_id, ''), 8) AS parent_span_id,
  service, left(span.name, 1024) AS name, if(span.kind BETWEEN 1 AND 5, span.kind, 1) AS kind,
  if(span.status.code BETWEEN 0 AND 2, span.status.code, 0) AS status, left(span.status.message, 4096) AS status_message,
  ${toMap('span.attributes')} AS attributes, received
FROM (
  SELECT ${stampColumns}, received, ${serviceName('part.resource.attributes')} AS service, arrayJoin(arrayFlatten(part.scope_spans.spans)) AS span
  FROM (SELECT ${stampColumns}, received, arrayJoin(request.resource_spans) AS part FROM ${source})
)
WHERE length(span.trace_id) = 16 AND length(span.span_id) = 8 AND span.trace_id != unhex('00000000000000000000000000000000') AND span.span_id != unhex('0000000000000000')`,
}

const severity = `multiIf(
    record.severity_number BETWEEN 1 AND 24, record.severity_number,
    lower(record.severity_text) = 'trace', 1, lower(record.severity_text) = 'debug', 5, lower(record.severity_text) IN ('warn', 'warning'), 13,
    lower(record.severity_text) = 'error', 17, lower(record.severity_text) IN ('fatal', 'critical'), 21, 9)`

const logs: Insert = {
  table: 'logs',
  columns: `${stampColumns}, time, sequence, severity, body, trace_id, span_id, attributes, received`,
  message: 'LogEnvelope',
  structure: envelope(
    `resource_logs Array(Tuple(scope_logs Array(Tuple(log_records Array(Tuple(time_unix_nano UInt64, observed_time_unix_nano UInt64, severity_number Int32, severity_text String, body ${anyValue}, attributes ${keyValues}, trace_id String, span_id String))))))`,
  ),
  select: (source) => `
SELECT ${stampColumns},
  ${nanoseconds('multiIf(record.time_unix_nano > 0, record.time_unix_nano, record.observed_time_unix_nano > 0, record.observed_time_unix_nano, toUInt64(received) * 1000000000)')} AS time,
  sequence + offset AS sequence, ${severity} AS severity, ${text('record.body', bodyCharactersMax)} AS body,
  toFixedString(if(length(record.trace_id) = 16, record.trace_id, ''), 16) AS trace_id,
  toFixedString(if(length(record.span_id) = 8, record.span_id, ''), 8) AS span_id,
  ${toMap('record.attributes')} AS attributes, received
FROM (
  SELECT ${stampColumns}, received, sequence, record, offset FROM (
    SELECT ${stampColumns}, received, sequence, arrayFlatten(request.resource_logs.scope_logs.log_records) AS records FROM ${source}
  ) ARRAY JOIN records AS record, arrayEnumerate(records) AS offset
)`,
}

// One shape for every kind of point, so that one statement reads the segment once.
const point = (type: string, list: string, fields: string): string =>
  `arrayMap(point -> ('${type}', ${fields}, point.start_time_unix_nano, point.time_unix_nano, point.attributes), ${list})`
const none = '0, [], []'
const number = "if(point.value = 'as_int', toFloat64(point.as_int), point.as_double)"
// NoRecordedValue (bit 0 of flags) says that there is no value: nothing to store.
const recorded = (list: string): string => `arrayFilter(point -> bitAnd(point.flags, 1) = 0, ${list})`
const common = `start_time_unix_nano UInt64, time_unix_nano UInt64, attributes ${keyValues}, flags UInt32`
const numberPoint = `Tuple(value Enum8('none' = 0, 'as_double' = 4, 'as_int' = 6), as_double Float64, as_int Int64, ${common})`

const metrics: Insert = {
  table: 'metric_points',
  columns: `${stampColumns}, name, time, start, type, unit, temporality, monotonic, value, count, bounds, bucket_counts, attributes, received`,
  message: 'MetricEnvelope',
  structure: envelope(
    `resource_metrics Array(Tuple(scope_metrics Array(Tuple(metrics Array(Tuple(name String, unit String, gauge Tuple(data_points Array(${numberPoint})), sum Tuple(data_points Array(${numberPoint}), aggregation_temporality Int32, is_monotonic Bool), histogram Tuple(data_points Array(Tuple(count UInt64, sum Float64, bucket_counts Array(UInt64), explicit_bounds Array(Float64), ${common})), aggregation_temporality Int32), exponential_histogram Tuple(data_points Array(Tuple(count UInt64, sum Float64, ${common})), aggregation_temporality Int32), summary Tuple(data_points Array(Tuple(count UInt64, sum Float64, ${common})))))))))`,
  ),
  select: (source) => `
SELECT ${stampColumns}, left(metric.name, 256) AS name,
  ${nanoseconds('if(each.7 > 0, each.7, toUInt64(received) * 1000000000)')} AS time, ${nanoseconds('each.6')} AS start, each.1 AS type, left(metric.unit, 64) AS unit,
  greatest(metric.sum.aggregation_temporality, metric.histogram.aggregation_temporality, metric.exponential_histogram.aggregation_temporality) AS temporality,
  metric.sum.is_monotonic AS monotonic, each.2 AS value, each.3 AS count, each.5 AS bounds, each.4 AS bucket_counts, ${toMap('each.8')} AS attributes, received
FROM (
  SELECT ${stampColumns}, received, metric, arrayJoin(arrayConcat(
    ${point('gauge', recorded('metric.gauge.data_points'), `${number}, ${none}`)},
    ${point('sum', recorded('metric.sum.data_points'), `${number}, ${none}`)},
    ${point('histogram', recorded('metric.histogram.data_points'), 'point.sum, point.count, point.bucket_counts, point.explicit_bounds')},
    ${point('exponential_histogram', recorded('metric.exponential_histogram.data_points'), 'point.sum, point.count, [], []')},
    ${point('summary', recorded('metric.summary.data_points'), 'point.sum, point.count, [], []')}
  )) AS each
  FROM (SELECT ${stampColumns}, received, arrayJoin(arrayFlatten(request.resource_metrics.scope_metrics.metrics)) AS metric FROM ${source})
)
WHERE metric.name != ''`,
}

export const inserts: Readonly<Record<Signal, Insert>> = { traces, metrics, logs }
