import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Answer } from '../api/plinth.ts'
import { ask } from '../api/queries.ts'
import { Empty } from '../ui/empty.tsx'
import { FilterInput } from '../ui/field.tsx'
import { Load } from '../ui/load.tsx'
import { Page } from '../ui/page.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'

type Subject = Answer<'listSubjects'>['items'][number]

const columns: readonly Column<Subject>[] = [
  {
    head: 'Subject',
    cell: ({ project, name }) => (
      <Link
        to="/projects/$project/schemas/$subject"
        params={{ project, subject: name }}
        className="font-medium break-all hover:text-accent"
      >
        {name}
      </Link>
    ),
  },
  { head: 'Type', cell: ({ type }) => type },
  { head: 'Compatibility', cell: ({ compatibility }) => compatibility, wide: true },
  { head: 'Latest', cell: ({ latestVersion }) => `v${latestVersion}`, right: true },
  { head: 'Changed', cell: ({ updatedAt }) => <Ago at={updatedAt} />, right: true },
]

export function SubjectsPage() {
  const { project } = useParams({ from: '/app/projects/$project/schemas' })
  const subjects = useQuery(ask('listSubjects', { params: { project }, query: { limit: 200 } }))
  const [filter, setFilter] = useState('')
  return (
    <Page
      title={`Schemas of ${project}`}
      heading="Schemas"
      lead="What components promise one another: events and messages, with the changes that they may make."
      cli={`plinth schema list --project ${project}`}
    >
      <Load of={subjects}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No schema yet">
              Register the first one from a pipeline:{' '}
              <code>plinth schema register order-placed schemas/order-placed.json --project {project}</code>
            </Empty>
          ) : (
            <>
              <div className="mb-3">
                <FilterInput label="Filter subjects" value={filter} onChange={setFilter} />
              </div>
              <Table
                label="Subjects"
                columns={columns}
                rows={items.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()))}
                id={({ name }) => name}
              />
            </>
          )
        }
      </Load>
    </Page>
  )
}
