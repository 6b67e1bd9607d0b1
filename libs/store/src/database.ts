import type { SQL } from 'drizzle-orm'
import { sql } from './drizzle.ts'
import type { NodePgDatabase, NodePgTransaction } from 'drizzle-orm/node-postgres'
import type { ExtractTablesWithRelations } from 'drizzle-orm'

type NoSchema = Record<string, never>

/** drizzle over the pool: each statement is its own transaction. */
export type Db = NodePgDatabase
/** drizzle inside a transaction; a nested `transaction` of it is a savepoint. */
export type Tx = NodePgTransaction<NoSchema, ExtractTablesWithRelations<NoSchema>>
/** The required first argument of every store function: the caller decides about the transaction. */
export type Executor = Db | Tx

/**
 * Runs SQL text and returns its rows. Types as pg gives them through drizzle: bigint and timestamptz are strings, so
 * cast in the SQL (`count(*)::int`) or let it format (`isoTime`).
 */
export async function rows<Row extends Record<string, unknown>>(executor: Executor, query: SQL): Promise<Row[]> {
  const result = await executor.execute<Row>(query)
  return result.rows as Row[]
}

/** A timestamptz column as RFC 3339 in UTC with milliseconds, whatever the session's time zone. */
export const isoTime = (column: SQL): SQL<string> =>
  sql<string>`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
