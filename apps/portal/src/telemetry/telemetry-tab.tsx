import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { ask } from '../api/queries.ts'
import { Loading } from '../ui/empty.tsx'
import { FilterSelect } from '../ui/field.tsx'
import { LogsView } from './logs-view.tsx'
import { TracesView } from './traces-view.tsx'
import { spans, type Where } from './where.ts'

const Metrics = lazy(async () => ({ default: (await import('./metrics-view.tsx')).MetricsView }))

const views = ['logs', 'traces', 'metrics'] as const

export function TelemetryTab() {
  const { project, component } = useParams({ from: '/app/projects/$project/components/$component' })
  const search = useSearch({ from: '/app/projects/$project/components/$component/telemetry' })
  const navigate = useNavigate({ from: '/projects/$project/components/$component/telemetry' })
  const environments =
    useQuery(ask('listEnvironments', { params: { project } })).data?.items.map(({ name }) => name) ?? []
  const view = views.find((one) => one === search.view) ?? 'logs'
  const since = spans.find((one) => one === search.since) ?? '1h'
  const environment = search.environment ?? environments[0]
  const where: Where = { project, component, environment, since }
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <nav aria-label="Telemetry" className="flex rounded-md border border-line bg-surface p-0.5">
          {views.map((one) => (
            <Link
              key={one}
              to="/projects/$project/components/$component/telemetry"
              params={{ project, component }}
              search={(now) => ({ ...now, view: one })}
              resetScroll={false}
              aria-current={one === view ? 'page' : undefined}
              className={`rounded-sm px-3 py-1 text-sm capitalize ${one === view ? 'bg-accent-soft font-medium text-ink' : 'text-quiet hover:text-ink'}`}
            >
              {one}
            </Link>
          ))}
        </nav>
        <FilterSelect
          label="Environment"
          value={environment ?? ''}
          options={environments}
          onChange={(value) => void navigate({ search: (now) => ({ ...now, environment: value }), replace: true })}
        />
        <FilterSelect
          label="Since"
          value={since}
          options={spans}
          onChange={(value) => void navigate({ search: (now) => ({ ...now, since: value }), replace: true })}
        />
      </div>
      {view === 'logs' && <LogsView where={where} />}
      {view === 'traces' && <TracesView where={where} />}
      {view === 'metrics' && (
        <Suspense fallback={<Loading lines={4} />}>
          <Metrics where={where} />
        </Suspense>
      )}
    </>
  )
}
