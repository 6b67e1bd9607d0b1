import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { type Answer, follow } from '../api/plinth.ts'
import { ask, invalidate } from '../api/queries.ts'
import { DeliveryLine } from '../delivery/delivery-line.tsx'
import { buttonLook } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { Card, Section } from '../ui/page.tsx'
import { ProblemView } from '../ui/problem-view.tsx'
import { StatusShape, type Tone } from '../ui/status.tsx'
import { between } from '../ui/time.tsx'

type Operation = Answer<'getOperation'>
type Props = { project: string; operation: string; component: string }

const toneOfStep: Readonly<Record<Operation['steps'][number]['state'], Tone>> = {
  waiting: 'waiting',
  running: 'progressing',
  done: 'healthy',
  failed: 'failed',
}

/** The operation as its stream tells it, from the first step to the last. */
function useOperation(project: string, operation: string): { seen: Operation | undefined; error: unknown } {
  const [seen, setSeen] = useState<Operation>()
  const [error, setError] = useState<unknown>()
  useEffect(() => {
    const stop = new AbortController()
    const run = async (): Promise<void> => {
      for await (const { data } of follow('followOperation', { params: { project, operation }, signal: stop.signal }))
        setSeen(data)
      await invalidate(['listCatalog', 'listComponents', 'getDeliveryLine'])
    }
    run().catch((failed: unknown) => setError(failed))
    return () => stop.abort()
  }, [project, operation])
  return { seen, error }
}

const lineEveryMs = 1_500

function Steps({ operation }: { operation: Operation }) {
  return (
    <Card>
      <ol>
        {operation.steps.map(({ name, state, detail, startedAt, finishedAt }) => (
          <li key={name} className="flex items-start gap-3 border-b border-line px-4 py-2.5 last:border-0">
            <StatusShape tone={toneOfStep[state]} size={16} className="mt-0.5" />
            <div className="min-w-0 flex-1">
              <p className={state === 'waiting' ? 'text-quiet' : ''}>
                {name} <span className="sr-only">{state}</span>
              </p>
              {detail !== undefined && <p className="text-sm text-quiet">{detail}</p>}
            </div>
            {finishedAt !== undefined && (
              <span className="numeric text-sm text-quiet">{between(startedAt, finishedAt)}</span>
            )}
          </li>
        ))}
      </ol>
    </Card>
  )
}

/** Ends on the running address: steps first, then the line until development answers. */
export function Progress({ project, operation, component }: Props) {
  const { seen, error } = useOperation(project, operation)
  const line = useQuery({
    ...ask('getDeliveryLine', { params: { project, component } }),
    refetchInterval: (query) =>
      query.state.data?.environments.some(({ health }) => health === 'Healthy') === true ? false : lineEveryMs,
    enabled: seen !== undefined,
  })
  const answering = line.data?.environments.find(({ health, url }) => health === 'Healthy' && url !== undefined)
  return (
    <div className="flex flex-col gap-8">
      {error !== undefined && <ProblemView error={error} />}
      {answering?.url !== undefined && (
        <div
          role="status"
          className="animate-arrive flex flex-wrap items-center gap-x-6 gap-y-3 rounded-md border border-accent bg-accent-soft p-5"
        >
          <div className="min-w-0 flex-1">
            <p className="text-lg font-semibold">{component} answers</p>
            <a href={answering.url} className="break-all text-accent underline underline-offset-2">
              {answering.url}
            </a>
          </div>
          <Link
            to="/projects/$project/components/$component"
            params={{ project, component }}
            className={buttonLook('primary')}
          >
            Go to {component} <Icon name="promote" />
          </Link>
        </div>
      )}
      {line.data && (
        <Section title="On its way" flush>
          <Card className="p-5">
            <DeliveryLine line={line.data} />
          </Card>
        </Section>
      )}
      <Section title="Steps" flush>
        {seen ? (
          <Steps operation={seen} />
        ) : (
          error === undefined && <p className="text-quiet">Waiting for the first step…</p>
        )}
        {seen?.error !== undefined && (
          <p role="alert" className="mt-3 text-failed">
            {seen.error.detail} <code>{seen.error.code}</code>
          </p>
        )}
      </Section>
    </div>
  )
}
