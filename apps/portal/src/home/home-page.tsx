import { useQueries, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ask } from '../api/queries.ts'
import type { Answer } from '../api/plinth.ts'
import { ShortLine } from '../delivery/delivery-line.tsx'
import { type Line, urgencyOf } from '../delivery/stations.ts'
import { useProjects } from '../shell/current-project.ts'
import { buttonLook } from '../ui/button.tsx'
import { Empty, Loading } from '../ui/empty.tsx'
import { Card, Page, Section } from '../ui/page.tsx'
import { ProblemView } from '../ui/problem-view.tsx'
import { AccessWaiting } from './access-waiting.tsx'
import { Approvals } from './approvals.tsx'
import { RecentChanges } from './recent-changes.tsx'

type Component = Answer<'getComponent'>
type Me = Answer<'getMe'>

/** A dozen lines fit a glance; the catalog has the rest. */
const shownMax = 12

const isMine = ({ owner, createdBy }: Component, me: Me): boolean => {
  const names = [me.subject, me.username, ...me.groups, ...me.groups.map((group) => `group:${group}`)]
  return names.includes(owner) || createdBy === me.subject
}

function useLines() {
  const me = useQuery(ask('getMe', {}))
  const catalog = useQuery(ask('listCatalog', { query: { limit: 200 } }))
  const all = catalog.data?.items ?? []
  const mine = me.data === undefined ? [] : all.filter((one) => isMine(one, me.data))
  const shown = (mine.length > 0 ? mine : all).slice(0, shownMax)
  const lines = useQueries({
    queries: shown.map(({ project, name }) => ask('getDeliveryLine', { params: { project, component: name } })),
  })
  return {
    catalog,
    mine: mine.length > 0,
    displayName: me.data?.displayName,
    known: shown
      .map((component, index) => ({ component, line: lines[index]?.data }))
      .toSorted((a, b) => weight(a.line) - weight(b.line)),
  }
}
const weight = (line: Line | undefined): number => (line === undefined ? 9 : urgencyOf(line))

function LineRow({ component, line }: { component: Component; line: Line | undefined }) {
  const { project, name } = component
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
        <p className="truncate text-xs text-quiet" title={line?.commit?.title}>
          {project}
          {line?.commit && ` · ${line.commit.title}`}
        </p>
      </div>
      {line ? (
        <ShortLine line={line} />
      ) : (
        <span className="text-sm text-quiet">
          {component.state === 'ready' ? 'Reading the line…' : component.state}
        </span>
      )}
    </li>
  )
}

const First = () => (
  <Empty
    title="Nothing here yet"
    action={
      <Link to="/create" className={buttonLook('primary')}>
        Create your first component
      </Link>
    }
  >
    A component is a service with its repository, its pipeline, and the environments that it runs in. From a template it
    takes about ten seconds until its address answers.
  </Empty>
)

export function HomePage() {
  const { catalog, mine, known, displayName } = useLines()
  const projects = useProjects().data?.items ?? []
  const lines = known.flatMap(({ line }) => line ?? [])
  const troubled = lines.filter((line) => urgencyOf(line) < 2).length
  const lead =
    lines.length === 0
      ? 'What is live, what is on its way, and what waits for you.'
      : troubled === 0
        ? 'All lines are well.'
        : `${troubled} of ${lines.length} lines ${troubled === 1 ? 'needs' : 'need'} a look.`
  return (
    <Page
      title="Home"
      heading={displayName === undefined ? 'Home' : `Hello, ${displayName.split(' ')[0] ?? displayName}`}
      lead={lead}
      cli="plinth status"
    >
      <AccessWaiting />
      <Section
        title={mine ? 'My components' : 'Components'}
        aside={
          <Link to="/catalog" className="hover:text-accent">
            All in the catalog
          </Link>
        }
      >
        {catalog.isPending && <Loading lines={4} />}
        {catalog.isError && <ProblemView error={catalog.error} onRetry={() => void catalog.refetch()} />}
        {catalog.isSuccess && known.length === 0 && <First />}
        {known.length > 0 && (
          <Card>
            <ul>
              {known.map(({ component, line }) => (
                <LineRow key={`${component.project}/${component.name}`} component={component} line={line} />
              ))}
            </ul>
          </Card>
        )}
      </Section>
      <div className="mt-8 grid gap-8 lg:grid-cols-2">
        <Approvals projects={projects.map(({ name }) => name)} />
        <RecentChanges lines={lines} />
      </div>
    </Page>
  )
}
