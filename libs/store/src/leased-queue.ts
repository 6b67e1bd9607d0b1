import { failure } from '@plinth/contracts'
import { backoffMs, pause, type Logger, type Worker } from '@plinth/kernel'
import type { Tx } from './database.ts'
import { createLoop } from './loop.ts'
import { claim, finish, heartbeat, holds, release, type Claim } from './queue-claims.ts'
import type { Store } from './store.ts'
import { queueTopic } from './wake.ts'

export type QueueContext = {
  /** 1 at the first try since the key last succeeded. */
  attempt: number
  /** Aborted when the lease is lost or the worker stops: end soon, what is left is done by the next run. */
  signal: AbortSignal
  /** Throws unless this run still holds the lease, and keeps it until the transaction ends: call it before writing. */
  fence(tx: Tx): Promise<void>
}

export type QueueOptions = {
  name: string
  /** Keys that run at the same time in this process. */
  concurrency: number
  /** Milliseconds after which the key of a dead worker is free; 5,000 unless given. */
  leaseMs?: number
  /** `done`, or when to run again; a throw is a retry with backoff. */
  handle(key: string, context: QueueContext): Promise<'done' | { againInMs: number }>
  logger: Logger
}

const pollMs = 200
const graceMs = 2_000
const stopMsMax = 10_000
const retryMs = { base: 200, cap: 30_000 }

type Run = { claim: Claim; abort: AbortController; done: Promise<void>; expiry?: NodeJS.Timeout }

/**
 * Runs `handle` for the keys of a queue, each key at most once at a time over all replicas. A heartbeat, at a bit less
 * than a third of the lease, keeps it; when it can't be confirmed in time the run's signal is aborted before anyone else
 * may claim the key. `stop` lets runs end for two seconds, then aborts them; what they leave is free at once.
 */
export function leasedQueue(
  store: Store,
  { name, concurrency, leaseMs = 5_000, handle, logger }: QueueOptions,
): Worker {
  const log = logger.child({ worker: `queue ${name}` })
  const runs = new Set<Run>()
  const db = store.systemDb
  let stopping = false
  let beat: NodeJS.Timeout | undefined
  let off: (() => void) | undefined

  const settle = async (run: Run): Promise<void> => {
    const { claim: mine, abort } = run
    const fence = async (tx: Tx): Promise<void> => {
      if (!(await holds(tx, name, mine)))
        throw failure('platform.conflict', { detail: 'Another worker has taken this over.' })
    }
    try {
      const outcome = await handle(mine.key, { attempt: mine.attempt, signal: abort.signal, fence })
      if (outcome === 'done') await retried(() => finish(db, name, mine))
      else await retried(() => release(db, name, mine, { delayMs: outcome.againInMs, attempt: 0 }))
    } catch (error) {
      const interrupted = stopping && abort.signal.aborted
      const delayMs = interrupted ? 0 : backoffMs(mine.attempt, retryMs.base, retryMs.cap)
      const attempt = interrupted ? mine.attempt - 1 : mine.attempt
      if (!interrupted)
        log.warn({ key: mine.key, attempt, delayMs, error: String(error) }, 'work failed, trying again later')
      await retried(() => release(db, name, mine, { delayMs, attempt, error: String(error).slice(0, 2_000) }))
    }
  }

  /** Tells the row how it ended. Where even that fails the lease runs out and the key runs again, as after a crash. */
  const retried = async (write: () => Promise<boolean>): Promise<void> => {
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

  /**
   * The lease holds for its full time from when it was asked for, at the earliest. Unless it is confirmed again before
   * nine tenths of that, the run is told to end while the key is still its own.
   */
  const confirm = (run: Run, askedMs: number): void => {
    clearTimeout(run.expiry)
    if (!runs.has(run)) return
    const leftMs = askedMs + leaseMs * 0.9 - performance.now()
    run.expiry = setTimeout(() => run.abort.abort(new Error('the lease could not be kept')), leftMs)
  }

  const begin = (mine: Claim, confirmedMs: number): void => {
    const run: Run = { claim: mine, abort: new AbortController(), done: Promise.resolve() }
    runs.add(run)
    confirm(run, confirmedMs)
    run.done = settle(run).finally(() => {
      clearTimeout(run.expiry)
      runs.delete(run)
      loop.wake()
    })
  }

  let keeping = false
  const keep = async (): Promise<void> => {
    const held = [...runs]
    const askedMs = performance.now()
    if (held.length === 0 || keeping) return
    keeping = true
    try {
      const mine = await heartbeat(
        db,
        name,
        leaseMs,
        held.map((run) => run.claim),
      )
      for (const run of held) {
        if (mine.has(run.claim.token)) confirm(run, askedMs)
        else run.abort.abort(new Error('the lease was lost'))
      }
    } catch (error) {
      log.warn({ error: String(error) }, 'a heartbeat failed')
    } finally {
      keeping = false
    }
  }

  const loop = createLoop({
    pollMs,
    log,
    async turn() {
      const free = concurrency - runs.size
      if (free <= 0 || stopping) return 'wait'
      const askedMs = performance.now()
      const claims = await claim(db, name, leaseMs, free)
      for (const mine of claims) begin(mine, askedMs)
      return 'wait' // fewer than asked for means no more is due, and the end of a run wakes the loop
    },
  })

  return {
    name: `queue ${name}`,
    start() {
      stopping = false
      off = store.wake.on(queueTopic(name), loop.wake)
      beat = setInterval(() => void keep(), leaseMs * 0.3)
      loop.start()
    },
    async stop() {
      stopping = true
      off?.()
      await loop.stop()
      const ended = (): Promise<unknown> => Promise.all([...runs].map((run) => run.done))
      await Promise.race([ended(), pause(graceMs)])
      for (const run of runs) run.abort.abort(new Error('the worker stops'))
      await Promise.race([ended(), pause(stopMsMax)])
      if (runs.size > 0) log.error({ keys: [...runs].map((run) => run.claim.key) }, 'runs ignore that they should end')
      clearInterval(beat)
    },
  }
}
