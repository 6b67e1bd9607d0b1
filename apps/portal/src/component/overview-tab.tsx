import { useQuery } from '@tanstack/react-query'
import { ask } from '../api/queries.ts'
import { EnvironmentActions } from '../delivery/environment-actions.tsx'
import { CopyButton, Hash } from '../ui/copy.tsx'
import { Empty } from '../ui/empty.tsx'
import { Facts } from '../ui/facts.tsx'
import { Load } from '../ui/load.tsx'
import { Card, Section } from '../ui/page.tsx'
import { Status, StatusShape, toneOf } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'
import { Vitals } from './vitals.tsx'
import { useComponentParams, useEnvironments } from './use-component.ts'

type Row = ReturnType<typeof useEnvironments>['rows'][number]

function EnvironmentCard({ application, workload }: Row) {
  const { environment, sync, health, liveRevision, targetRevision, url, detail, automatic } = application
  return (
    <Card className="flex flex-col gap-3 p-4">
      <div className="flex items-center gap-2">
        <StatusShape tone={toneOf(health)} size={16} />
        <h3 className="flex-1 font-semibold">{environment}</h3>
        <EnvironmentActions application={application} workload={workload} />
      </div>
      <Facts
        facts={[
          ['Health', health],
          ['Sync', <Status key="sync" state={sync} />],
          [
            'Version',
            liveRevision === undefined ? <span className="text-quiet">none yet</span> : <Hash value={liveRevision} />,
          ],
          ...(targetRevision !== undefined && targetRevision !== liveRevision
            ? [['Going to', <Hash key="target" value={targetRevision} />] as const]
            : []),
          ['Replicas', workload ? `${workload.live.readyReplicas} of ${workload.desired.replicas} ready` : '–'],
          ['Since', workload?.live.since === undefined ? '–' : <Ago key="since" at={workload.live.since} />],
          ['Deploys', automatic ? 'by itself' : 'by promotion'],
        ]}
      />
      {detail !== undefined && <p className="text-sm text-quiet">{detail}</p>}
      {url !== undefined && liveRevision !== undefined && (
        <a href={url} rel="noreferrer" className="truncate text-sm text-accent underline underline-offset-2">
          {url.replace(/^https?:\/\//, '')}
        </a>
      )}
    </Card>
  )
}

function About() {
  const { project, component } = useComponentParams()
  const repository = useQuery(ask('getRepository', { params: { project, repository: component } }))
  const about = useQuery(ask('getComponent', { params: { project, component } }))
  const cloneUrl = repository.data?.cloneUrl
  return (
    <Section title="About" flush>
      <Card className="p-4">
        <Facts
          facts={[
            ['Kind', about.data?.kind ?? '–'],
            ['Lifecycle', about.data?.lifecycle ?? '–'],
            ['Owner', about.data?.owner ?? '–'],
            ['Tags', about.data?.tags.join(', ') || '–'],
            ['Template', about.data?.template ?? '–'],
            ['Created', about.data ? <Ago key="created" at={about.data.createdAt} /> : '–'],
            [
              'Repository',
              cloneUrl === undefined ? (
                '–'
              ) : (
                <code key="clone" className="text-xs break-all">
                  {cloneUrl}
                </code>
              ),
            ],
          ]}
        />
        {cloneUrl !== undefined && (
          <div className="mt-1 -ml-2">
            <CopyButton text={`git clone ${cloneUrl}`} label="Copy git clone" />
          </div>
        )}
      </Card>
    </Section>
  )
}

function Commits() {
  const { project, component } = useComponentParams()
  const commits = useQuery(ask('listCommits', { params: { project, repository: component }, query: { limit: 6 } }))
  return (
    <Section title="Last commits" flush>
      <Load of={commits}>
        {({ items }) => (
          <Card>
            <ul>
              {items.map(({ id, title, author, authoredAt }) => (
                <li key={id} className="flex gap-3 border-b border-line px-4 py-2 last:border-0">
                  <Hash value={id} className="text-quiet" />
                  <span className="min-w-0 flex-1">
                    {title}
                    <span className="block text-xs text-quiet">
                      {author}, <Ago at={authoredAt} />
                    </span>
                  </span>
                </li>
              ))}
            </ul>
          </Card>
        )}
      </Load>
    </Section>
  )
}

export function OverviewTab() {
  const { applications, rows } = useEnvironments()
  return (
    <>
      <Section title="Environments" flush>
        <Load of={applications}>
          {() =>
            rows.length === 0 ? (
              <Empty title="No environment follows it yet">
                As soon as its repository is made, each environment of the project follows it.
              </Empty>
            ) : (
              <div className="grid gap-4 md:grid-cols-2 xl:grid-cols-3">
                {rows.map((row) => (
                  <EnvironmentCard key={row.application.environment} {...row} />
                ))}
              </div>
            )
          }
        </Load>
      </Section>
      <Vitals
        environments={rows
          .filter(({ application }) => application.liveRevision !== undefined)
          .map(({ application }) => application.environment)}
      />
      <div className="mt-8 grid gap-8 lg:grid-cols-2">
        <About />
        <Commits />
      </div>
    </>
  )
}
