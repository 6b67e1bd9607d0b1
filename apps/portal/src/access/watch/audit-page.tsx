import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useDeferredValue, useMemo, useState } from 'react'
import type { Answer } from '../../api/plinth.ts'
import { askPages } from '../../api/queries.ts'
import { buttonLook } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { FilterInput, FilterSelect } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Listing } from '../../ui/listing.tsx'
import { Status } from '../../ui/status.tsx'
import type { Column } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { AuditEntryPanel } from './audit-entry.tsx'
import { Verification } from './verification.tsx'

export type Entry = Answer<'listAudit'>['items'][number]

const keyOf = ({ partition, sequence }: Entry): string => `${partition}:${sequence}`

const columns = (onOpen: (entry: Entry) => void): readonly Column<Entry>[] => [
  { head: 'When', cell: ({ occurredAt }) => <Ago at={occurredAt} /> },
  {
    head: 'Outcome',
    cell: ({ outcome }) => (
      <Status
        state={outcome}
        tone={outcome === 'denied' ? 'failed' : 'healthy'}
        text={outcome === 'denied' ? 'refused' : 'done'}
      />
    ),
    wide: true,
  },
  { head: 'Who', cell: ({ actor }) => <span className="whitespace-nowrap">{actor.replace(/^user:/, '')}</span> },
  {
    head: 'Did',
    cell: (entry) => (
      <button
        type="button"
        onClick={() => onOpen(entry)}
        className="font-mono text-xs underline decoration-line-strong underline-offset-2 hover:text-accent"
      >
        {entry.action}
        <span className="sr-only">, open the entry</span>
      </button>
    ),
  },
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
  {
    head: 'Number',
    cell: ({ sequence }) => <span className="numeric text-quiet">{sequence}</span>,
    right: true,
    wide: true,
  },
]

type Filter = 'actor' | 'action' | 'object' | 'project' | 'outcome' | 'since' | 'until' | 'requestId'
const filters = ['actor', 'action', 'object', 'project', 'outcome', 'since', 'until', 'requestId'] as const

function useFilter() {
  const search = useSearch({ from: '/app/access/audit' })
  const query: Partial<Record<Filter, string>> = {}
  for (const name of filters) {
    const value = search[name]
    if (value === undefined) continue
    const time = name === 'since' || name === 'until' ? new Date(value) : undefined
    if (time && Number.isNaN(time.getTime())) continue
    query[name] = time ? time.toISOString() : value
  }
  const { outcome, ...rest } = query
  const known = (['success', 'denied'] as const).find((one) => one === outcome)
  return {
    search,
    query: {
      ...rest,
      ...(known && { outcome: known }),
    },
  }
}

function Filters({ onChange }: { onChange: (name: Filter | 'search', value: string) => void }) {
  const search = useSearch({ from: '/app/access/audit' })
  const [more, setMore] = useState(() => search.since !== undefined || search.until !== undefined || search.requestId !== undefined) // prettier-ignore
  const day = (name: 'since' | 'until', label: string) => (
    <label className="flex items-center gap-2 text-sm text-quiet">
      {label}
      <input
        type="date"
        value={search[name] ?? ''}
        onChange={(event) => onChange(name, event.target.value)}
        className="h-8 rounded-md border border-line-strong/60 bg-surface px-2 text-ink"
      />
    </label>
  )
  const field = (name: Filter, label: string) => (
    <FilterInput key={name} label={label} value={search[name] ?? ''} onChange={(value) => onChange(name, value)} />
  )
  return (
    <div className="mb-3 flex flex-col gap-2">
      <div className="grid gap-2 lg:grid-cols-[1fr_1fr_1fr_auto_auto] lg:items-center">
        {field('actor', 'Who, as user:ana')}
        {field('action', 'What, as component.create')}
        {field('object', 'To what, as application/ledger')}
        <FilterSelect
          label="Outcome"
          value={search.outcome ?? ''}
          onChange={(value) => onChange('outcome', value)}
          options={['success', 'denied']}
        />
        <button type="button" aria-expanded={more} onClick={() => setMore(!more)} className={buttonLook('quiet')}>
          {more ? 'Fewer filters' : 'More filters'}
        </button>
      </div>
      {more && (
        <div className="grid gap-2 sm:flex sm:flex-wrap sm:items-center">
          {field('project', 'Project')}
          {field('requestId', 'Request, as req_…')}
          {day('since', 'Since')}
          {day('until', 'Until')}
        </div>
      )}
    </div>
  )
}

const commandOf = (query: Record<string, string | undefined>): string =>
  Object.entries(query)
    .map(([name, value]) => ` --${name === 'requestId' ? 'request' : name} ${value ?? ''}`)
    .join('')

export function AuditPage() {
  const { search, query } = useFilter()
  const navigate = useNavigate({ from: '/access/audit' })
  const asked = useDeferredValue(query)
  const pages = useInfiniteQuery({
    ...askPages('listAudit', { query: { limit: 200, ...asked } }),
    placeholderData: (before) => before,
  })
  const entries = useMemo(() => pages.data?.pages.flatMap(({ items }) => items) ?? [], [pages.data])
  const open = useMemo(
    () => (entry: Entry | undefined) =>
      void navigate({ search: (now) => ({ ...now, entry: entry && keyOf(entry) }), replace: entry === undefined }),
    [navigate],
  )
  const shownColumns = useMemo(() => columns(open), [open])
  const opened = entries.find((entry) => keyOf(entry) === search.entry)
  const exported = (format: string): string =>
    `/api/v1/audit/export?${new URLSearchParams({ format, ...query }).toString()}`
  return (
    <AccessPage
      title="Audit ledger"
      lead="Everything that was done and everything that was refused, chained so that a change would show."
      cli={`plinth audit list${commandOf(query)}\nplinth audit export > ledger.jsonl\nplinth audit verify ledger.jsonl`}
      needs={{ action: 'list', object: 'audit', domain: '*' }}
      actions={
        <>
          <a href={exported('jsonl')} download="ledger.jsonl" className={buttonLook()}>
            <Icon name="download" /> JSON lines
          </a>
          <a href={exported('csv')} download="ledger.csv" className={buttonLook()}>
            <Icon name="download" /> CSV
          </a>
        </>
      }
    >
      <Verification />
      <Filters
        onChange={(name, value) =>
          void navigate({
            search: (now) => ({ ...now, [name]: value === '' ? undefined : value, entry: undefined }),
            replace: true,
          })
        }
      />
      <Listing
        of={pages}
        label="Audit ledger"
        columns={shownColumns}
        rows={entries}
        id={keyOf}
        empty={<Empty title="No entry fits">Whatever is done or refused is written here within a second.</Empty>}
      />
      {opened && <AuditEntryPanel entry={opened} onClose={() => open(undefined)} />}
    </AccessPage>
  )
}
