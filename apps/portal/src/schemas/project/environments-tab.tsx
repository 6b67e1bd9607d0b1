import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Answer } from '../../api/plinth.ts'
import { askPages } from '../../api/queries.ts'
import { Empty } from '../../ui/empty.tsx'
import { CheckField } from '../../ui/field.tsx'
import { Listing } from '../../ui/listing.tsx'
import { Status } from '../../ui/status.tsx'
import type { Column } from '../../ui/table.tsx'

type Row = Answer<'listSchemaEnvironments'>['items'][number]

function Cell({ row, environment }: { row: Row; environment: string }) {
  const at = row.environments.find((one) => one.environment === environment)
  if (at?.version === undefined) return <span className="text-quiet">not used</span>
  return (
    <span className="whitespace-nowrap">
      v{at.version}
      {at.behind > 0 && <span className="text-degraded"> −{at.behind}</span>}
      {at.source === 'pinned' && <span className="text-quiet"> pinned</span>}
    </span>
  )
}

function columnsOf(rows: readonly Row[]): readonly Column<Row>[] {
  const environments = [...new Set(rows.flatMap((row) => row.environments.map(({ environment }) => environment)))]
  return [
    {
      head: 'Subject',
      cell: ({ project, subject, drift, drifts }) => (
        <>
          <Link
            to="/projects/$project/schemas/$subject/environments"
            params={{ project, subject }}
            className="font-medium break-all hover:text-accent"
          >
            {subject}
          </Link>
          {drift && <p className="text-xs text-degraded">{drifts[0]}</p>}
        </>
      ),
    },
    ...environments.map((environment): Column<Row> => ({
      head: environment,
      cell: (row) => <Cell row={row} environment={environment} />,
    })),
    { head: 'Latest', cell: ({ latestVersion }) => `v${latestVersion}`, right: true, wide: true },
    {
      head: 'Drift',
      cell: ({ drift }) => <Status state={drift ? 'degraded' : 'synced'} text={drift ? 'differs' : 'none'} />,
      wide: true,
    },
  ]
}

/** Which version is current where, over all subjects of the project. */
export function EnvironmentsTab() {
  const { project } = useParams({ from: '/app/projects/$project/schemas/-/environments' })
  const [drifting, setDrifting] = useState(false)
  const found = useInfiniteQuery(
    askPages('listSchemaEnvironments', {
      params: { project },
      query: { limit: 100, ...(drifting && { drift: true }) },
    }),
  )
  const rows = found.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <>
      <div className="mb-3">
        <CheckField label="Only what differs between environments" checked={drifting} onChange={setDrifting} />
      </div>
      <Listing
        of={found}
        label="Versions by environment"
        columns={columnsOf(rows)}
        rows={rows}
        id={({ subject }) => subject}
        empty={
          <Empty title={drifting ? 'Nothing differs' : 'No schema yet'}>
            {drifting
              ? 'All environments that use a subject have the same version of it.'
              : 'Once a component that names its schemas is deployed, its versions are shown here.'}
          </Empty>
        }
      />
    </>
  )
}
