import { revokeToken } from '@plinth/contracts'
import type { Worker } from '@plinth/kernel'
import { leasedQueue } from '@plinth/store'
import type { Parts } from '../parts.ts'
import {
  attemptKey,
  changePipeline,
  delayQueue,
  offered,
  offerQueue,
  readAttemptKey,
  revocationQueue,
} from './coordinator.ts'
import { jobById } from './job-row.ts'

const repeatMs = { first: 30_000, most: 10 * 60_000 }

/**
 * Puts what is pending on the work queue of the runners, and again, less and less often, for as long as nobody claims
 * it: the broker may have lost it, or a runner died with it in hand. Claiming twice is harmless, so offering is too.
 */
export function offerWorker(parts: Parts): Worker {
  return leasedQueue(parts.store, {
    name: offerQueue,
    concurrency: 16,
    // Short, so that what a killed process had in hand is offered again soon.
    leaseMs: 2_000,
    logger: parts.logger,
    handle: async (key) => {
      const { job: id, attempt } = readAttemptKey(key)
      const job = await jobById(parts.store.db, id)
      if (job === undefined || job.status !== 'pending' || job.attempt !== attempt) return 'done'
      await parts.offers.offer(job.tag, attemptKey(id, attempt), { job: id, attempt, project: job.project })
      const waitedMs = parts.clock.now().getTime() - Date.parse(job.queuedAt ?? '')
      return { againInMs: Math.min(Math.max(repeatMs.first, waitedMs || 0), repeatMs.most) }
    },
  })
}

/** Starts what was planned for later once its time has come; one that was played or canceled meanwhile is left alone. */
export function delayWorker(parts: Parts): Worker {
  return leasedQueue(parts.store, {
    name: delayQueue,
    concurrency: 4,
    logger: parts.logger,
    handle: async (key) => {
      const { job: id, attempt } = readAttemptKey(key)
      const job = await jobById(parts.store.db, id)
      if (job?.status !== 'scheduled' || job.attempt !== attempt) return 'done'
      await changePipeline(parts, job.pipeline, async (change) => {
        const now = change.job(id)
        if (now?.status === 'scheduled' && now.attempt === attempt)
          change.set(now, offered(now, 'waits for a runner', change.now))
      })
      return 'done'
    },
  })
}

export const tokenPurpose = (job: string, attempt: number): string => `job:${attemptKey(job, attempt)}`

/** The token of an attempt ends with it; asked for again until authorization has said so. */
export function revocationWorker(parts: Parts): Worker {
  return leasedQueue(parts.store, {
    name: revocationQueue,
    concurrency: 4,
    logger: parts.logger,
    handle: async (key, { signal }) => {
      const { job, attempt } = readAttemptKey(key)
      await parts.bus.ask(revokeToken, { purpose: tokenPurpose(job, attempt) }, { signal })
      return 'done'
    },
  })
}
