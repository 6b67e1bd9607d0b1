import { schemaReviewStates, type SchemaReviewState } from '@plinth/contracts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { Answer } from '../../api/plinth.ts'
import { askPages } from '../../api/queries.ts'
import { Empty } from '../../ui/empty.tsx'
import { FilterSelect } from '../../ui/field.tsx'
import { Listing } from '../../ui/listing.tsx'
import { Subject } from '../../ui/names.tsx'
import type { Column } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { ReviewState } from '../shared/review-state.tsx'

type Review = Answer<'listSchemaReviews'>['items'][number]

const columns: readonly Column<Review>[] = [
  {
    head: 'Change',
    cell: ({ project, subject, id, summary }) => (
      <>
        <Link
          to="/projects/$project/schemas/$subject/reviews/$review"
          params={{ project, subject, review: id }}
          className="font-medium break-all hover:text-accent"
        >
          {subject}
        </Link>
        <p className="line-clamp-2 text-xs text-quiet">{summary}</p>
      </>
    ),
  },
  { head: 'State', cell: ({ state }) => <ReviewState state={state} /> },
  { head: 'Breaks', cell: ({ problems }) => problems, right: true, wide: true },
  { head: 'Asked by', cell: ({ askedBy }) => <Subject value={askedBy} bare />, wide: true },
  { head: 'Last tried', cell: ({ lastAskedAt }) => <Ago at={lastAskedAt} />, right: true },
]

const stateOf = (word: string | undefined): SchemaReviewState | undefined =>
  schemaReviewStates.find((one) => one === word)

/** Breaking changes that were refused, and what became of them. */
export function ReviewsTab() {
  const from = '/app/projects/$project/schemas/-/reviews' as const
  const { project } = useParams({ from })
  const state = stateOf(useSearch({ from }).state)
  const navigate = useNavigate({ from: '/projects/$project/schemas/-/reviews' })
  const reviews = useInfiniteQuery(
    askPages('listSchemaReviews', { params: { project }, query: { limit: 100, ...(state && { state }) } }),
  )
  return (
    <>
      <div className="mb-3">
        <FilterSelect
          label="State"
          value={state ?? ''}
          onChange={(value) => void navigate({ search: value === '' ? {} : { state: value }, replace: true })}
          options={schemaReviewStates}
        />
      </div>
      <Listing
        of={reviews}
        label="Reviews"
        columns={columns}
        rows={reviews.data?.pages.flatMap(({ items }) => items) ?? []}
        id={({ id }) => id}
        empty={
          <Empty title="Nothing waits">
            A schema that would break a reader is refused with a link to a review. Once somebody else approves it, the
            same registration succeeds.
          </Empty>
        }
      />
    </>
  )
}
