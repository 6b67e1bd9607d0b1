import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Answer } from '../../api/plinth.ts'
import { ask, askPages } from '../../api/queries.ts'
import { MayButton } from '../../ui/may-button.tsx'
import { Load } from '../../ui/load.tsx'
import { Subject } from '../../ui/names.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { StatusShape } from '../../ui/status.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { PromoteDialog } from './promote-dialog.tsx'

type Environments = Answer<'getSchemaEnvironments'>
type There = Environments['environments'][number]
type Promotion = Answer<'listSchemaPromotions'>['items'][number]

/** One station of the line: which version is current there, why, and who uses which. */
function Station({
  at,
  latest,
  onPromote,
  needsDomain,
}: {
  at: There
  latest: number
  onPromote: (() => void) | undefined
  needsDomain: string
}) {
  // prettier-ignore
  const { environment, version, source, behind, pin, deployed } = at
  return (
    <Card className="flex min-w-52 flex-1 flex-col gap-2 p-4">
      <h3 className="flex items-center gap-2 font-medium">
        <StatusShape tone={version === undefined ? 'waiting' : behind > 0 ? 'degraded' : 'healthy'} />
        {environment}
      </h3>
      <p className="text-lg font-semibold">
        {version === undefined ? <span className="text-quiet">not used</span> : `v${version}`}
        {behind > 0 && (
          <span className="ml-2 text-sm font-normal text-degraded">
            {behind} behind v{latest}
          </span>
        )}
      </p>
      {source === 'pinned' && pin && (
        <p className="text-xs text-quiet">
          Pinned by {pin.by.replace(/^user:/, '')}, <Ago at={pin.at} />: {pin.reason}
        </p>
      )}
      <ul className="flex-1 text-xs text-quiet">
        {deployed.map(({ project, component, side, version: used }) => (
          <li key={`${project}/${component} ${side}`}>
            {component} {side === 'produces' ? 'writes' : 'reads'} v{used}
          </li>
        ))}
      </ul>
      {onPromote && (
        <MayButton small needs={{ action: 'deploy', object: 'schema', domain: needsDomain }} onClick={onPromote}>
          Promote to here
        </MayButton>
      )}
    </Card>
  )
}

const columns: readonly Column<Promotion>[] = [
  { head: 'To', cell: ({ to }) => to },
  { head: 'Version', cell: ({ version, before }) => (version === undefined ? 'unpinned' : `${before === undefined ? '' : `v${before} → `}v${version}`) }, // prettier-ignore
  { head: 'Why', cell: ({ reason }) => reason },
  { head: 'By', cell: ({ by }) => <Subject value={by} bare />, wide: true },
  { head: 'When', cell: ({ at }) => <Ago at={at} />, right: true },
] // prettier-ignore

/** Which version is current where, in the order of promotion; what differs; and the next step. */
export function SubjectEnvironmentsTab() {
  const params = useParams({ from: '/app/projects/$project/schemas/$subject/environments' })
  const found = useQuery(ask('getSchemaEnvironments', { params }))
  const history = useInfiniteQuery(askPages('listSchemaPromotions', { params, query: { limit: 50 } }))
  const [promoting, setPromoting] = useState<string>()
  const promotions = history.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <>
      <Load of={found}>
        {({ environments, latestVersion, drifts }) => (
          <>
            {drifts.length > 0 && (
              <ul className="mb-4 text-sm text-degraded">
                {drifts.map((drift) => (
                  <li key={drift}>{drift}</li>
                ))}
              </ul>
            )}
            <Section title="What is current where">
              <div className="flex flex-wrap gap-3">
                {environments.map((at, index) => {
                  const before = environments[index - 1]
                  const behind = before?.version !== undefined && before.version > (at.version ?? 0)
                  return (
                    <Station
                      key={at.environment}
                      at={at}
                      latest={latestVersion}
                      needsDomain={`${params.project}/${at.environment}`}
                      onPromote={behind ? () => setPromoting(at.environment) : undefined}
                    />
                  )
                })}
              </div>
            </Section>
          </>
        )}
      </Load>
      {promotions.length > 0 && (
        <Section title="Promotions and pins">
          <Table label="Promotions and pins" columns={columns} rows={promotions} id={({ to, at }) => `${to} ${at}`} />
        </Section>
      )}
      {promoting !== undefined && (
        <PromoteDialog {...params} environment={promoting} onClose={() => setPromoting(undefined)} />
      )}
    </>
  )
}
