import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useDeferredValue } from 'react'
import type { Answer } from '../api/plinth.ts'
import { ask } from '../api/queries.ts'
import { Empty } from '../ui/empty.tsx'
import { FilterInput } from '../ui/field.tsx'
import { Load } from '../ui/load.tsx'
import { Status } from '../ui/status.tsx'
import type { Column } from '../ui/table.tsx'
import { Ago, duration } from '../ui/time.tsx'
import { VirtualTable } from '../ui/virtual-table.tsx'
import type { Where } from './where.ts'

type Trace = Answer<'queryTraces'>['items'][number] & { project: string; slowestMs: number }

const columns: readonly Column<Trace>[] = [
  {
    head: 'Result',
    cell: ({ errors }) => (
      <Status
        state={errors > 0 ? 'error' : 'ok'}
        tone={errors > 0 ? 'failed' : 'healthy'}
        text={errors > 0 ? `${errors} errors` : 'ok'}
      />
    ),
  },
  {
    head: 'Trace',
    cell: ({ project, traceId, rootName }) => (
      <Link
        to="/projects/$project/traces/$traceId"
        params={{ project, traceId }}
        className="font-medium hover:text-accent"
      >
        {rootName}
      </Link>
    ),
  },
  {
    head: 'Took',
    right: true,
    cell: ({ durationMs, slowestMs }) => (
      <span className="flex items-center justify-end gap-2">
        <span aria-hidden="true" className="hidden h-1 w-24 overflow-hidden rounded-full bg-sunken md:block">
          <span
            className="block h-full bg-progressing"
            style={{ width: `${Math.max(2, (durationMs / slowestMs) * 100)}%` }}
          />
        </span>
        {duration(durationMs)}
      </span>
    ),
  },
  { head: 'Spans', cell: ({ spans }) => spans, right: true, wide: true },
  { head: 'Environment', cell: ({ environment }) => environment, wide: true },
  { head: 'When', cell: ({ startTime }) => <Ago at={startTime} />, right: true },
]

const refreshMs = 10_000

export function TracesView({ where }: { where: Where }) {
  const { project, component, environment, since } = where
  const search = useSearch({ from: '/app/projects/$project/components/$component/telemetry' })
  const navigate = useNavigate({ from: '/projects/$project/components/$component/telemetry' })
  const wanted = useDeferredValue(search.search ?? '')
  const errorsOnly = search.errors === 'only'
  const traces = useQuery({
    ...ask('queryTraces', {
      params: { project },
      query: {
        workload: component,
        since,
        limit: 500,
        ...(environment !== undefined && { environment }),
        ...(wanted !== '' && { search: wanted }),
        ...(errorsOnly && { errorsOnly }),
      },
    }),
    refetchInterval: refreshMs,
    placeholderData: (before) => before,
  })
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-4">
        <FilterInput
          label="Search traces"
          value={search.search ?? ''}
          onChange={(value) =>
            void navigate({ search: (now) => ({ ...now, search: value === '' ? undefined : value }), replace: true })
          }
        />
        <label className="flex items-center gap-1.5 text-sm">
          <input
            type="checkbox"
            className="accent-(--accent)"
            checked={errorsOnly}
            onChange={(event) =>
              void navigate({
                search: (now) => ({ ...now, errors: event.target.checked ? 'only' : undefined }),
                replace: true,
              })
            }
          />{' '}
          with errors only
        </label>
      </div>
      <Load of={traces}>
        {({ items }) => {
          if (items.length === 0)
            return (
              <Empty title="No trace here">
                Requests to a Node workload are traced without a line of code. Call its address once, and look again.
              </Empty>
            )
          const slowestMs = Math.max(...items.map(({ durationMs }) => durationMs))
          return (
            <VirtualTable
              label="Traces"
              columns={columns}
              rows={items.map((item) => ({ ...item, project, slowestMs }))}
              id={({ traceId }) => traceId}
            />
          )
        }}
      </Load>
    </>
  )
}
