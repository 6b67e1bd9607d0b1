import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useDeferredValue, useMemo, useState } from 'react'
import type { Answer } from '../api/plinth.ts'
import { ask, askPages } from '../api/queries.ts'
import { Hash } from '../ui/copy.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Empty, Loading } from '../ui/empty.tsx'
import { Facts } from '../ui/facts.tsx'
import { FilterInput } from '../ui/field.tsx'
import { ProblemView } from '../ui/problem-view.tsx'
import { Status } from '../ui/status.tsx'
import type { Column } from '../ui/table.tsx'
import { Ago, exact } from '../ui/time.tsx'
import { VirtualTable } from '../ui/virtual-table.tsx'

type Entry = Answer<'listAudit'>['items'][number]

const columns = (onOpen: (entry: Entry) => void): readonly Column<Entry>[] => [
  {
    head: 'Number',
    right: true,
    cell: (entry) => (
      <button type="button" onClick={() => onOpen(entry)} className="numeric text-accent underline underline-offset-2">
        {entry.sequence}
        <span className="sr-only">, open the entry</span>
      </button>
    ),
  },
  {
    head: 'Outcome',
    cell: ({ outcome }) => (
      <Status
        state={outcome}
        tone={outcome === 'denied' ? 'failed' : 'healthy'}
        text={outcome === 'denied' ? 'refused' : 'done'}
      />
    ),
  },
  { head: 'Who', cell: ({ actor }) => <span className="whitespace-nowrap">{actor.replace(/^user:/, '')}</span> },
  { head: 'Did', cell: ({ action }) => <code className="text-xs">{action}</code> },
  {
    head: 'To',
    cell: ({ object }) => (
      <code className="block max-w-72 truncate text-xs" title={object}>
        {object}
      </code>
    ),
    wide: true,
  },
  { head: 'Project', cell: ({ project }) => project, wide: true },
  { head: 'Hash', cell: ({ hash }) => <Hash value={hash} length={8} className="text-quiet" />, wide: true },
  { head: 'When', cell: ({ occurredAt }) => <Ago at={occurredAt} />, right: true },
]

function Verification() {
  const verified = useQuery({ ...ask('verifyAudit', {}), staleTime: 60_000 })
  if (verified.isPending) return <Status state="progressing" text="Walking the chain…" />
  if (verified.isError) return <span className="text-sm text-quiet">The chain can be verified by an auditor.</span>
  const { valid, entries, head, brokenAt, problem } = verified.data
  return valid ? (
    <span className="inline-flex flex-wrap items-center gap-x-2 text-sm">
      <Status state="healthy" text={`The chain of ${entries} entries is whole`} />
      <span className="text-quiet">
        head <Hash value={head} length={10} />
      </span>
    </span>
  ) : (
    <span role="alert" className="text-sm text-failed">
      <Status
        state="failed"
        text={`The chain is broken at entry ${brokenAt ?? '?'}: ${problem ?? 'its hash does not fit'}`}
      />
    </span>
  )
}

export function AuditView() {
  const search = useSearch({ from: '/app/access/$view' })
  const navigate = useNavigate({ from: '/access/$view' })
  const [opened, setOpened] = useState<Entry>()
  const actor = useDeferredValue(search.actor ?? '')
  const action = useDeferredValue(search.action ?? '')
  const pages = useInfiniteQuery({
    ...askPages('listAudit', {
      query: { limit: 200, ...(actor !== '' && { actor }), ...(action !== '' && { action }) },
    }),
    placeholderData: (before) => before,
  })
  const entries = useMemo(() => pages.data?.pages.flatMap(({ items }) => items) ?? [], [pages.data])
  const shownColumns = useMemo(() => columns(setOpened), [])
  const set = (name: 'actor' | 'action') => (value: string) =>
    void navigate({ search: (now) => ({ ...now, [name]: value === '' ? undefined : value }), replace: true })
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <FilterInput label="Who, as user:ana" value={search.actor ?? ''} onChange={set('actor')} />
        <FilterInput label="What, as component.create" value={search.action ?? ''} onChange={set('action')} />
        <span className="flex-1" />
        <Verification />
      </div>
      {pages.isPending && <Loading lines={8} />}
      {pages.isError && <ProblemView error={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.isSuccess && entries.length === 0 && (
        <Empty title="No entry fits">Whatever is done or refused is written here within a second.</Empty>
      )}
      {entries.length > 0 && (
        <VirtualTable
          label="Audit ledger"
          columns={shownColumns}
          rows={entries}
          id={({ sequence }) => String(sequence)}
          onEnd={() => hasNextPage && !isFetchingNextPage && void fetchNextPage()}
        />
      )}
      {opened && (
        <Dialog title={`Entry ${opened.sequence}`} look="drawer" onClose={() => setOpened(undefined)}>
          <div className="flex flex-col gap-4 p-4">
            <Facts
              facts={[
                ['Who', opened.actor],
                ['Did', opened.action],
                ['To', opened.object],
                ['Outcome', opened.outcome],
                ['Project', opened.project],
                ['Source', opened.source],
                ['When', exact(opened.occurredAt)],
                ['Request', opened.requestId ?? '–'],
                [
                  'Hash',
                  <code key="hash" className="break-all">
                    {opened.hash}
                  </code>,
                ],
              ]}
            />
            <pre tabIndex={0} aria-label="Detail" className="overflow-auto rounded-md bg-sunken p-3 text-xs">
              {JSON.stringify(opened.detail, undefined, 2)}
            </pre>
          </div>
        </Dialog>
      )}
    </>
  )
}
