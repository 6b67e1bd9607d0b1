import { Link } from '@tanstack/react-router'
import type { Answer } from '../api/plinth.ts'
import { Status } from '../ui/status.tsx'
import type { Column } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'

export type Component = Answer<'getComponent'>

const nameColumn: Column<Component> = {
  head: 'Name',
  cell: ({ project, name }) => (
    <Link
      to="/projects/$project/components/$component"
      params={{ project, component: name }}
      className="font-medium whitespace-nowrap hover:text-accent"
    >
      {name}
    </Link>
  ),
}
const projectColumn: Column<Component> = {
  head: 'Project',
  cell: ({ project }) => (
    <Link to="/projects/$project" params={{ project }} className="text-quiet hover:text-accent">
      {project}
    </Link>
  ),
}
const rest: readonly Column<Component>[] = [
  { head: 'State', cell: ({ state }) => <Status state={state} /> },
  {
    head: 'Owner',
    cell: ({ owner }) => <span className="whitespace-nowrap">{owner.replace(/^(user|group):/, '')}</span>,
    wide: true,
  },
  { head: 'Kind', cell: ({ kind }) => kind, wide: true },
  { head: 'Lifecycle', cell: ({ lifecycle }) => lifecycle, wide: true },
  {
    head: 'Tags',
    cell: ({ tags }) => <span className="block max-w-56 truncate text-quiet">{tags.join(', ')}</span>,
    wide: true,
  },
  {
    head: 'Description',
    cell: ({ description }) => (
      <span className="block max-w-80 truncate text-quiet" title={description}>
        {description}
      </span>
    ),
    wide: true,
  },
  { head: 'Created', cell: ({ createdAt }) => <Ago at={createdAt} />, wide: true, right: true },
]

export const componentColumns: readonly Column<Component>[] = [nameColumn, projectColumn, ...rest]
