import type { Insert } from '../storage/inserts.ts'

export type Row = Readonly<Record<string, unknown>>

/** What a failed statement means for who asked; its text is for the log only. */
export type EngineErrorKind = 'too_expensive' | 'unavailable' | 'refused'

export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly kind: EngineErrorKind
  constructor(kind: EngineErrorKind, message: string) {
    super(message)
    this.kind = kind
  }
}

/** The store, in process or across HTTP: the same SQL. */
export type Engine = {
  /** Rows of a statement that can only read tables; throws EngineError. */
  query(statement: string): Promise<Row[]>
  /** A statement that changes tables. */
  run(statement: string): Promise<void>
  /** The rows of a segment file; a repeat with the same token does nothing. */
  insert(insert: Insert, file: string, token: string): Promise<void>
  close(): Promise<void>
}

// ClickHouse ErrorCodes.cpp: 158, 159, 160, 307, 396, 241 are limits that a query ran into.
const tooExpensive = new Set([158, 159, 160, 241, 307, 396])
// Passing troubles of the store: 202 too many queries, 209/210 network, 236 aborted, 243 no space, 252 too many parts,
// 76/1000 files that could not be opened.
const unavailable = new Set([76, 202, 209, 210, 236, 243, 252, 999, 1000])

/** Reads `Code: 123. DB::Exception: …`. */
export function engineError(message: string): EngineError {
  const code = Number(/Code: (\d+)/.exec(message)?.[1] ?? 0)
  const kind = tooExpensive.has(code)
    ? 'too_expensive'
    : unavailable.has(code) || code === 0
      ? 'unavailable'
      : 'refused'
  return new EngineError(kind, message.slice(0, 2_000))
}

/**
 * What every reading statement ends with. `readonly = 1` also takes `file()`, `url()` and their kin away, should a
 * statement ever come to name one.
 */
export const readSettings = [
  'readonly = 1',
  'max_execution_time = 10',
  "timeout_overflow_mode = 'throw'",
  'max_memory_usage = 1000000000',
  'max_bytes_before_external_group_by = 300000000',
  'max_rows_to_read = 500000000',
  'max_result_rows = 200000',
  'max_result_bytes = 100000000',
  'max_threads = 2',
].join(', ')

/** Settings of an insert: the messages' schema, and exactly once per token (one thread, so that blocks repeat alike). */
export const insertSettings = (
  message: string,
  schema: string,
  token: string,
): Readonly<Record<string, string | number>> => ({
  format_schema_source: 'string',
  format_schema: schema,
  format_schema_message_name: message,
  input_format_protobuf_oneof_presence: 1,
  insert_deduplicate: 1,
  deduplicate_insert_select: 'force_enable',
  insert_deduplication_token: token,
  max_threads: 1,
  max_insert_threads: 1,
  max_memory_usage: 3_000_000_000,
})
