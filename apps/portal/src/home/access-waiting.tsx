import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ask } from '../api/queries.ts'
import { StatusShape } from '../ui/status.tsx'

/** Requests for access that I may decide: one line, since they are decided elsewhere. */
export function AccessWaiting() {
  const asked = useQuery(ask('listAccessRequests', { query: { state: 'pending', limit: 100 } }))
  const mine = (asked.data?.items ?? []).filter(({ mayDecide }) => mayDecide)
  const [first] = mine
  if (!first) return null
  const who = first.subject.replace(/^user:/, '')
  return (
    <Link
      to="/access/requests"
      className="mb-6 flex items-center gap-3 rounded-md border border-line bg-surface px-4 py-2.5 hover:border-line-strong"
    >
      <StatusShape tone="waiting" />
      <span className="min-w-0 flex-1">
        {mine.length === 1
          ? `${who} asks for ${first.role.replace(/^role:/, '')} in ${first.domain}`
          : `${mine.length} people ask for access`}
        <span className="text-quiet">: {first.reason}</span>
      </span>
      <span className="text-accent">Decide</span>
    </Link>
  )
}
