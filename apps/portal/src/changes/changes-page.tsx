import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Hash } from '../ui/copy.tsx'
import { Empty } from '../ui/empty.tsx'
import { FilterSelect } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { Load } from '../ui/load.tsx'
import { Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'
import { type Change, ChangeLink } from './change-link.tsx'
import { NewChange } from './new-change.tsx'

const states = ['open', 'approved', 'merged', 'closed', 'failed'] as const

const columns: readonly Column<Change>[] = [
  { head: 'State', cell: ({ state }) => <Status state={state} /> },
  {
    head: 'Change',
    cell: (change) => (
      <>
        <ChangeLink change={change} /> <span className="numeric text-quiet">#{change.number}</span>
      </>
    ),
  },
  {
    head: 'Into',
    cell: ({ kind, environment, repository, targetBranch }) =>
      kind === 'promotion' ? environment : `${repository}, ${targetBranch ?? 'main'}`,
    wide: true,
  },
  { head: 'Version', cell: ({ toRevision }) => <Hash value={toRevision} />, wide: true },
  { head: 'By', cell: ({ author }) => author.replace(/^user:/, ''), wide: true },
  {
    head: 'Approved by',
    cell: ({ approvals }) =>
      approvals.map(({ subject }) => subject.replace(/^user:/, '')).join(', ') || <span className="text-quiet">–</span>,
    wide: true,
  },
  { head: 'Opened', cell: ({ createdAt }) => <Ago at={createdAt} />, right: true },
]

export function ChangesPage() {
  const { project } = useParams({ from: '/app/projects/$project/change-requests' })
  const search = useSearch({ from: '/app/projects/$project/change-requests' })
  const navigate = useNavigate({ from: '/projects/$project/change-requests' })
  const [opening, setOpening] = useState(false)
  const state = states.find((one) => one === search.state)
  const changes = useQuery(
    ask('listChangeRequests', { params: { project }, query: { limit: 100, ...(state !== undefined && { state }) } }),
  )
  const open = (
    <Button onClick={() => setOpening(true)}>
      <Icon name="plus" /> New change request
    </Button>
  )
  return (
    <Page
      title={`Change requests of ${project}`}
      heading="Change requests"
      lead="What asks to go in: branches to merge, versions to promote."
      cli={`plinth requests ${project}`}
      actions={open}
      wide
    >
      <div className="mb-3">
        <FilterSelect
          label="State"
          value={state ?? ''}
          options={states}
          onChange={(value) => void navigate({ search: value === '' ? {} : { state: value }, replace: true })}
        />
      </div>
      <Load of={changes}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={state === undefined ? 'No change request yet' : `None is ${state}`} action={open}>
              A promotion asks for a version to go to the next environment; a merge asks for a branch to go into
              another. Press Promote on a delivery line to open one.
            </Empty>
          ) : (
            <Table
              label="Change requests"
              columns={columns}
              rows={items}
              id={({ kind, repository, number }) => `${kind} ${repository} ${number}`}
            />
          )
        }
      </Load>
      {opening && <NewChange project={project} onClose={() => setOpening(false)} />}
    </Page>
  )
}
