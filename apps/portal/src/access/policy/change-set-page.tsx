import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Load } from '../../ui/load.tsx'
import { Subject } from '../../ui/names.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { StatusShape } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { ChangeSetDecision } from './change-set-decision.tsx'
import { ChangeSetState } from './change-set-state.tsx'
import { ImpactView } from './impact-view.tsx'
import { PolicyDiff } from './policy-diff.tsx'
import { Problems } from './problems.tsx'

type ChangeSet = Answer<'getChangeSet'>

function Lead({ changeSet: { state, author, createdAt, baseRevision, appliedRevision } }: { changeSet: ChangeSet }) {
  return (
    <span className="flex flex-wrap items-center gap-x-3">
      <span className="text-ink">
        <ChangeSetState state={state} />
      </span>
      <span>
        by <Subject value={author} bare />, <Ago at={createdAt} />
      </span>
      <span className="numeric">
        {appliedRevision === undefined
          ? `drawn from revision ${baseRevision}`
          : `in force as revision ${appliedRevision}`}
      </span>
    </span>
  )
}

function Approvals({
  changeSet: { approvals, approvalsNeeded, rejection, appliedBy, appliedAt },
}: {
  changeSet: ChangeSet
}) {
  return (
    <Section title="Approvals" flush aside={`${approvals.length} of ${approvalsNeeded} needed`}>
      <Card>
        <ul className="text-sm">
          {approvals.map(({ by, at }) => (
            <li key={by} className="flex items-center gap-2 border-b border-line px-4 py-2.5 last:border-0">
              <StatusShape tone="healthy" /> <Subject value={by} bare /> <Ago at={at} />
            </li>
          ))}
          {rejection && (
            <li className="flex items-start gap-2 border-b border-line px-4 py-2.5 last:border-0">
              <StatusShape tone="failed" className="mt-[3px]" />
              <span>
                <Subject value={rejection.by} bare /> <Ago at={rejection.at} />
                <span className="block">“{rejection.reason}”</span>
              </span>
            </li>
          )}
          {appliedBy !== undefined && appliedAt !== undefined && (
            <li className="flex items-center gap-2 px-4 py-2.5">
              <StatusShape tone="healthy" /> put in force by <Subject value={appliedBy} bare /> <Ago at={appliedAt} />
            </li>
          )}
          {approvals.length === 0 && !rejection && appliedBy === undefined && (
            <li className="px-4 py-2.5 text-quiet">Nobody yet.</li>
          )}
        </ul>
      </Card>
    </Section>
  )
}

function Detail({ changeSet }: { changeSet: ChangeSet }) {
  const { diff: look, days } = useSearch({ from: '/app/access/changes/$changeSet' })
  const navigate = useNavigate({ from: '/access/changes/$changeSet' })
  const { id, description, diff, problems, state } = changeSet
  const isOpen = state === 'draft' || state === 'proposed' || state === 'approved'
  return (
    <div className="grid items-start gap-8 2xl:grid-cols-[minmax(0,1fr)_340px]">
      <aside
        aria-label="Decision"
        className="grid items-start gap-6 lg:grid-cols-2 2xl:sticky 2xl:top-16 2xl:order-2 2xl:grid-cols-1"
      >
        <ChangeSetDecision changeSet={changeSet} />
        <Approvals changeSet={changeSet} />
      </aside>
      <div className="min-w-0 2xl:order-1">
        {description !== '' && <p className="mb-6 max-w-prose whitespace-pre-wrap">{description}</p>}
        {problems.length > 0 && (
          <Section title="What stands against it" aside="It cannot be applied as it is">
            <Problems problems={problems} />
          </Section>
        )}
        <Section
          title="What changes"
          aside={
            isOpen && (
              <Link to="/access/policy" search={{ changeSet: id }} className="text-accent hover:underline">
                Edit
              </Link>
            )
          }
        >
          <PolicyDiff
            diff={diff}
            look={look}
            onLook={(next) => void navigate({ search: (now) => ({ ...now, diff: next }), replace: true })}
          />
        </Section>
        <ImpactView
          changeSet={id}
          days={Number(days ?? '7')}
          onDays={(next) => void navigate({ search: (now) => ({ ...now, days: String(next) }), replace: true })}
        />
      </div>
    </div>
  )
}

export function ChangeSetPage() {
  const { changeSet: id } = useParams({ from: '/app/access/changes/$changeSet' })
  const changeSet = useQuery(ask('getChangeSet', { params: { changeSet: id } }))
  return (
    <AccessPage
      title={changeSet.data?.title ?? 'Change set'}
      lead={changeSet.data && <Lead changeSet={changeSet.data} />}
      cli={`plinth change-set show ${id} --impact\nplinth change-set approve ${id}\nplinth change-set apply ${id}`}
      needs={{ action: 'get', object: 'policy', domain: '*' }}
    >
      <Load of={changeSet}>{(loaded) => <Detail changeSet={loaded} />}</Load>
    </AccessPage>
  )
}
