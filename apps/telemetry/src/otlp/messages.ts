import protobuf from 'protobufjs'
import { otlpProto, type Signal } from '../storage/inserts.ts'

const root = protobuf.parse(otlpProto, { keepCase: false }).root

const requestTypes: Readonly<Record<Signal, protobuf.Type>> = {
  traces: root.lookupType('ExportTraceServiceRequest'),
  metrics: root.lookupType('ExportMetricsServiceRequest'),
  logs: root.lookupType('ExportLogsServiceRequest'),
}
const statusType = root.lookupType('StatusBody')
const responseType = root.lookupType('ExportResponse')

/** An attribute value as protobufjs has it. */
export type AnyValue = {
  stringValue?: string | null
  boolValue?: boolean | null
  intValue?: unknown
  doubleValue?: number | null
  arrayValue?: { values?: AnyValue[] } | null
  kvlistValue?: { values?: KeyValue[] } | null
  bytesValue?: Uint8Array | null
}
export type KeyValue = { key?: string; value?: AnyValue | null }
export type ResourcePart = { resource?: { attributes?: KeyValue[] } | null }
export type LogRecordMessage = {
  timeUnixNano?: unknown
  observedTimeUnixNano?: unknown
  severityNumber?: number
  severityText?: string
  body?: AnyValue | null
  attributes?: KeyValue[]
  traceId?: Uint8Array
  spanId?: Uint8Array
}
export type LogsMessage = { resourceLogs?: { scopeLogs?: { logRecords?: LogRecordMessage[] }[] }[] }

/** Throws whatever protobufjs throws when the bytes are no such message. */
export const decodeRequest = (signal: Signal, bytes: Uint8Array): object => requestTypes[signal].decode(bytes)
export const encodeRequest = (signal: Signal, message: object): Uint8Array =>
  requestTypes[signal].encode(message).finish()
/** From a plain object with camel-case members; unknown members are left out. */
export const requestFrom = (signal: Signal, plain: Readonly<Record<string, unknown>>): object =>
  requestTypes[signal].fromObject({ ...plain })

export const encodeStatus = (status: { code: number; message: string }): Uint8Array =>
  statusType.encode(status).finish()
export const encodePartialSuccess = (partialSuccess: { rejected: number; errorMessage: string }): Uint8Array =>
  responseType.encode({ partialSuccess }).finish()

/** The parts of a request, one per resource: `resourceSpans`, `resourceMetrics` or `resourceLogs`. */
export const partsMember = { traces: 'resourceSpans', metrics: 'resourceMetrics', logs: 'resourceLogs' } as const
