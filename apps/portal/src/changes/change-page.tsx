import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { Answer } from '../api/plinth.ts'
import { ask } from '../api/queries.ts'
import { Hash } from '../ui/copy.tsx'
import { Load } from '../ui/load.tsx'
import { Card, Page, Section } from '../ui/page.tsx'
import { StatusShape, toneOf } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'
import { Decision } from './decision.tsx'
import { DiffView } from './diff-view.tsx'
import { GateView } from './gate-view.tsx'
import { PlanView } from './plan-view.tsx'

export type ChangeDetail = Answer<'getChangeRequest'>

const person = (subject: string): string => subject.replace(/^user:/, '')

function Lead({ change }: { change: ChangeDetail }) {
  const {
    kind,
    author,
    createdAt,
    environment,
    component,
    project,
    repository,
    sourceBranch,
    targetBranch,
    fromRevision,
    toRevision,
    state,
  } = change
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      <span className="inline-flex items-center gap-1.5 text-ink">
        <StatusShape tone={toneOf(state)} /> {state}
      </span>
      <span>
        {person(author)}{' '}
        {kind === 'promotion' ? (
          <>
            asks for{' '}
            <Link
              to="/projects/$project/components/$component"
              params={{ project, component: component ?? repository }}
              className="underline decoration-line-strong underline-offset-2 hover:text-ink"
            >
              {component ?? repository}
            </Link>{' '}
            {fromRevision === undefined ? (
              ''
            ) : (
              <>
                <Hash value={fromRevision} /> →{' '}
              </>
            )}
            <Hash value={toRevision} /> in {environment}
          </>
        ) : (
          <>
            asks for <code>{sourceBranch}</code> to go into <code>{targetBranch}</code> of {repository}
          </>
        )}
        , <Ago at={createdAt} />
      </span>
    </span>
  )
}

function Checks({ change: { checks, approvals } }: { change: ChangeDetail }) {
  return (
    <Card>
      <ul>
        {checks.map(({ name, state, detail }) => (
          <li key={name} className="flex items-start gap-3 border-b border-line px-4 py-2.5 last:border-0">
            <StatusShape tone={toneOf(state)} className="mt-[3px]" />
            <span className="min-w-0 flex-1">
              {name} <span className="text-quiet">{state}</span>
              {detail !== undefined && <span className="block text-sm text-quiet">{detail}</span>}
            </span>
          </li>
        ))}
        {approvals.map(({ subject, at }) => (
          <li key={subject} className="flex items-start gap-3 border-b border-line px-4 py-2.5 last:border-0">
            <StatusShape tone="healthy" className="mt-[3px]" />
            <span>
              approved by {person(subject)}{' '}
              <span className="text-quiet">
                <Ago at={at} />
              </span>
            </span>
          </li>
        ))}
        {checks.length === 0 && approvals.length === 0 && (
          <li className="px-4 py-3 text-quiet">No check and no approval yet.</li>
        )}
      </ul>
    </Card>
  )
}

function Detail({ change }: { change: ChangeDetail }) {
  const { description, plan, planProblem, gate, diff, diffTruncated, commits, result } = change
  return (
    <div className="grid items-start gap-8 xl:grid-cols-[minmax(0,1fr)_360px]">
      <div className="min-w-0 xl:order-1">
        {description !== '' && <p className="mb-6 max-w-prose whitespace-pre-wrap">{description}</p>}
        {result !== undefined && (
          <p className="mb-6 text-sm text-quiet">
            Result: <span className="text-ink">{result}</span>
          </p>
        )}
        {(plan !== undefined || planProblem !== undefined) && (
          <Section title="What it will do">
            {planProblem !== undefined && (
              <p role="note" className="mb-3 text-degraded">
                {planProblem}
              </p>
            )}
            {plan && <PlanView changes={plan} />}
          </Section>
        )}
        <Section title="What changes">
          <DiffView diff={diff} truncated={diffTruncated} />
        </Section>
      </div>
      <aside aria-label="Decision" className="-order-1 flex flex-col gap-8 xl:sticky xl:top-16 xl:order-2">
        <Decision change={change} />
        {gate && (
          <Section title="Schemas" flush>
            <GateView gate={gate} />
          </Section>
        )}
        <Section title="Checks and approvals" flush>
          <Checks change={change} />
        </Section>
        <Section title="Commits" flush>
          <Card>
            <ul>
              {commits.map(({ id, title, author }) => (
                <li key={id} className="flex gap-3 border-b border-line px-4 py-2 text-sm last:border-0">
                  <Hash value={id} className="text-quiet" />
                  <span className="min-w-0 flex-1 break-words">
                    {title} <span className="text-quiet">{author}</span>
                  </span>
                </li>
              ))}
              {commits.length === 0 && <li className="px-4 py-2 text-sm text-quiet">No commit between the two.</li>}
            </ul>
          </Card>
        </Section>
      </aside>
    </div>
  )
}

type Reading = Parameters<typeof Load<ChangeDetail>>[0]['of']

function ChangeView({ of, cli }: { of: Reading; cli: string }) {
  const change = of.data
  return (
    <Page
      title={change ? `#${change.number} ${change.title}` : 'Change request'}
      lead={change && <Lead change={change} />}
      cli={cli}
      wide
    >
      <Load of={of}>{(loaded) => <Detail change={loaded} />}</Load>
    </Page>
  )
}

export function MergePage() {
  const { project, repository, number } = useParams({
    from: '/app/projects/$project/repositories/$repository/change-requests/$number',
  })
  const change = useQuery(ask('getChangeRequest', { params: { project, repository, number: Number(number) } }))
  return <ChangeView of={change} cli={`plinth approve ${project}/${repository} ${number}`} />
}

export function PromotionPage() {
  const { project, environment, number } = useParams({
    from: '/app/projects/$project/environments/$environment/promotions/$number',
  })
  const change = useQuery(ask('getPromotion', { params: { project, environment, number: Number(number) } }))
  return <ChangeView of={change} cli={`plinth approve ${project}/${change.data?.component ?? ''} ${number}`} />
}
