import { issueToken, type claimJob, type RpcRequest, type RpcResponse } from '@plinth/contracts'
import { enqueue, rows, sql } from '@plinth/store'
import type { PlannedJob } from '@plinth/ci'
import { beginLog } from '../logs/log-store.ts'
import type { Parts } from '../parts.ts'
import { appendPipelineChanged } from './coordinator.ts'
import { lockPipeline, writePipeline, type PipelineRow } from '../pipelines/pipeline-row.ts'
import { assignmentOf, missingArtifact } from './assignment.ts'
import { appendJobChanged, attemptKey, changePipeline, offerQueue, revocationQueue, watchQueue } from './coordinator.ts'
import { jobById, jobsOf, type JobRow } from './job-row.ts'
import { tokenPurpose } from './offers.ts'

type Claim = RpcRequest<typeof claimJob>
type ClaimAnswer = RpcResponse<typeof claimJob>

const tokenGraceSeconds = 600
const retryOfferMs = 1_000

/** Gives the attempt to the first runner that asks. Everybody else, and whoever comes too late, gets `claimed: false`. */
export async function claim(parts: Parts, request: Claim): Promise<ClaimAnswer> {
  const won = await win(parts, request)
  if (won === undefined) return { claimed: false }
  parts.signals.wake(request.job)
  const { job, pipeline, spec } = won
  const jobs = await jobsOf(parts.store.db, pipeline.id)
  const missing = await missingArtifact(parts.store.db, spec, job, jobs)
  if (missing !== undefined) {
    await failUnstarted(parts, request, pipeline.id, missing)
    return { claimed: false }
  }
  const token = await orGiveBack(parts, request, job, () => tokenFor(parts, request, won))
  // Canceled while the token was made: its withdrawal may have come before it, so it is asked for once more.
  if (!(await stillOurs(parts, request))) {
    await enqueue(parts.store.db, revocationQueue, attemptKey(request.job, request.attempt))
    return { claimed: false }
  }
  const assignment = await orGiveBack(parts, request, job, () =>
    assignmentOf(parts, { job, pipeline, spec, jobs, token }),
  )
  return { claimed: true, assignment }
}

type Won = { job: JobRow; pipeline: PipelineRow; spec: PlannedJob }

function win(parts: Parts, { job: id, attempt, runner }: Claim): Promise<Won | undefined> {
  return parts.store.transaction(async (tx) => {
    const before = await jobById(tx, id)
    if (before === undefined || before.status !== 'pending' || before.attempt !== attempt) return undefined
    const pipeline = await lockPipeline(tx, before.pipeline)
    if (pipeline === undefined) return undefined
    const now = parts.clock.now().toISOString()
    const [taken] = await rows<{ spec: PlannedJob }>(
      tx,
      sql`
      update jobs set status = 'running', runner = ${runner}, started_at = ${now}, heartbeat_at = clock_timestamp(), reason = null
      where id = ${id} and attempt = ${attempt} and status = 'pending' returning spec`,
    )
    const job = await jobById(tx, id)
    if (taken === undefined || job === undefined) return undefined
    await beginLog(tx, job, taken.spec.notes)
    await enqueue(tx, watchQueue, attemptKey(id, attempt), { delayMs: parts.limits.silenceMs })
    await appendJobChanged(tx, pipeline, job)
    if (pipeline.status !== 'running') {
      Object.assign(pipeline, { status: 'running', startedAt: pipeline.startedAt ?? now, finishedAt: null })
      await writePipeline(tx, pipeline)
      await appendPipelineChanged(tx, pipeline, [])
    }
    return { job, pipeline, spec: taken.spec }
  })
}

/** A token for this attempt alone; it says of which repository, whose component is the owner of what it registers. */
async function tokenFor(parts: Parts, { job: id, attempt }: Claim, { job, pipeline }: Won): Promise<string> {
  const { token } = await parts.bus.ask(issueToken, {
    purpose: tokenPurpose(id, attempt),
    subject: `job:${job.project}/${job.pipeline}`,
    groups: [`group:${job.project}/jobs`],
    claims: { project: job.project, repository: pipeline.repository, pipeline: job.pipeline, job: id, attempt: String(attempt) }, // prettier-ignore
    ttlSeconds: job.timeoutSeconds + tokenGraceSeconds,
  })
  return token
}

/** Where authorization can't make what the attempt needs, the attempt goes back, to be claimed again. */
async function orGiveBack<T>(
  parts: Parts,
  { job: id, attempt, runner }: Claim,
  job: JobRow,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await parts.store.transaction(async (tx) => {
      await lockPipeline(tx, job.pipeline)
      const released =
        await tx.execute(sql`update jobs set status = 'pending', runner = null, started_at = null, heartbeat_at = null
        where id = ${id} and attempt = ${attempt} and status = 'running' and runner = ${runner}`)
      if (released.rowCount === 1) await enqueue(tx, offerQueue, attemptKey(id, attempt), { delayMs: retryOfferMs })
    })
    throw error
  }
}

async function stillOurs(parts: Parts, { job: id, attempt, runner }: Claim): Promise<boolean> {
  const job = await jobById(parts.store.db, id)
  return job?.status === 'running' && job.attempt === attempt && job.runner === runner
}

const failUnstarted = (
  parts: Parts,
  { job: id, attempt }: Claim,
  pipeline: string,
  reason: string,
): Promise<void | undefined> =>
  changePipeline(parts, pipeline, async ({ job: find, set, now }) => {
    const job = find(id)
    if (job?.status === 'running' && job.attempt === attempt) set(job, { status: 'failed', reason, finishedAt: now })
  })
