import { Link } from '@tanstack/react-router'
import type { Answer } from '../api/plinth.ts'
import { EnvironmentActions } from '../delivery/environment-actions.tsx'
import { CopyButton, Hash } from '../ui/copy.tsx'
import { Empty } from '../ui/empty.tsx'
import { Load } from '../ui/load.tsx'
import { Section } from '../ui/page.tsx'
import { Status, toneOfWorkload } from '../ui/status.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { GateView } from '../changes/gate-view.tsx'
import { useEnvironments } from './use-component.ts'

type Resource = Answer<'getWorkload'>['resources'][number]

const outputs = ({ outputs }: Resource) => {
  const entries = Object.entries(outputs)
  if (entries.length === 0) return <span className="text-quiet">–</span>
  return (
    <ul>
      {entries.map(([name, value]) => (
        <li key={name} className="flex flex-wrap items-center gap-x-2">
          <code className="text-xs text-quiet">{name}</code>
          <code className="text-xs break-all">{value}</code>
        </li>
      ))}
    </ul>
  )
}

const columns: readonly Column<Resource>[] = [
  { head: 'Kind', cell: ({ kind }) => <span className="font-medium">{kind}</span> },
  { head: 'Name', cell: ({ name }) => <code className="text-xs break-all">{name}</code> },
  {
    head: 'State',
    cell: ({ state, detail }) => (
      <span title={detail}>
        <Status state={state} />
      </span>
    ),
  },
  { head: 'Outputs', cell: outputs, wide: true },
  { head: 'Id', cell: ({ id }) => <Hash value={id} length={12} className="text-quiet" />, wide: true },
]

type Row = ReturnType<typeof useEnvironments>['rows'][number]

/** What runs in an environment, and what it has. */
function Running({
  application,
  workload,
}: {
  application: Row['application']
  workload: NonNullable<Row['workload']>
}) {
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
        <span>
          Deployment <Hash value={workload.live.deployment ?? workload.desired.deployment} length={14} />
        </span>
        <span className="numeric">
          {workload.live.readyReplicas} of {workload.desired.replicas} replicas ready
        </span>
        {application.url !== undefined && <CopyButton text={application.url} label="Copy the address" />}
        <EnvironmentActions application={application} workload={workload} />
      </div>
      {workload.detail !== undefined && <p className="text-sm text-quiet">{workload.detail}</p>}
      {workload.gate && !workload.gate.allowed && <GateView gate={workload.gate} />}
      {workload.resources.length > 0 && (
        <Table
          label={`Resources in ${application.environment}`}
          columns={columns}
          rows={workload.resources}
          id={({ id }) => id}
        />
      )}
    </>
  )
}

/** What runs and what it has, environment by environment. */
export function ResourcesTab() {
  const { applications, rows } = useEnvironments()
  return (
    <Load of={applications}>
      {() =>
        rows.map(({ application, workload }) => (
          <Section
            key={application.environment}
            title={application.environment}
            aside={
              <span className="inline-flex items-center gap-3">
                <Status state={application.sync} />
                {workload && <Status state={workload.state} tone={toneOfWorkload(workload.state)} />}
                <Link
                  to="/projects/$project/environments/$environment"
                  params={{ project: application.project, environment: application.environment }}
                  className="hover:text-accent"
                >
                  All that runs here
                </Link>
              </span>
            }
          >
            <div id={application.environment} className="flex flex-col gap-3">
              {workload === undefined ? (
                <Empty title="Nothing runs here yet">
                  {application.automatic
                    ? 'The next pipeline that passes deploys here.'
                    : 'Promote a version that is healthy in the environment before this one.'}
                </Empty>
              ) : (
                <Running application={application} workload={workload} />
              )}
            </div>
          </Section>
        ))
      }
    </Load>
  )
}
