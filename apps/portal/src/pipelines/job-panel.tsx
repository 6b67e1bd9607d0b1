import { Link } from '@tanstack/react-router'
import { useAction } from '../api/actions.ts'
import type { Answer } from '../api/plinth.ts'
import { Button } from '../ui/button.tsx'
import { Hash } from '../ui/copy.tsx'
import { Status, toneOf } from '../ui/status.tsx'
import { between } from '../ui/time.tsx'
import { JobLogView } from './job-log.tsx'

type Job = Answer<'getJob'>

function JobActions({ job: { project, id, status } }: { job: Job }) {
  const params = { project, job: id }
  const stale = ['getPipeline', 'listPipelines', 'getDeliveryLine'] as const
  const cancel = useAction('cancelJob', { stale, done: 'The job is being stopped' })
  const retry = useAction('retryJob', { stale, done: 'The job runs again' })
  const play = useAction('playJob', { stale, done: 'The job starts' })
  if (status === 'manual' || status === 'scheduled')
    return (
      <Button small look="primary" busy={play.isPending} onClick={() => play.mutate({ params })}>
        Start
      </Button>
    )
  if (status === 'running' || status === 'pending')
    return (
      <Button small look="danger" busy={cancel.isPending} onClick={() => cancel.mutate({ params })}>
        Stop the job
      </Button>
    )
  if (status === 'created') return null
  return (
    <Button small busy={retry.isPending} onClick={() => retry.mutate({ params })}>
      Run the job again
    </Button>
  )
}

/** One job: how it went, why, and its log. */
export function JobPanel({ job }: { job: Job }) {
  const {
    name,
    stage,
    status,
    reason,
    exitCode,
    runner,
    startedAt,
    finishedAt,
    attempt,
    allowFailure,
    needs,
    artifact,
    project,
    pipeline,
  } = job
  const facts = [
    stage,
    startedAt === undefined ? undefined : between(startedAt, finishedAt),
    runner === undefined ? undefined : `on ${runner}`,
    attempt > 1 ? `attempt ${attempt}` : undefined,
    exitCode === undefined || exitCode === 0 ? undefined : `exit code ${exitCode}`,
    allowFailure ? 'may fail' : undefined,
    needs.length > 0 ? `after ${needs.join(', ')}` : undefined,
  ].filter((fact) => fact !== undefined)
  return (
    <section aria-label={`Job ${name}`}>
      <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
        <h2 className="text-lg font-semibold">{name}</h2>
        <Status state={status} tone={status === 'failed' && allowFailure ? 'degraded' : toneOf(status)} />
        <p className="numeric min-w-0 flex-1 basis-full text-sm text-quiet sm:basis-0">{facts.join(' · ')}</p>
        {artifact && (
          <span className="text-sm text-quiet">
            artifact <Hash value={artifact.sha256} length={10} /> {Math.ceil(artifact.sizeBytes / 1024)} KiB
          </span>
        )}
        <JobActions job={job} />
      </div>
      {reason !== undefined && (
        <p
          className={`mb-3 text-sm ${status === 'failed' ? (allowFailure ? 'text-degraded' : 'text-failed') : 'text-quiet'}`}
        >
          {reason}
          {status === 'failed' && job.tests && job.tests.failed > 0 && (
            <Link
              to="/projects/$project/pipelines/$pipeline"
              params={{ project, pipeline }}
              search={{ view: 'tests', job: job.id }}
              className="ml-2 text-accent underline underline-offset-2"
            >
              {job.tests.failed} failed tests
            </Link>
          )}
        </p>
      )}
      <JobLogView project={project} job={job.id} status={status} />
    </section>
  )
}
