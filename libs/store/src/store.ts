import {
  systemClock,
  type Clock,
  type HealthCheck,
  type IdempotencyStore,
  type Inbox,
  type Logger,
} from '@plinth/kernel'
import type { SQL } from 'drizzle-orm'
import { drizzle } from './drizzle.ts'
import type { Pool } from 'pg'
import { rows, type Db, type Tx } from './database.ts'
import { mapDatabaseError } from './errors.ts'
import { housekeeping } from './housekeeping.ts'
import { createIdempotency } from './idempotency.ts'
import { createDeadLetters, createInbox, type DeadLetters } from './inbox.ts'
import { migrate, type MigrationSet } from './migrate.ts'
import { openPool, type Connection } from './pool.ts'
import { createTransact, type Transact } from './transaction.ts'
import { attach, createWake, type Wake } from './wake.ts'

export type StoreOptions = {
  /** `postgres://user:password@host:port/database` */
  url: string
  /** The folder of the service's own `0001_x.sql` files; without it there are the platform's tables only. */
  migrations?: URL
  /** As seen in pg_stat_activity. */
  applicationName: string
  logger: Logger
  clock?: Clock
  /** Connections for requests and work, 8 unless given; the store itself takes up to three more. */
  poolMax?: number
}

export type Store = {
  db: Db
  health: HealthCheck
  idempotency: IdempotencyStore
  inbox: Inbox<Tx>
  deadLetters: DeadLetters
  transaction: Transact
  /** Runs one statement by itself and returns its rows. */
  sql<Row extends Record<string, unknown>>(query: SQL): Promise<Row[]>
  close(): Promise<void>
  /** For the workers of this library: leases must not wait behind requests for a connection. */
  systemDb: Db
  wake: Wake
  connection: Connection
}

const platform: MigrationSet = { namespace: 'platform', folder: new URL('./migrations/', import.meta.url) }

/** A lease that can't be kept within its time must be known to be lost, so its statements may not wait for long. */
const hurried = { statement_timeout: 4_000, lock_timeout: 2_000, query_timeout: 5_000 }

/** Migrates the database, then opens it. Throws MigrationError, or the AppError of a database that is not there. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { url, migrations, applicationName, logger, clock = systemClock, poolMax = 8 } = options
  const connection: Connection = { url, applicationName }
  const sets = migrations === undefined ? [platform] : [platform, { namespace: 'app', folder: migrations }]
  await migrate(connection, sets, logger)
  const wake = createWake()
  const pool = openPool(connection, poolMax, logger)
  const systemPool = openPool({ url, applicationName: `${applicationName} system` }, 2, logger, hurried)
  const db = drizzle(pool)
  const systemDb = drizzle(systemPool)
  for (const executor of [db, systemDb]) attach(executor, { clock, mark: wake.wake })
  const transaction = createTransact(pool, wake, clock, logger)
  const stopHousekeeping = housekeeping(systemDb, logger)
  return {
    db,
    systemDb,
    wake,
    connection,
    transaction,
    health: { name: 'postgres', check: (signal) => roundTrip(systemPool, signal) },
    idempotency: createIdempotency(db),
    inbox: createInbox(db, transaction),
    deadLetters: createDeadLetters(db),
    sql: (query) => rows(db, query),
    async close() {
      await stopHousekeeping()
      await Promise.all([pool.end(), systemPool.end()])
    },
  }
}

/** Asks the server something; rejects when the signal aborts first. */
async function roundTrip(pool: Pool, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(mapDatabaseError(new Error('timeout exceeded when trying to connect')))
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([pool.query('select 1'), aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
