import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { Answer } from '../../api/plinth.ts'
import { askPages } from '../../api/queries.ts'
import { Empty } from '../../ui/empty.tsx'
import { FilterInput } from '../../ui/field.tsx'
import { Count, Listing } from '../../ui/listing.tsx'
import { Subject, Where } from '../../ui/names.tsx'
import { Status } from '../../ui/status.tsx'
import type { Column } from '../../ui/table.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { withWord } from '../shared/with-word.ts'

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
          onChange={(value) => void navigate({ search: (now) => withWord(now, 'search', value), replace: true })}
        />
        <Count of={pages} shown={rules.length} one="rule" />
      </div>
      <Listing
        of={pages}
        label="Rules"
        columns={columns}
        rows={rules}
        id={({ id }) => id}
        empty={
          <Empty title="No rule fits">
            A rule allows or denies an action on an object in a domain: <code>p, role:qa, *, pipeline, run, allow</code>
            .
          </Empty>
        }
      />
    </AccessPage>
  )
}
