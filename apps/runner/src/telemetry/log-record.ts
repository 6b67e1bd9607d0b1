import { attributes, nanoseconds, type Attribute } from './otlp.ts'

export type LogRecord = {
  timeUnixNano: string
  observedTimeUnixNano: string
  severityNumber: number
  severityText: string
  body: { stringValue: string }
  attributes: Attribute[]
  traceId?: string
  spanId?: string
}

/** OpenTelemetry's severity numbers: the first of each range (logs data model, "SeverityNumber"). */
const severities = { TRACE: 1, DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17, FATAL: 21 } as const
type Severity = keyof typeof severities

const names: Readonly<Record<string, Severity>> = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  notice: 'INFO',
  log: 'INFO',
  warn: 'WARN',
  warning: 'WARN',
  error: 'ERROR',
  err: 'ERROR',
  fatal: 'FATAL',
  critical: 'FATAL',
  crit: 'FATAL',
  emerg: 'FATAL',
  alert: 'FATAL',
  panic: 'FATAL',
}
const known = new Set([
  'level',
  'severity',
  'msg',
  'message',
  'time',
  'timestamp',
  'ts',
  'trace_id',
  'traceId',
  'span_id',
  'spanId',
])
const attributesMax = 32
const attributeLengthMax = 1_024

/** One line of output as a log record: the members of a JSON line are understood, any other line is its own message. */
export function logRecord(line: string, stream: 'stdout' | 'stderr', nowMs: number): LogRecord {
  const fields = jsonObject(line)
  const severity = severityOf(fields?.['level'] ?? fields?.['severity']) ?? (stream === 'stderr' ? 'ERROR' : 'INFO')
  const traceId = identifier(fields?.['trace_id'] ?? fields?.['traceId'], 32)
  const spanId = identifier(fields?.['span_id'] ?? fields?.['spanId'], 16)
  const message = fields?.['msg'] ?? fields?.['message']
  return {
    timeUnixNano: nanoseconds(timeOf(fields?.['time'] ?? fields?.['timestamp'] ?? fields?.['ts'], nowMs)),
    observedTimeUnixNano: nanoseconds(nowMs),
    severityNumber: severities[severity],
    severityText: severity,
    body: { stringValue: typeof message === 'string' ? message : line },
    attributes: attributes({ 'log.iostream': stream, ...(fields && restOf(fields)) }),
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
  }
}

function jsonObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function severityOf(level: unknown): Severity | undefined {
  if (typeof level === 'string') {
    const name = level.toLowerCase()
    return Object.hasOwn(names, name) ? names[name] : undefined
  }
  if (typeof level !== 'number') return undefined
  // pino's and bunyan's numbers.
  if (level >= 60) return 'FATAL'
  if (level >= 50) return 'ERROR'
  if (level >= 40) return 'WARN'
  if (level >= 30) return 'INFO'
  return level >= 20 ? 'DEBUG' : 'TRACE'
}

function timeOf(value: unknown, nowMs: number): number {
  const read = typeof value === 'string' ? Date.parse(value) : Number(value ?? NaN)
  // Seconds where somebody gives those; and a clock that is far off is not believed.
  const milliseconds = read < 1e11 ? read * 1_000 : read
  return Number.isFinite(milliseconds) && Math.abs(milliseconds - nowMs) < 86_400_000 ? milliseconds : nowMs
}

const identifier = (value: unknown, length: number): string | undefined =>
  typeof value === 'string' && new RegExp(`^[0-9a-f]{${length}}$`).test(value) && !/^0+$/.test(value)
    ? value
    : undefined

function restOf(fields: Record<string, unknown>): Record<string, string> {
  const rest = Object.entries(fields)
    .filter(([name]) => !known.has(name))
    .slice(0, attributesMax)
  return Object.fromEntries(
    rest.map(([name, value]) => [
      name,
      (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, attributeLengthMax),
    ]),
  )
}
