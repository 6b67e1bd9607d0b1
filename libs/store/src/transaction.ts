import { backoffMs, pause, type Clock, type Logger } from '@plinth/kernel'
import { drizzle } from './drizzle.ts'
import type { Pool } from 'pg'
import type { Tx } from './database.ts'
import { isConnectionFailure, isRetryable, mapDatabaseError, sqlState } from './errors.ts'
import { attach, type Wake } from './wake.ts'

export type Transact = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>

const attemptsMax = 5

/**
 * Runs work in a transaction (read committed) and, after the commit, wakes the outbox relay and the queues it wrote to.
 * A deadlock or serialization failure runs the work again, five times at most, so it must have no effect outside the
 * database. Throws what the work threw, database errors as AppErrors (see mapDatabaseError). When the connection is lost
 * during the commit nobody knows whether it happened: that is `platform.unavailable`, and not retried.
 */
export function createTransact(pool: Pool, wake: Wake, clock: Clock, logger: Logger): Transact {
  return async (work) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(pool, wake, clock, work)
      } catch (error) {
        if (!isRetryable(error)) throw readable(error)
        if (attempt === attemptsMax) throw mapDatabaseError(error)
        logger.debug({ attempt, sqlState: sqlState(error) }, 'transaction retried')
        await pause(backoffMs(attempt, 10, 200))
      }
    }
  }
}

async function once<T>(pool: Pool, wake: Wake, clock: Clock, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  const marked = new Set<string>()
  let thrown: { error: unknown } | undefined
  let released = false
  const release = (broken: boolean): void => {
    if (!released) client.release(broken)
    released = true
  }
  const db = drizzle(client)
  attach(db, { clock, mark: (topic) => marked.add(topic) })
  try {
    const result = await db.transaction(async (tx) => {
      try {
        return await work(tx)
      } catch (error) {
        thrown = { error }
        // A server that stopped answering would not answer the rollback either: end the connection, which is one.
        if (isConnectionFailure(error)) release(true)
        throw error
      }
    })
    release(false)
    for (const topic of marked) wake.wake(topic)
    return result
  } catch (error) {
    // A rollback that fails leaves a connection in an unknown state; what the work threw is still the reason to tell.
    release(thrown === undefined || thrown.error !== error)
    throw thrown === undefined ? error : thrown.error
  }
}

/** Business errors pass untouched, with their class; anything of the database becomes an AppError. */
function readable(error: unknown): unknown {
  const mapped = mapDatabaseError(error)
  return mapped.code === 'platform.bug' && sqlState(error) === undefined ? error : mapped
}
