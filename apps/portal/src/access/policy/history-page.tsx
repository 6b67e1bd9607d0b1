import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask, askPages } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Empty, Loading } from '../../ui/empty.tsx'
import { Load } from '../../ui/load.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'
import { ReasonDialog } from '../../ui/reason-dialog.tsx'
import { Ago } from '../../ui/time.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { PolicyDiff } from './policy-diff.tsx'

type Revision = Answer<'listPolicyRevisions'>['items'][number]

function Restore({ revision }: { revision: number }) {
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const restore = useAction('restorePolicyRevision', {
    quiet: true,
    stale: ['listPolicyRevisions', 'getRawPolicy', 'listChangeSets', 'listBindings', 'listPolicies', 'canI'],
    done: ({ state, appliedRevision }) =>
      state === 'applied'
        ? `As in revision ${revision} again, now ${appliedRevision ?? ''}`
        : 'Going back needs approval; it is proposed',
    onDone: ({ id }) => void navigate({ to: '/access/changes/$changeSet', params: { changeSet: id } }),
  })
  return (
    <>
      <MayButton needs={{ action: 'update', object: 'policy', domain: '*' }} onClick={() => setAsking(true)}>
        Go back to {revision}
      </MayButton>
      {asking && (
        <ReasonDialog
          title={`Go back to revision ${revision}?`}
          action="Go back"
          danger
          busy={restore.isPending}
          error={restore.error}
          onClose={() => setAsking(false)}
          onConfirm={(reason) => restore.mutate({ params: { revision }, body: { reason } })}
        >
          As a new revision: what came since stays in the history, and the policy tests are asked first.
        </ReasonDialog>
      )}
    </>
  )
}

function Difference({ from, to, newest }: { from: number | undefined; to: number; newest: number | undefined }) {
  const { diff: look } = useSearch({ from: '/app/access/history' })
  const navigate = useNavigate({ from: '/access/history' })
  const diff = useQuery(ask('diffPolicyRevisions', { params: { revision: to }, query: from === undefined ? {} : { from } })) // prettier-ignore
  return (
    <Section
      title={from === undefined ? `What revision ${to} changed` : `From revision ${from} to ${to}`}
      aside={to !== newest && <Restore revision={to} />}
      flush
    >
      <Load of={diff}>
        {(known) => (
          <PolicyDiff
            diff={known}
            look={look ?? 'unified'}
            onLook={(next) => void navigate({ search: (now) => ({ ...now, diff: next }), replace: true })}
          />
        )}
      </Load>
    </Section>
  )
}

type RowProps = { revision: Revision; isTo: boolean; isFrom: boolean; to: number }

function Row({ revision: one, isTo, isFrom, to }: RowProps) {
  const { revision, at, by, summary, changeSet, added, removed } = one
  return (
    <li className={clsx('border-b border-line px-3 py-2 last:border-0', (isTo || isFrom) && 'bg-accent-soft')}>
      <div className="flex items-baseline gap-2">
        <Link
          to="/access/history"
          search={(now) => ({ ...now, to: String(revision), from: undefined })}
          aria-current={isTo ? 'true' : undefined}
          className="numeric font-medium text-accent hover:underline"
        >
          {revision}
        </Link>
        <span className="min-w-0 flex-1 text-sm break-words">{summary}</span>
        <span className="numeric text-xs whitespace-nowrap">
          <span className="text-healthy">+{added}</span> <span className="text-failed">−{removed}</span>
        </span>
      </div>
      <div className="flex flex-wrap items-center gap-x-2 text-xs text-quiet">
        <span>
          {by.replace(/^user:/, '')}, <Ago at={at} />
        </span>
        {changeSet !== undefined && (
          <Link to="/access/changes/$changeSet" params={{ changeSet }} className="hover:text-accent hover:underline">
            change set
          </Link>
        )}
        <span className="flex-1" />
        {revision < to && (
          <Link
            to="/access/history"
            search={(now) => ({ ...now, to: String(to), from: String(revision) })}
            className="hover:text-accent hover:underline"
          >
            {isFrom ? 'compared' : `compare with ${to}`}
          </Link>
        )}
      </div>
    </li>
  )
}

export function HistoryPage() {
  const search = useSearch({ from: '/app/access/history' })
  const pages = useInfiniteQuery(askPages('listPolicyRevisions', { query: { limit: 50 } }))
  const items = pages.data?.pages.flatMap((page) => page.items) ?? []
  const newest = items[0]?.revision
  const to = Number(search.to ?? newest ?? 0)
  const from = search.from === undefined ? undefined : Number(search.from)
  return (
    <AccessPage
      title="History"
      lead="Every state that the policy was in, what each step changed, and the way back to it."
      cli={`plinth policy history\nplinth policy diff ${from ?? Math.max(1, to - 1)} ${to}\nplinth policy restore ${to} --reason "…"`}
      needs={{ action: 'list', object: 'policy', domain: '*' }}
    >
      {pages.isPending && <Loading lines={6} />}
      {pages.isError && <ProblemView error={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.isSuccess && items.length === 0 && (
        <Empty title="No step yet">Each change of the policy is kept here with who made it and why.</Empty>
      )}
      {items.length > 0 && (
        <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,360px)_minmax(0,1fr)]">
          <div>
            <Card>
              <ul aria-label="Revisions" tabIndex={0} className="max-h-[70vh] overflow-auto">
                {items.map((one) => (
                  <Row
                    key={one.revision}
                    revision={one}
                    to={to}
                    isTo={one.revision === to}
                    isFrom={one.revision === from}
                  />
                ))}
              </ul>
            </Card>
            {pages.hasNextPage && (
              <Button className="mt-3" busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
                Older ones
              </Button>
            )}
          </div>
          {to > 0 && <Difference from={from} to={to} newest={newest} />}
        </div>
      )}
    </AccessPage>
  )
}
