import { answer, type answers } from '@plinth/bus'
import { appendJobLog, claimJob, failure, finishJob, heartbeatJob, type RpcRequest } from '@plinth/contracts'
import { appendLog } from '../logs/log-store.ts'
import type { Parts } from '../parts.ts'
import { claim } from './claim.ts'
import { finish } from './finish.ts'
import { jobById } from './job-row.ts'
import { heartbeat } from './watch.ts'

/** What runners ask: each answer is one transaction, and none trusts more than the attempt that asks may know. */
export const jobAnswers = (parts: Parts): Parameters<typeof answers>[1] => [
  answer(claimJob, (request) => claim(parts, request)),
  answer(heartbeatJob, (request) => heartbeat(parts, request)),
  answer(appendJobLog, (request) => append(parts, request)),
  answer(finishJob, (request) => finish(parts, request)),
]

/** How long the last lines of an ended attempt are still taken: what was on the way when it was canceled. */
const lateMs = 30_000

async function append(
  parts: Parts,
  { job: id, attempt, runner, offset, text }: RpcRequest<typeof appendJobLog>,
): Promise<{ nextOffset: number }> {
  const nextOffset = await parts.store.transaction(async (tx) => {
    const job = await jobById(tx, id)
    const endedAt = job?.finishedAt ?? null
    const endedMs = endedAt === null ? 0 : parts.clock.now().getTime() - Date.parse(endedAt)
    const isTheirs = job?.attempt === attempt && job.runner === runner && job.status !== 'pending' && endedMs < lateMs
    if (!isTheirs) throw failure('pipelines.attempt_stale')
    return appendLog(tx, id, attempt, offset, text, parts.limits.logBytesMax)
  })
  parts.signals.wake(id)
  return { nextOffset }
}
