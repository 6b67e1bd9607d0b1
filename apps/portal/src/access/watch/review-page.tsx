import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { csvOf, download } from '../../ui/download.ts'
import { Empty } from '../../ui/empty.tsx'
import { FilterInput, FilterSelect } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Listing } from '../../ui/listing.tsx'
import { Subject, Where } from '../../ui/names.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Status } from '../../ui/status.tsx'
import type { Column } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { useNames } from '../shared/use-names.ts'

type Row = Answer<'accessReview'>['items'][number]

const columns: readonly Column<Row>[] = [
  {
    head: 'Who',
    cell: ({ subject, displayName }) => (
      <span className="flex flex-col">
        <Subject value={subject} link />
        {displayName !== undefined && <span className="hidden text-xs text-quiet sm:inline">{displayName}</span>}
      </span>
    ),
  },
  { head: 'Holds', cell: ({ role }) => <Subject value={role} bare /> },
  { head: 'Where', cell: ({ domain }) => <Where domain={domain} /> },
  {
    head: 'Through',
    cell: ({ through }) =>
      through === 'direct' ? <span className="text-quiet">direct</span> : <Subject value={through} bare />,
    wide: true,
  },
  {
    head: 'Last used',
    cell: ({ lastUsedAt, unused }) =>
      unused ? <Status state="unused" tone="degraded" /> : lastUsedAt === undefined ? '–' : <Ago at={lastUsedAt} />,
  },
  {
    head: 'Given',
    cell: ({ createdAt, createdBy }) =>
      createdAt === undefined ? (
        '–'
      ) : (
        <span className="text-quiet">
          <Ago at={createdAt} />
          {createdBy !== undefined && ` by ${createdBy.replace(/^user:/, '')}`}
        </span>
      ),
    wide: true,
  },
  {
    head: 'Ends',
    cell: ({ expiresAt }) =>
      expiresAt === undefined ? <span className="text-quiet">never</span> : <Ago at={expiresAt} />,
    wide: true,
    right: true,
  },
]

const head = ['subject', 'name', 'role', 'domain', 'through', 'givenBy', 'givenAt', 'expiresAt', 'lastUsedAt', 'unused']
const save = (rows: readonly Row[], days: number): void =>
  download(
    `access-review-${new Date().toISOString().slice(0, 'yyyy-mm-dd'.length)}.csv`,
    'text/csv',
    csvOf(
      [...head.slice(0, -1), `unusedInDays${days}`],
      rows.map((row) => [row.subject, row.displayName, row.role, row.domain, row.through, row.createdBy, row.createdAt, row.expiresAt, row.lastUsedAt, String(row.unused)]), // prettier-ignore
    ),
  )

type FiltersProps = { days: number; unused: number | undefined; shown: number | undefined }

function Filters({ days, unused, shown }: FiltersProps) {
  const search = useSearch({ from: '/app/access/review' })
  const navigate = useNavigate({ from: '/access/review' })
  const { domains } = useNames()
  const set = (part: Partial<typeof search>): void =>
    void navigate({ search: (now) => ({ ...now, ...part }), replace: true })
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <FilterInput
        label="Filter"
        value={search.search ?? ''}
        onChange={(value) => set({ search: value === '' ? undefined : value })}
      />
      <FilterSelect
        label="Domain"
        value={search.domain ?? ''}
        onChange={(value) => set({ domain: value === '' ? undefined : value })}
        options={domains}
      />
      <Segmented
        label="Which"
        value={search.show === 'unused' ? 'unused' : 'all'}
        onChange={(value) => set({ show: value === 'all' ? undefined : value })}
        options={[
          ['all', 'All'],
          ['unused', unused === undefined ? 'Unused' : `Unused ${unused}`],
        ]}
      />
      <Segmented
        label="Used within"
        value={String(days)}
        onChange={(value) => set({ days: value })}
        options={[
          ['7', '7 days'],
          ['30', '30 days'],
          ['90', '90 days'],
        ]}
      />
      {shown !== undefined && (
        <p role="status" className="numeric text-sm text-quiet">
          {shown} grants
        </p>
      )}
    </div>
  )
}

export function ReviewPage() {
  const search = useSearch({ from: '/app/access/review' })
  const days = [7, 30, 90].find((one) => String(one) === search.days) ?? 30
  const review = useQuery({
    ...ask('accessReview', { query: { days, ...(search.domain !== undefined && { domain: search.domain }) } }),
    placeholderData: (before) => before,
  })
  const onlyUnused = search.show === 'unused'
  const rows = useMemo(() => {
    const wanted = (search.search ?? '').toLowerCase()
    return (review.data?.items ?? []).filter(
      ({ subject, displayName = '', role, domain, through, unused }) =>
        (!onlyUnused || unused) &&
        `${subject} ${displayName} ${role} ${domain} ${through}`.toLowerCase().includes(wanted),
    )
  }, [review.data, search.search, onlyUnused])
  const unused = review.data?.items.filter((row) => row.unused).length
  return (
    <AccessPage
      title="Access review"
      lead="Who holds what, through which group, since when, and whether anybody uses it."
      cli={`plinth access review${search.domain === undefined ? '' : ` --in ${search.domain}`} --days ${days} --csv > review.csv`}
      needs={{ action: 'list', object: 'binding', domain: '*' }}
      actions={
        <Button disabled={rows.length === 0} onClick={() => save(rows, days)}>
          <Icon name="download" /> CSV
        </Button>
      }
    >
      <Filters days={days} unused={unused} shown={review.isSuccess ? rows.length : undefined} />
      <Listing
        of={review}
        label="Access review"
        columns={columns}
        rows={rows}
        id={({ subject, role, domain, through, binding = '' }) => `${subject} ${role} ${domain} ${through} ${binding}`}
        empty={
          <Empty title={onlyUnused ? 'Everything is used' : 'No grant fits'}>
            What nobody used for {days} days is best taken back; whoever needs it again asks for it with a reason.
          </Empty>
        }
      />
    </AccessPage>
  )
}
