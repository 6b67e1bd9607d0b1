import { Link } from '@tanstack/react-router'
import type { Answer } from '../api/plinth.ts'

export type Change = Answer<'listChangeRequests'>['items'][number]

/** A promotion is found under its environment, a merge under its repository. */
export function ChangeLink({ change }: { change: Change }) {
  const { kind, project, environment, repository, title } = change
  const number = String(change.number)
  const look = 'font-medium hover:text-accent break-words'
  return kind === 'promotion' && environment !== undefined ? (
    <Link
      to="/projects/$project/environments/$environment/promotions/$number"
      params={{ project, environment, number }}
      className={look}
    >
      {title}
    </Link>
  ) : (
    <Link
      to="/projects/$project/repositories/$repository/change-requests/$number"
      params={{ project, repository, number }}
      className={look}
    >
      {title}
    </Link>
  )
}
