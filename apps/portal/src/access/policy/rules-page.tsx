import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { Answer } from '../../api/plinth.ts'
import { askPages } from '../../api/queries.ts'
import { Empty, Loading } from '../../ui/empty.tsx'
import { FilterInput } from '../../ui/field.tsx'
import { Subject, Where } from '../../ui/names.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'
import { Status } from '../../ui/status.tsx'
import type { Column } from '../../ui/table.tsx'
import { VirtualTable } from '../../ui/virtual-table.tsx'
import { AccessPage } from '../shared/access-page.tsx'

type Rule = Answer<'listPolicies'>['items'][number]

const mono = (text: string) => <code className="text-xs">{text}</code>
const columns: readonly Column<Rule>[] = [
  { head: 'Effect', cell: ({ effect }) => <Status state={effect} tone={effect === 'deny' ? 'failed' : 'healthy'} /> },
  { head: 'Subject', cell: ({ subject }) => <Subject value={subject} /> },
  { head: 'Action', cell: ({ action }) => mono(action) },
  { head: 'Object', cell: ({ object }) => mono(object) },
  { head: 'Domain', cell: ({ domain }) => <Where domain={domain} />, wide: true },
]

export function RulesPage() {
  const { search = '' } = useSearch({ from: '/app/access/rules' })
  const navigate = useNavigate({ from: '/access/rules' })
  const pages = useInfiniteQuery(askPages('listPolicies', { query: { limit: 200 } }))
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages
  const rules = useMemo(() => {
    const wanted = search.toLowerCase()
    const all = pages.data?.pages.flatMap(({ items }) => items) ?? []
    return all.filter(({ subject, action, object, domain, effect }) =>
      `${effect} ${subject} ${action} ${object} ${domain}`.toLowerCase().includes(wanted),
    )
  }, [pages.data, search])
  return (
    <AccessPage
      title="Rules"
      lead="Every rule in force. Deny wins over every allow."
      cli="plinth policy export"
      needs={{ action: 'list', object: 'policy', domain: '*' }}
    >
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <FilterInput
          label="Filter rules"
          value={search}
          onChange={(value) =>
            void navigate({ search: (now) => ({ ...now, search: value === '' ? undefined : value }), replace: true })
          }
        />
        {pages.isSuccess && (
          <p role="status" className="numeric text-sm text-quiet">
            {rules.length}
            {hasNextPage ? ' or more' : ''} rules
          </p>
        )}
      </div>
      {pages.isPending && <Loading lines={8} />}
      {pages.isError && <ProblemView error={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.isSuccess && rules.length === 0 && (
        <Empty title="No rule fits">
          A rule allows or denies an action on an object in a domain: <code>p, role:qa, *, pipeline, run, allow</code>.
        </Empty>
      )}
      {rules.length > 0 && (
        <VirtualTable
          label="Rules"
          columns={columns}
          rows={rules}
          id={({ id }) => id}
          onEnd={() => hasNextPage && !isFetchingNextPage && void fetchNextPage()}
        />
      )}
    </AccessPage>
  )
}
