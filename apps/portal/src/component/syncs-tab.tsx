import { useQueries } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '../api/actions.ts'
import type { Answer } from '../api/plinth.ts'
import { ask } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Hash } from '../ui/copy.tsx'
import { Empty, Loading } from '../ui/empty.tsx'
import { Status } from '../ui/status.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { Ago, between } from '../ui/time.tsx'
import { useComponentParams, useEnvironments } from './use-component.ts'

type Row = Answer<'listSyncs'>['items'][number] & { environment: string; live: boolean }

function BackToThis({ row }: { row: Row }) {
  const { project, component } = useComponentParams()
  const [asking, setAsking] = useState(false)
  const { environment, revision } = row
  const rollback = useAction('rollbackApplication', {
    stale: ['listSyncs', 'getDeliveryLine', 'listApplications'],
    done: `${component} goes back to ${revision.slice(0, 7)} in ${environment}`,
    onDone: () => setAsking(false),
  })
  if (row.state !== 'succeeded' || row.live) return row.live ? <span className="text-quiet">live</span> : null
  return (
    <>
      <Button
        small
        onClick={() => setAsking(true)}
        aria-label={`Back to this: ${revision.slice(0, 7)} in ${environment}`}
      >
        Back to this
      </Button>
      {asking && (
        <Confirm
          title={`Back to ${revision.slice(0, 7)} in ${environment}?`}
          action="Roll back"
          busy={rollback.isPending}
          onClose={() => setAsking(false)}
          {...(environment === 'production' && { typeName: component })}
          onConfirm={() => rollback.mutate({ params: { project, environment, component }, body: { sync: row.id } })}
        >
          The same artifact that ran then is deployed again. The database keeps its data.
        </Confirm>
      )}
    </>
  )
}

const columns: readonly Column<Row>[] = [
  { head: 'Environment', cell: ({ environment }) => environment },
  {
    head: 'State',
    cell: ({ state, detail }) => (
      <span title={detail}>
        <Status state={state} tone={state === 'running' ? 'progressing' : state === 'failed' ? 'failed' : 'healthy'} />
      </span>
    ),
  },
  { head: 'Version', cell: ({ revision }) => <Hash value={revision} /> },
  {
    head: 'Why',
    cell: ({ reason, detail }) => (
      <>
        {reason}
        {detail !== undefined && <span className="block max-w-md text-quiet">{detail}</span>}
      </>
    ),
    wide: true,
  },
  { head: 'By', cell: ({ actor }) => actor.replace(/^user:/, ''), wide: true },
  { head: 'Took', cell: ({ startedAt, finishedAt }) => between(startedAt, finishedAt), right: true, wide: true },
  { head: 'When', cell: ({ startedAt }) => <Ago at={startedAt} />, right: true },
  { head: 'Go back', cell: (row) => <BackToThis row={row} />, right: true },
]

/** Every time that an environment was brought to a version. */
export function SyncsTab() {
  const { project, component } = useComponentParams()
  const { applications, rows: environments } = useEnvironments()
  const asked = useQueries({
    queries: environments.map(({ application: { environment } }) =>
      ask('listSyncs', { params: { project, environment, component }, query: { limit: 50 } }),
    ),
  })
  const rows = environments
    .flatMap(({ application: { environment, liveRevision } }, index) => {
      const items = asked[index]?.data?.items ?? []
      const current = items.find(({ state, revision }) => state === 'succeeded' && revision === liveRevision)
      return items.map((sync) => ({ ...sync, environment, live: sync === current }))
    })
    .toSorted((a, b) => b.startedAt.localeCompare(a.startedAt))
  if (applications.isPending || asked.some(({ isPending }) => isPending)) return <Loading />
  if (rows.length === 0)
    return (
      <Empty title="It was not deployed yet">
        Each deployment is noted here with its version, its reason and who caused it; from here you go back to any of
        them.
      </Empty>
    )
  return <Table label="Syncs" columns={columns} rows={rows} id={({ id }) => id} />
}
