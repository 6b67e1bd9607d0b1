import { pause, type Logger, type Worker } from '@plinth/kernel'
import { leaseKeeper, type Lease } from './lease-keeper.ts'
import { createLoop } from './loop.ts'
import { claim } from './queue-claims.ts'
import { queueRun, type QueueContext } from './queue-run.ts'
import type { Store } from './store.ts'
import { queueTopic } from './wake.ts'

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

/**
 * Runs `handle` for the keys of a queue, each key at most once at a time over all replicas. A heartbeat keeps its
 * lease; when it can't be confirmed in time the run's signal is aborted before anyone else may claim the key. `stop`
 * lets runs end for two seconds, then aborts them; what they leave is free at once.
 */
export function leasedQueue(store: Store, options: QueueOptions): Worker {
  const { name, concurrency, leaseMs = 5_000, handle, logger } = options
  const log = logger.child({ worker: `queue ${name}` })
  const db = store.systemDb
  const runs = new Map<Lease, Promise<void>>()
  let stopping = false
  let off: (() => void) | undefined
  const keeper = leaseKeeper({ db, name, leaseMs, log })
  const run = queueRun({ db, name, handle, log, isStopping: () => stopping })

  const loop = createLoop({
    pollMs,
    log,
    async turn() {
      const free = concurrency - runs.size
      if (free <= 0 || stopping) return 'wait'
      const askedMs = performance.now()
      for (const mine of await claim(db, name, leaseMs, free)) {
        const lease = keeper.hold(mine, askedMs)
        const ended = run(mine, lease.abort.signal).finally(() => {
          keeper.letGo(lease)
          runs.delete(lease)
          loop.wake()
        })
        runs.set(lease, ended)
      }
      return 'wait' // fewer than asked for means no more is due, and the end of a run wakes the loop
    },
  })

  return {
    name: `queue ${name}`,
    start() {
      stopping = false
      off = store.wake.on(queueTopic(name), loop.wake)
      keeper.start()
      loop.start()
    },
    async stop() {
      stopping = true
      off?.()
      await loop.stop()
      const ended = (): Promise<unknown> => Promise.all(runs.values())
      await Promise.race([ended(), pause(graceMs)])
      for (const lease of runs.keys()) lease.abort.abort(new Error('the worker stops'))
      await Promise.race([ended(), pause(stopMsMax)])
      if (runs.size > 0)
        log.error({ keys: [...runs.keys()].map((lease) => lease.claim.key) }, 'runs ignore that they should end')
      keeper.stop()
    },
  }
}
