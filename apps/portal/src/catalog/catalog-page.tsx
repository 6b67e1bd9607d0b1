import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useDeferredValue, useMemo } from 'react'
import { askPages } from '../api/queries.ts'
import { buttonLook } from '../ui/button.tsx'
import { Empty, Loading } from '../ui/empty.tsx'
import { FilterInput, FilterSelect } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { Page } from '../ui/page.tsx'
import { ProblemView } from '../ui/problem-view.tsx'
import { VirtualTable } from '../ui/virtual-table.tsx'
import { type Component, componentColumns } from './columns.tsx'

const pageSize = 200
const searchMax = 100

const values = (all: readonly Component[], of: (one: Component) => readonly string[]): readonly string[] =>
  [...new Set(all.flatMap(of))].filter((value) => value !== '').toSorted()

export function CatalogPage() {
  const search = useSearch({ from: '/app/catalog' })
  const navigate = useNavigate({ from: '/catalog' })
  const wanted = useDeferredValue((search.search ?? '').trim().slice(0, searchMax))
  const pages = useInfiniteQuery({
    ...askPages('listCatalog', { query: { limit: pageSize, ...(wanted !== '' && { search: wanted }) } }),
    placeholderData: (before) => before,
  })
  const all = useMemo(() => pages.data?.pages.flatMap(({ items }) => items) ?? [], [pages.data])
  const { kind, owner, lifecycle, tag } = search
  const rows = useMemo(
    () =>
      all.filter(
        (one) =>
          (kind === undefined || one.kind === kind) &&
          (owner === undefined || one.owner === owner) &&
          (lifecycle === undefined || one.lifecycle === lifecycle) &&
          (tag === undefined || one.tags.includes(tag)),
      ),
    [all, kind, owner, lifecycle, tag],
  )
  const set = (name: 'search' | 'kind' | 'owner' | 'lifecycle' | 'tag') => (value: string) =>
    void navigate({ search: (before) => ({ ...before, [name]: value === '' ? undefined : value }), replace: true })
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const filtered = [search.search, kind, owner, lifecycle, tag].some((value) => value !== undefined)
  const create = (
    <Link to="/create" className={buttonLook('primary')}>
      <Icon name="plus" /> Create
    </Link>
  )
  return (
    <Page
      title="Catalog"
      lead="Every component that you may see, and who owns it."
      cli="plinth status"
      actions={create}
      wide
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <FilterInput label="Filter by name" value={search.search ?? ''} onChange={set('search')} />
        <FilterSelect
          label="Kind"
          value={kind ?? ''}
          onChange={set('kind')}
          options={values(all, (one) => [one.kind])}
        />
        <FilterSelect
          label="Owner"
          value={owner ?? ''}
          onChange={set('owner')}
          options={values(all, (one) => [one.owner])}
        />
        <FilterSelect
          label="Lifecycle"
          value={lifecycle ?? ''}
          onChange={set('lifecycle')}
          options={values(all, (one) => [one.lifecycle])}
        />
        <FilterSelect label="Tag" value={tag ?? ''} onChange={set('tag')} options={values(all, (one) => one.tags)} />
        <p role="status" className="numeric ml-auto text-sm text-quiet">
          {rows.length}
          {hasNextPage ? ' or more' : ''} {rows.length === 1 ? 'component' : 'components'}
        </p>
      </div>
      {pages.isPending && <Loading lines={8} />}
      {pages.isError && <ProblemView error={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.isSuccess && rows.length === 0 && (
        <Empty
          title={filtered ? 'Nothing fits these filters' : 'The catalog is empty'}
          action={filtered ? undefined : create}
        >
          {filtered
            ? 'Take one away, or look for a part of the name.'
            : 'Every component that is created stands here with its owner and its state.'}
        </Empty>
      )}
      {rows.length > 0 && (
        <VirtualTable
          label="Components"
          columns={componentColumns}
          rows={rows}
          id={(one) => `${one.project}/${one.name}`}
          onEnd={onEnd}
        />
      )}
    </Page>
  )
}
