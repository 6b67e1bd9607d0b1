import type { Logger } from '@plinth/kernel'
import { Pool, type ClientConfig } from 'pg'

/** Milliseconds; every one of them is "never" in pg and in PostgreSQL unless it is set. */
export const timeouts = {
  connectMs: 5_000,
  statementMs: 15_000,
  lockMs: 5_000,
  idleInTransactionMs: 30_000,
  /** Ends a wait that the server can't end: a connection that is open on our side only. */
  answerMs: 20_000,
} as const

export type Connection = { url: string; applicationName: string }

export const clientConfig = ({ url, applicationName }: Connection): ClientConfig => ({
  connectionString: url,
  application_name: applicationName,
  connectionTimeoutMillis: timeouts.connectMs,
  statement_timeout: timeouts.statementMs,
  lock_timeout: timeouts.lockMs,
  idle_in_transaction_session_timeout: timeouts.idleInTransactionMs,
  query_timeout: timeouts.answerMs,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
})

/**
 * A pool that survives its server: a lost connection is logged and replaced. The listener sits on every client as well,
 * because the pool's own one is off while a client is lent, and Node ends a process over an `error` nobody listens to.
 */
export function openPool(connection: Connection, max: number, logger: Logger, overrides: ClientConfig = {}): Pool {
  const pool = new Pool({ ...clientConfig(connection), ...overrides, max, idleTimeoutMillis: 30_000 })
  const lost = (error: Error): void => logger.warn({ error: error.message }, 'a database connection was lost')
  pool.on('error', lost)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}
