import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { Answer } from '../api/plinth.ts'
import { askPages } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Empty, Loading } from '../ui/empty.tsx'
import { FilterInput } from '../ui/field.tsx'
import { ProblemView } from '../ui/problem-view.tsx'
import { Status } from '../ui/status.tsx'
import type { Column } from '../ui/table.tsx'
import { VirtualTable } from '../ui/virtual-table.tsx'
import { RawPolicy } from './raw-policy.tsx'

type Rule = Answer<'listPolicies'>['items'][number]

const mono = (text: string) => <code className="text-xs">{text}</code>
const columns: readonly Column<Rule>[] = [
  { head: 'Effect', cell: ({ effect }) => <Status state={effect} tone={effect === 'deny' ? 'failed' : 'healthy'} /> },
  { head: 'Subject', cell: ({ subject }) => mono(subject) },
  { head: 'Action', cell: ({ action }) => mono(action) },
  { head: 'Object', cell: ({ object }) => mono(object) },
  { head: 'Domain', cell: ({ domain }) => mono(domain) },
]

export function PoliciesView() {
  const pages = useInfiniteQuery(askPages('listPolicies', { query: { limit: 200 } }))
  const [filter, setFilter] = useState('')
  const [raw, setRaw] = useState(false)
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages
  const rules = useMemo(() => {
    const wanted = filter.toLowerCase()
    const all = pages.data?.pages.flatMap(({ items }) => items) ?? []
    return all.filter(({ subject, action, object, domain, effect }) =>
      `${effect} ${subject} ${action} ${object} ${domain}`.toLowerCase().includes(wanted),
    )
  }, [pages.data, filter])
  if (pages.isError) return <ProblemView error={pages.error} onRetry={() => void pages.refetch()} />
  if (pages.isPending) return <Loading lines={8} />
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <FilterInput label="Filter rules" value={filter} onChange={setFilter} />
        <p role="status" className="numeric text-sm text-quiet">
          {rules.length}
          {hasNextPage ? ' or more' : ''} rules
        </p>
        <span className="flex-1" />
        <Button onClick={() => setRaw(true)}>As Casbin reads it</Button>
      </div>
      {rules.length === 0 ? (
        <Empty title="No rule fits">A rule allows or denies an action on an object in a domain.</Empty>
      ) : (
        <VirtualTable
          label="Rules"
          columns={columns}
          rows={rules}
          id={({ id }) => id}
          onEnd={() => hasNextPage && !isFetchingNextPage && void fetchNextPage()}
        />
      )}
      {raw && <RawPolicy onClose={() => setRaw(false)} />}
    </>
  )
}
