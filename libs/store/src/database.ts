import type { SQL } from 'drizzle-orm'
import { PgDialect, sql } from './drizzle.ts'
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

const dialect = new PgDialect()

/**
 * As `rows`, for a statement that is run very often and whose text is always the same: each connection keeps its plan
 * under the name, which no other text may have. Planning a statement of five parts takes longer than running it.
 */
export async function plannedRows<Row extends Record<string, unknown>>(
  executor: Executor,
  name: string,
  query: SQL,
): Promise<Row[]> {
  const prepared = executor._.session.prepareQuery(dialect.sqlToQuery(query), undefined, name, false)
  const result = (await prepared.execute()) as { rows: Row[] }
  return result.rows
}

/** A timestamptz column as RFC 3339 in UTC with milliseconds, whatever the session's time zone. */
export const isoTime = (column: SQL): SQL<string> =>
  sql<string>`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
