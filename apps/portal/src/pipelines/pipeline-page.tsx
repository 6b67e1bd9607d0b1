import { useQuery } from '@tanstack/react-query'
import { Link, useParams, useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useAction } from '../api/actions.ts'
import type { Answer } from '../api/plinth.ts'
import { ask } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Hash } from '../ui/copy.tsx'
import { Loading } from '../ui/empty.tsx'
import { Load } from '../ui/load.tsx'
import { Page, Section } from '../ui/page.tsx'
import { StatusShape, toneOf } from '../ui/status.tsx'
import { Ago, between } from '../ui/time.tsx'
import { ConfigProblems } from './config-problems.tsx'
import { JobPanel } from './job-panel.tsx'
import { TestResults } from './test-results.tsx'

const Graph = lazy(async () => ({ default: (await import('./graph.tsx')).PipelineGraph }))

type Pipeline = Answer<'getPipeline'>

const ended = new Set(['success', 'failed', 'canceled', 'skipped'])

function Actions({ pipeline }: { pipeline: Pipeline }) {
  const { project, id, status } = pipeline
  const params = { project, pipeline: id }
  const stale = ['getPipeline', 'listPipelines', 'getDeliveryLine'] as const
  const cancel = useAction('cancelPipeline', { stale, done: 'Every job that had not ended is being stopped' })
  const retry = useAction('retryPipeline', { stale, done: 'The failed and canceled jobs run again' })
  return ended.has(status) ? (
    status !== 'success' && (
      <Button busy={retry.isPending} onClick={() => retry.mutate({ params })}>
        Run failed jobs again
      </Button>
    )
  ) : (
    <Button look="danger" busy={cancel.isPending} onClick={() => cancel.mutate({ params })}>
      Cancel
    </Button>
  )
}

function Lead({ pipeline }: { pipeline: Pipeline }) {
  const { project, repository, author, ref, revision, createdAt, startedAt, finishedAt, status } = pipeline
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      <span className="inline-flex items-center gap-1.5 text-ink">
        <StatusShape tone={toneOf(status)} /> {status}
      </span>
      <span>
        <Link
          to="/projects/$project/components/$component"
          params={{ project, component: repository }}
          className="underline decoration-line-strong underline-offset-2 hover:text-ink"
        >
          {repository}
        </Link>
        {' · '}
        <code>{ref.replace(/^refs\/(heads|tags)\//, '')}</code> at <Hash value={revision} /> by {author},{' '}
        <Ago at={createdAt} />
        {startedAt !== undefined && ` · ${between(startedAt, finishedAt)}`}
      </span>
    </span>
  )
}

/** Why did it pass, fail, or not run? The chosen job opens below the graph, and its URL can be shared to the line. */
export function PipelinePage() {
  const { project, pipeline: id } = useParams({ from: '/app/projects/$project/pipelines/$pipeline' })
  const { job: chosen, view } = useSearch({ from: '/app/projects/$project/pipelines/$pipeline' })
  const pipeline = useQuery(ask('getPipeline', { params: { project, pipeline: id } }))
  const data = pipeline.data
  const job =
    data?.jobs.find((one) => one.id === chosen) ??
    data?.jobs.find(({ status, allowFailure }) => status === 'failed' && !allowFailure) ??
    data?.jobs.find(({ status }) => status === 'running') ??
    data?.jobs[0]
  const here = '/projects/$project/pipelines/$pipeline'
  const tab = (text: string, search: { view?: string; job?: string }, current: boolean) => (
    <Link
      to={here}
      params={{ project, pipeline: id }}
      search={search}
      replace
      aria-current={current ? 'page' : undefined}
      className={`-mb-px border-b-2 py-2 ${current ? 'border-accent font-medium' : 'border-transparent text-quiet hover:text-ink'}`}
    >
      {text}
    </Link>
  )
  const title = data ? `#${data.number} ${data.title}` : 'Pipeline'
  return (
    <Page
      title={title}
      lead={data && <Lead pipeline={data} />}
      cli={`plinth pipeline show ${id} --project ${project}${job ? `\nplinth pipeline logs ${job.id} --project ${project} -f` : ''}`}
      actions={data && <Actions pipeline={data} />}
      wide
    >
      <Load of={pipeline}>
        {(loaded) => (
          <>
            <ConfigProblems problems={loaded.problems} />
            {loaded.jobs.length > 0 && (
              <Section title="Jobs" aside={`${loaded.jobs.length} in ${loaded.stages.length} stages`}>
                <Suspense fallback={<Loading lines={3} />}>
                  <Graph pipeline={loaded} chosen={job?.id} />
                </Suspense>
              </Section>
            )}
            {loaded.jobs.length > 0 && (
              <nav aria-label="Pipeline" className="mt-8 mb-4 flex gap-5 border-b border-line">
                {tab('Log', job ? { job: job.id } : {}, view !== 'tests')}
                {tab(
                  `Tests${loaded.tests ? ` ${loaded.tests.passed + loaded.tests.failed + loaded.tests.skipped}` : ''}`,
                  { view: 'tests', ...(job && { job: job.id }) },
                  view === 'tests',
                )}
              </nav>
            )}
            {view === 'tests' ? (
              <TestResults project={project} pipeline={id} />
            ) : (
              job && <JobPanel key={`${job.id} ${job.attempt}`} job={job} />
            )}
          </>
        )}
      </Load>
    </Page>
  )
}
