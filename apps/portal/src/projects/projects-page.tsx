import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../api/actions.ts'
import type { Answer } from '../api/plinth.ts'
import { ask } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Empty } from '../ui/empty.tsx'
import { FilterInput, TextField } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { Load } from '../ui/load.tsx'
import { Page } from '../ui/page.tsx'
import { ProblemView } from '../ui/problem-view.tsx'
import type { Column } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'
import { VirtualTable } from '../ui/virtual-table.tsx'

type Project = Answer<'getProject'>

const columns: readonly Column<Project>[] = [
  {
    head: 'Name',
    cell: ({ name }) => (
      <Link to="/projects/$project" params={{ project: name }} className="font-medium hover:text-accent">
        {name}
      </Link>
    ),
  },
  {
    head: 'Description',
    cell: ({ description }) => (
      <span className="block max-w-lg truncate text-quiet" title={description}>
        {description}
      </span>
    ),
  },
  { head: 'Created by', cell: ({ createdBy }) => createdBy.replace(/^user:/, ''), wide: true },
  { head: 'Created', cell: ({ createdAt }) => <Ago at={createdAt} />, wide: true, right: true },
]

function NewProject({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const navigate = useNavigate()
  const create = useAction('createProject', {
    quiet: true,
    stale: ['listProjects'],
    done: `Project ${name} has development, staging and production`,
    onDone: (project) => void navigate({ to: '/projects/$project', params: { project: project.name } }),
  })
  return (
    <Dialog title="New project" onClose={onClose}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          create.mutate({ body: { name, ...(description !== '' && { description }) } })
        }}
      >
        <TextField
          label="Name"
          required
          value={name}
          onChange={setName}
          autoFocus
          spellCheck={false}
          help="Lower-case letters, digits and hyphens; 2 to 40 characters"
        />
        <TextField label="Description" value={description} onChange={setDescription} />
        {create.isError && <ProblemView error={create.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending}>
            Create the project
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

export function ProjectsPage() {
  const projects = useQuery(ask('listProjects', { query: { limit: 200 } }))
  const [filter, setFilter] = useState('')
  const [creating, setCreating] = useState(false)
  const create = (
    <Button look="primary" onClick={() => setCreating(true)}>
      <Icon name="plus" /> New project
    </Button>
  )
  return (
    <Page
      title="Projects"
      lead="A project is a team's room: its components, environments and rights."
      cli={'plinth projects\nplinth create project my-project'}
      actions={create}
    >
      <Load of={projects}>
        {({ items }) => {
          const shown = items.filter(({ name, description }) =>
            `${name} ${description}`.toLowerCase().includes(filter.toLowerCase()),
          )
          if (items.length === 0) {
            return (
              <Empty title="No project yet" action={create}>
                A project begins with three environments: development, staging and production.
              </Empty>
            )
          }
          return (
            <>
              <div className="mb-3">
                <FilterInput label="Filter by name" value={filter} onChange={setFilter} />
              </div>
              {shown.length === 0 ? (
                <Empty title="Nothing fits">No project has that in its name or description.</Empty>
              ) : (
                <VirtualTable label="Projects" columns={columns} rows={shown} id={({ name }) => name} />
              )}
            </>
          )
        }}
      </Load>
      {creating && <NewProject onClose={() => setCreating(false)} />}
    </Page>
  )
}
