import { failure } from '@plinth/contracts'
import { backoffMs, pause, type Logger } from '@plinth/kernel'
import type { Executor, Tx } from './database.ts'
import { finish, holds, release, type Claim } from './queue-claims.ts'

export type QueueContext = {
  /** 1 at the first try since the key last succeeded. */
  attempt: number
  /** Aborted when the lease is lost or the worker stops: end soon, what is left is done by the next run. */
  signal: AbortSignal
  /** Throws unless this run still holds the lease, and keeps it until the transaction ends: call it before writing. */
  fence(tx: Tx): Promise<void>
}

type Parts = {
  db: Executor
  /** Of the queue. */
  name: string
  handle(key: string, context: QueueContext): Promise<'done' | { againInMs: number }>
  log: Logger
  /** Whether it is the worker's own end that aborts runs; their tries don't count. */
  isStopping(): boolean
}

const retryMs = { base: 200, cap: 30_000 }

/** Makes what runs one claimed key and tells its row how that ended. Never rejects. */
export const queueRun =
  ({ db, name, handle, log, isStopping }: Parts) =>
  async (mine: Claim, signal: AbortSignal): Promise<void> => {
    const fence = async (tx: Tx): Promise<void> => {
      if (!(await holds(tx, name, mine)))
        throw failure('platform.conflict', { detail: 'Another worker has taken this over.' })
    }
    try {
      const outcome = await handle(mine.key, { attempt: mine.attempt, signal, fence })
      if (outcome === 'done') await written(log, () => finish(db, name, mine))
      else await written(log, () => release(db, name, mine, { delayMs: outcome.againInMs, attempt: 0 }))
    } catch (error) {
      const interrupted = isStopping() && signal.aborted
      const delayMs = interrupted ? 0 : backoffMs(mine.attempt, retryMs.base, retryMs.cap)
      const attempt = interrupted ? mine.attempt - 1 : mine.attempt
      if (!interrupted)
        log.warn({ key: mine.key, attempt, delayMs, error: String(error) }, 'work failed, trying again later')
      const reason = String(error).slice(0, 2_000)
      await written(log, () => release(db, name, mine, { delayMs, attempt, error: reason }))
    }
  }

/** Where even three tries to write the end fail, the lease runs out and the key runs again, as after a crash. */
async function written(log: Logger, write: () => Promise<boolean>): Promise<void> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    try {
      await write()
      return
    } catch (error) {
      log.warn({ attempt, error: String(error) }, 'the end of a run could not be written')
      await pause(backoffMs(attempt, 100, 1_000))
    }
  }
}
