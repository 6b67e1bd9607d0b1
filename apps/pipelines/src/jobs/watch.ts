import type { heartbeatJob, RpcRequest, RpcResponse } from '@plinth/contracts'
import type { Worker } from '@plinth/kernel'
import { leasedQueue, rows, type Executor, sql } from '@plinth/store'
import type { Parts } from '../parts.ts'
import { changePipeline, readAttemptKey, watchQueue } from './coordinator.ts'
import { failedState, tryAgain, type Failure } from './finish.ts'
import { jobById, type JobRow } from './job-row.ts'

type Heartbeat = RpcRequest<typeof heartbeatJob>
type HeartbeatAnswer = RpcResponse<typeof heartbeatJob>

/** Notes that the attempt lives, or says why it must stop. */
export async function heartbeat({ store }: Parts, { job: id, attempt, runner }: Heartbeat): Promise<HeartbeatAnswer> {
  const alive = await store.db.execute(sql`update jobs set heartbeat_at = clock_timestamp()
    where id = ${id} and attempt = ${attempt} and runner = ${runner} and status = 'running'`)
  if (alive.rowCount === 1) return {}
  const job = await jobById(store.db, id)
  if (job === undefined || job.attempt !== attempt) return { stop: 'stale' }
  if (job.status === 'canceled') return { stop: 'canceled' }
  return { stop: job.status === 'failed' && job.reason === timedOut.detail ? 'timeout' : 'stale' }
}

const silent: Failure = { reason: 'runner_system_failure', detail: 'the runner fell silent', exitCode: null }
const timedOut: Failure = { reason: 'job_execution_timeout', detail: 'it ran longer than its timeout', exitCode: null }

/**
 * Looks at every running attempt when its silence would be over or its time is up. Its row in the queue outlives any
 * process, so no attempt is ever left running by nobody.
 */
export function attemptWatcher(parts: Parts): Worker {
  return leasedQueue(parts.store, {
    name: watchQueue,
    concurrency: 4,
    logger: parts.logger,
    handle: async (key, { signal }) => {
      const { job: id, attempt } = readAttemptKey(key)
      const job = await jobById(parts.store.db, id)
      if (job === undefined || !isRunning(job, attempt)) return 'done'
      const leftMs = await timeLeft(parts.store.db, parts, job)
      if (leftMs > 0) return { againInMs: leftMs }
      // Without the broker no heartbeat can reach us: that says nothing of the runner.
      if (!(await brokerAnswers(parts, signal))) {
        await parts.store.db.execute(
          sql`update jobs set heartbeat_at = clock_timestamp() where id = ${id} and attempt = ${attempt}`,
        )
        return { againInMs: parts.limits.silenceMs }
      }
      await giveUp(parts, job, attempt)
      return 'done'
    },
  })
}

const isRunning = (job: JobRow, attempt: number): boolean => job.status === 'running' && job.attempt === attempt

const overtime = (parts: Parts, job: JobRow): number =>
  Date.parse(job.startedAt ?? '') +
  job.timeoutSeconds * 1_000 +
  parts.limits.timeoutGraceMs -
  parts.clock.now().getTime()

async function timeLeft(executor: Executor, parts: Parts, job: JobRow): Promise<number> {
  const [beat] = await rows<{ silentMs: number }>(
    executor,
    sql`
    select extract(epoch from clock_timestamp() - heartbeat_at)::float8 * 1000 as "silentMs" from jobs where id = ${job.id}`,
  )
  return Math.ceil(Math.min(parts.limits.silenceMs - (beat?.silentMs ?? 0), overtime(parts, job)))
}

async function brokerAnswers({ bus }: Parts, signal: AbortSignal): Promise<boolean> {
  try {
    await bus.health.check(signal)
    return true
  } catch {
    return false
  }
}

const giveUp = (parts: Parts, { id, pipeline }: JobRow, attempt: number): Promise<void | undefined> =>
  changePipeline(parts, pipeline, async (change) => {
    const job = change.job(id)
    if (job === undefined || !isRunning(job, attempt) || (await timeLeft(change.tx, parts, job)) > 0) return
    const failed = overtime(parts, job) <= 0 ? timedOut : silent
    if (!tryAgain(change, job, failed)) change.set(job, { ...failedState(job, failed), finishedAt: change.now })
  })

/** After a start nobody could have been heard: every running attempt gets the whole silence once more. */
export const forgiveSilence = ({ store }: Parts): Promise<unknown> =>
  store.db.execute(sql`update jobs set heartbeat_at = clock_timestamp() where status = 'running'`)
