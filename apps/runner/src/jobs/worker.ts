import { subscribe, workQueue, type Bus } from '@plinth/bus'
import { JobOffer, jobStopSubject } from '@plinth/contracts'
import { backoffMs, pause, type Worker } from '@plinth/kernel'
import { Value } from 'typebox/value'
import { runAttempt, type AttemptParts, type Interruption } from './attempt.ts'
import type { Attempt, Finish } from './pipelines.ts'

const heartbeatMs = 2_000
const finishTriesMs = 60_000

export type JobWorkerOptions = AttemptParts & { runner: string; concurrency: number }

/** Runs a claimed attempt to its end, and tells; the queue's message is acknowledged only after that. */
export function jobRunner(parts: JobWorkerOptions): {
  take(offer: unknown): Promise<void>
  stop(job: string, attempt: number, why: Interruption): void
  stopAll(): Promise<void>
} {
  const running = new Map<string, { stop: AbortController; done: Promise<void> }>()
  let isStopping = false
  const keyOf = (job: string, attempt: number): string => `${job} ${attempt}`

  async function take(offer: unknown): Promise<void> {
    if (!Value.Check(JobOffer, offer)) {
      parts.logger.error({}, 'threw away an offer that is none')
      return
    }
    const attempt = { job: offer.job, attempt: offer.attempt, runner: parts.runner }
    const answer = await parts.pipelines.claim(attempt)
    if (!answer.claimed) return
    const stop = new AbortController()
    // Claimed while the runner was told to stop: it is given back at once, instead of holding up the stop.
    if (isStopping) stop.abort('stopping' satisfies Interruption)
    const done = carryOut(attempt, answer.assignment, stop)
    const key = keyOf(attempt.job, attempt.attempt)
    running.set(key, { stop, done })
    try {
      await done
    } finally {
      running.delete(key)
    }
  }

  async function carryOut(
    attempt: Attempt,
    assignment: Parameters<typeof runAttempt>[1],
    stop: AbortController,
  ): Promise<void> {
    const over = new AbortController()
    const beating = heartbeat(attempt, stop, over.signal)
    const startedAt = performance.now()
    parts.logger.info({ ...attempt, project: assignment.project, name: assignment.name }, 'a job starts')
    try {
      const how = await runAttempt(attempt, assignment, parts, stop.signal)
      parts.logger.info(
        {
          ...attempt,
          outcome: how.outcome,
          exitCode: how.exitCode,
          durationMs: Math.round(performance.now() - startedAt),
        },
        'a job ended',
      )
      // A stale attempt's word does not count any more.
      if (stop.signal.reason !== 'stale') await tell(attempt, how)
    } finally {
      over.abort()
      await beating
    }
  }

  async function heartbeat(attempt: Attempt, stop: AbortController, over: AbortSignal): Promise<void> {
    for (; !over.aborted; await pause(heartbeatMs, over)) {
      try {
        const answer = await parts.pipelines.heartbeat(attempt)
        if (answer.stop !== undefined) stop.abort(answer.stop satisfies Interruption)
      } catch (error) {
        // The service or the bus is away: the job goes on, and the next beat tells whether it still counts.
        parts.logger.debug({ err: error, job: attempt.job }, 'a heartbeat was not heard')
      }
    }
  }

  async function tell(attempt: Attempt, how: Finish): Promise<void> {
    const giveUpAt = performance.now() + finishTriesMs
    for (let failures = 1; ; failures++) {
      try {
        await parts.pipelines.finish(attempt, how)
        return
      } catch (error) {
        if (performance.now() > giveUpAt) {
          parts.logger.error({ err: error, job: attempt.job }, 'the end of a job could not be told')
          return
        }
        await pause(backoffMs(failures, 200, 3_000))
      }
    }
  }

  return {
    take,
    stop: (job, attempt, why) => running.get(keyOf(job, attempt))?.stop.abort(why),
    async stopAll() {
      isStopping = true
      const all = [...running.values()]
      for (const { stop } of all) stop.abort('stopping' satisfies Interruption)
      await Promise.all(all.map(({ done }) => done.catch(() => undefined)))
    },
  }
}

/** Takes offers for as long as it runs; a stop ends the jobs under way and says so. */
export function jobWorkers(bus: Bus, options: JobWorkerOptions): Worker[] {
  const jobs = jobRunner(options)
  const pull = workQueue(bus, 'jobs').pull({
    name: `jobs ${options.runner}`,
    tokens: ['any'],
    maxInFlight: options.concurrency,
    handle: (body) => jobs.take(body),
  })
  const stops = subscribe(bus, jobStopSubject, (data) => {
    if (typeof data !== 'object' || data === null || !('job' in data) || !('attempt' in data)) return
    jobs.stop(String(data.job), Number(data.attempt), 'canceled')
  })
  if (options.concurrency === 0) return []
  return [
    stops,
    {
      ...pull,
      async stop() {
        await Promise.all([pull.stop(), jobs.stopAll()])
      },
    },
  ]
}
