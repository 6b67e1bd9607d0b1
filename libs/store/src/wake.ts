import { systemClock, type Clock } from '@plinth/kernel'
import type { Executor } from './database.ts'
import { mapDatabaseError } from './errors.ts'

/** Tells the workers of this process that there is work, so that they need not wait for their next poll. */
export type Wake = { wake(topic: string): void; on(topic: string, listener: () => void): () => void }

export const outboxTopic = 'outbox'
export const queueTopic = (queue: string): string => `queue:${queue}`

export function createWake(): Wake {
  const listeners = new Map<string, Set<() => void>>()
  return {
    wake(topic) {
      for (const listener of listeners.get(topic) ?? []) listener()
    },
    on(topic, listener) {
      const those = listeners.get(topic) ?? new Set()
      listeners.set(topic, those.add(listener))
      return () => those.delete(listener)
    },
  }
}

/** What a store function needs to know of the store behind its executor. */
type Behind = { clock: Clock; mark(topic: string): void }

/** By drizzle session, which a transaction shares with its savepoints; of no store of ours: work waits for the poll. */
const behind = new WeakMap<object, Behind>()

/** Joins an executor to its store; from then on its statements fail with AppErrors only (see mapDatabaseError). */
export function attach(executor: Executor, parts: Behind): void {
  const { session } = executor._
  behind.set(session, parts)
  const prepare = session.prepareQuery.bind(session)
  session.prepareQuery = (...definition) => {
    const query = prepare(...definition)
    const execute = query.execute.bind(query)
    query.execute = (values) => execute(values).catch((error: unknown) => Promise.reject(mapDatabaseError(error)))
    return query
  }
}

/** Tells those who listen to a topic, in this process, as soon as the transaction is committed; nobody if it never is. */
export const wakeAfterCommit = (tx: Executor, topic: string): void => behindOf(tx).mark(topic)

export const behindOf = (executor: Executor): Behind =>
  behind.get(executor._.session) ?? { clock: systemClock, mark: () => undefined }
