import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Answer } from '../api/plinth.ts'
import { ask } from '../api/queries.ts'
import { Empty } from '../ui/empty.tsx'
import { FilterInput } from '../ui/field.tsx'
import { Load } from '../ui/load.tsx'
import { Status } from '../ui/status.tsx'
import type { Column } from '../ui/table.tsx'
import { duration } from '../ui/time.tsx'
import { VirtualTable } from '../ui/virtual-table.tsx'

type TestCase = Answer<'listPipelineTests'>['items'][number]

const columns: readonly Column<TestCase>[] = [
  { head: 'Result', cell: ({ status }) => <Status state={status} /> },
  {
    head: 'Test',
    cell: ({ suite, name, message }) => (
      <>
        <span className="text-quiet">{suite} › </span>
        {name}
        {message !== undefined && (
          <pre className="mt-1 max-h-40 max-w-4xl overflow-auto rounded-md bg-sunken p-2 text-xs whitespace-pre-wrap">
            {message}
          </pre>
        )}
      </>
    ),
  },
  { head: 'Job', cell: ({ job }) => job, wide: true },
  { head: 'Took', cell: ({ durationMs }) => duration(durationMs), right: true },
]

export function TestResults({ project, pipeline }: { project: string; pipeline: string }) {
  const tests = useQuery(ask('listPipelineTests', { params: { project, pipeline } }))
  const [filter, setFilter] = useState('')
  return (
    <Load of={tests}>
      {({ summary, items }) => {
        if (items.length === 0) {
          return (
            <Empty title="No test results">
              A job reports them as JUnit: <code>artifacts: reports: junit: report.xml</code>
            </Empty>
          )
        }
        const wanted = filter.toLowerCase()
        const shown = items.filter(({ suite, name }) => `${suite} ${name}`.toLowerCase().includes(wanted))
        return (
          <>
            <div className="mb-3 flex flex-wrap items-center gap-4">
              <FilterInput label="Filter tests" value={filter} onChange={setFilter} />
              <p className="numeric text-sm text-quiet">
                {summary.passed} passed, {summary.failed} failed, {summary.skipped} skipped in{' '}
                {duration(summary.durationMs)}
              </p>
            </div>
            <VirtualTable
              label="Tests"
              columns={columns}
              rows={shown}
              id={({ suite, name, job }) => `${job} ${suite} ${name}`}
            />
          </>
        )
      }}
    </Load>
  )
}
