import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import type { Answer, Input } from '../../api/plinth.ts'
import { ask, askPages } from '../../api/queries.ts'
import { Button, buttonLook } from '../../ui/button.tsx'
import { Empty, Loading } from '../../ui/empty.tsx'
import { FilterSelect } from '../../ui/field.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { Approvals } from './approvals-setting.tsx'
import { ChangeSetState } from './change-set-state.tsx'

type Summary = Answer<'listChangeSets'>['items'][number]
type State = NonNullable<Input<'listChangeSets'>['query']>['state']

const states = ['draft', 'proposed', 'approved', 'rejected', 'applied', 'discarded'] as const

const columns: readonly Column<Summary>[] = [
  {
    head: 'Change',
    cell: ({ id, title }) => (
      <Link
        to="/access/changes/$changeSet"
        params={{ changeSet: id }}
        className="font-medium underline decoration-line-strong underline-offset-2 hover:text-accent"
      >
        {title}
      </Link>
    ),
  },
  { head: 'State', cell: ({ state }) => <ChangeSetState state={state} /> },
  {
    head: 'Rows',
    cell: ({ added, removed }) => (
      <span className="numeric whitespace-nowrap">
        <span className="text-healthy">+{added}</span> <span className="text-failed">−{removed}</span>
      </span>
    ),
    right: true,
  },
  { head: 'By', cell: ({ author }) => author.replace(/^user:/, ''), wide: true },
  {
    head: 'Revision',
    cell: ({ baseRevision, appliedRevision }) => (
      <span className="numeric text-quiet">
        {appliedRevision === undefined ? `on ${baseRevision}` : `is ${appliedRevision}`}
      </span>
    ),
    wide: true,
  },
  { head: 'Changed', cell: ({ updatedAt }) => <Ago at={updatedAt} />, right: true, wide: true },
]

export function ChangesPage() {
  const search = useSearch({ from: '/app/access/changes' })
  const navigate = useNavigate({ from: '/access/changes' })
  const state: State = states.find((one) => one === search.state)
  const pages = useInfiniteQuery(askPages('listChangeSets', { query: { limit: 100, ...(state && { state }) } }))
  const settings = useQuery(ask('getPolicySettings', {}))
  const items = pages.data?.pages.flatMap((page) => page.items) ?? []
  const draft = (
    <Link to="/access/policy" className={buttonLook('primary')}>
      Draft a change
    </Link>
  )
  return (
    <AccessPage
      title="Change sets"
      lead="Changes of the policy, from a draft over its impact and approval into force."
      cli={'plinth change-set list\nplinth change-set show chs_01 --impact\nplinth change-set apply chs_01'}
      needs={{ action: 'list', object: 'policy', domain: '*' }}
      actions={draft}
    >
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <FilterSelect
          label="State"
          value={state ?? ''}
          onChange={(value) => void navigate({ search: value === '' ? {} : { state: value }, replace: true })}
          options={states}
        />
        <span className="flex-1" />
        {settings.data && <Approvals needed={settings.data.approvalsNeeded} />}
      </div>
      {pages.isPending && <Loading />}
      {pages.isError && <ProblemView error={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.isSuccess && items.length === 0 && (
        <Empty title={state === undefined ? 'No change yet' : `No change set is ${state}`} action={draft}>
          Edit the policy as text, see which decisions of the last days would turn, and put it in force when it is
          right.
        </Empty>
      )}
      {items.length > 0 && <Table label="Change sets" columns={columns} rows={items} id={({ id }) => id} />}
      {pages.hasNextPage && (
        <Button className="mt-3" busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          Older ones
        </Button>
      )}
    </AccessPage>
  )
}
