import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { Answer } from '../api/plinth.ts'
import { ask } from '../api/queries.ts'
import { EnvironmentActions } from '../delivery/environment-actions.tsx'
import { Hash } from '../ui/copy.tsx'
import { Empty } from '../ui/empty.tsx'
import { Load } from '../ui/load.tsx'
import { Page, Section } from '../ui/page.tsx'
import { Status, toneOfWorkload } from '../ui/status.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'

type Workload = Answer<'getWorkload'>
type Application = Answer<'getApplication'>
type Row = { workload: Workload; application: Application | undefined }
type Use = Answer<'getDeployedSchemas'>['items'][number]

const columns: readonly Column<Row>[] = [
  {
    head: 'Workload',
    cell: ({ workload: { project, component, workload } }) => (
      <Link
        to="/projects/$project/components/$component"
        params={{ project, component }}
        className="font-medium hover:text-accent"
      >
        {workload}
      </Link>
    ),
  },
  { head: 'State', cell: ({ workload: { state } }) => <Status state={state} tone={toneOfWorkload(state)} /> },
  { head: 'Sync', cell: ({ application }) => (application ? <Status state={application.sync} /> : '–'), wide: true },
  {
    head: 'Version',
    cell: ({ workload: { live } }) => (live.revision === undefined ? '–' : <Hash value={live.revision} />),
  },
  {
    head: 'Replicas',
    cell: ({ workload: { live, desired } }) => `${live.readyReplicas} / ${desired.replicas}`,
    right: true,
    wide: true,
  },
  {
    head: 'Resources',
    cell: ({ workload: { resources } }) => resources.map(({ kind }) => kind).join(', ') || '–',
    wide: true,
  },
  {
    head: 'Since',
    cell: ({ workload: { live } }) => (live.since === undefined ? '–' : <Ago at={live.since} />),
    wide: true,
  },
  {
    head: 'Actions',
    cell: ({ workload, application }) =>
      application && <EnvironmentActions application={application} workload={workload} />,
    right: true,
  },
]
const useText = (uses: Use['produces']): string =>
  uses.map(({ subject, version }) => `${subject} v${version}`).join(', ') || '–'
const contractColumns: readonly Column<Use>[] = [
  { head: 'Component', cell: ({ component }) => component },
  { head: 'Produces', cell: ({ produces }) => useText(produces) },
  { head: 'Consumes', cell: ({ consumes }) => useText(consumes) },
  { head: 'Since', cell: ({ since }) => <Ago at={since} />, wide: true },
]

export function EnvironmentPage() {
  const { project, environment } = useParams({ from: '/app/projects/$project/environments/$environment' })
  const workloads = useQuery(ask('listWorkloads', { params: { project, environment } }))
  const applications = useQuery(ask('listApplications', { params: { project } }))
  const contracts = useQuery(ask('getDeployedSchemas', { params: { project, environment } }))
  const applicationOf = (component: string): Application | undefined =>
    applications.data?.items.find((one) => one.environment === environment && one.component === component)
  return (
    <Page
      title={`${environment} of ${project}`}
      heading={environment}
      lead={`What runs in ${environment} of ${project}, and the contracts that it keeps.`}
      cli={`plinth workloads --in ${project}/${environment}`}
    >
      <Section title="Workloads">
        <Load of={workloads}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="Nothing runs here yet">
                A workload comes with its first release: by itself in development, by an approved promotion elsewhere.
              </Empty>
            ) : (
              <Table
                label="Workloads"
                columns={columns}
                rows={items.map((workload) => ({ workload, application: applicationOf(workload.component) }))}
                id={({ workload }) => workload.workload}
              />
            )
          }
        </Load>
      </Section>
      <Section title="Schemas in use">
        <Load of={contracts}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No schema is in use here">
                What a workload declares to produce and consume is kept here, and a deployment that breaks it is
                refused.
              </Empty>
            ) : (
              <Table label="Schemas in use" columns={contractColumns} rows={items} id={({ component }) => component} />
            )
          }
        </Load>
      </Section>
    </Page>
  )
}
