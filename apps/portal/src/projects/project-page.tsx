import { useQueries, useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { Answer } from '../api/plinth.ts'
import { ask } from '../api/queries.ts'
import { ShortLine } from '../delivery/delivery-line.tsx'
import { buttonLook } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Icon } from '../ui/icon.tsx'
import { Load } from '../ui/load.tsx'
import { Card, Page } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'

/** So many lines are read one by one; a project with more shows the rest without. */
const linesMax = 40

type ComponentOf = Answer<'listComponents'>['items'][number]

function ComponentRow({ component, line }: { component: ComponentOf; line: Answer<'getDeliveryLine'> | undefined }) {
  const { project, name, description, state } = component
  return (
    <li className="grid gap-x-6 gap-y-2 border-b border-line px-4 py-3 last:border-0 hover:bg-ground lg:grid-cols-[220px_minmax(0,1fr)]">
      <div className="min-w-0">
        <Link
          to="/projects/$project/components/$component"
          params={{ project, component: name }}
          className="font-medium hover:text-accent"
        >
          {name}
        </Link>
        <p className="truncate text-xs text-quiet" title={description}>
          {description}
        </p>
      </div>
      {line ? <ShortLine line={line} /> : <Status state={state} />}
    </li>
  )
}

export function ProjectPage() {
  const { project } = useParams({ from: '/app/projects/$project' })
  const about = useQuery(ask('getProject', { params: { project } }))
  const components = useQuery(ask('listComponents', { params: { project }, query: { limit: 200 } }))
  const items = components.data?.items ?? []
  const lines = useQueries({
    queries: items
      .slice(0, linesMax)
      .map(({ name }) => ask('getDeliveryLine', { params: { project, component: name } })),
  })
  const create = (
    <Link to="/create" search={{ project }} className={buttonLook('primary')}>
      <Icon name="plus" /> Create a component
    </Link>
  )
  return (
    <Page
      title={project}
      lead={about.data?.description ?? 'Components'}
      cli={`plinth status --project ${project}`}
      actions={create}
    >
      <Load of={components}>
        {() =>
          items.length === 0 ? (
            <Empty title="No component in this project yet" action={create}>
              A component is a service, a worker or a site: a repository, a pipeline, and what runs.
            </Empty>
          ) : (
            <Card>
              <ul>
                {items.map((component, index) => (
                  <ComponentRow key={component.name} component={component} line={lines[index]?.data} />
                ))}
              </ul>
            </Card>
          )
        }
      </Load>
    </Page>
  )
}
