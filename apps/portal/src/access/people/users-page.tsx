import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { Answer } from '../../api/plinth.ts'
import { askPages } from '../../api/queries.ts'
import { Empty } from '../../ui/empty.tsx'
import { FilterInput } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Count, Listing } from '../../ui/listing.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { Status } from '../../ui/status.tsx'
import type { Column } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { withWord } from '../shared/with-word.ts'
import { NewUser } from './new-user.tsx'
import { UserPanel } from './user-panel.tsx'

type User = Answer<'listUsers'>['items'][number]

const columns: readonly Column<User>[] = [
  {
    head: 'User',
    cell: ({ username }) => (
      <Link
        to="/access/users"
        search={(now) => ({ ...now, user: username })}
        className="font-medium underline decoration-line-strong underline-offset-2 hover:text-accent"
      >
        {username}
      </Link>
    ),
  },
  { head: 'Name', cell: ({ displayName }) => displayName, wide: true },
  {
    head: 'Groups',
    cell: ({ groups }) =>
      groups.length === 0 ? (
        <span className="text-quiet">none</span>
      ) : (
        <span className="block max-w-80 truncate font-mono text-xs" title={groups.join(', ')}>
          {groups.join(', ')}
        </span>
      ),
  },
  {
    head: 'State',
    cell: ({ disabled }) => <Status state={disabled ? 'disabled' : 'active'} tone={disabled ? 'unknown' : 'healthy'} />,
  },
  { head: 'Since', cell: ({ createdAt }) => <Ago at={createdAt} />, right: true, wide: true },
]

export function UsersPage() {
  const { user, search = '', new: creating } = useSearch({ from: '/app/access/users' })
  const navigate = useNavigate({ from: '/access/users' })
  const pages = useInfiniteQuery(askPages('listUsers', { query: { limit: 200 } }))
  const shown = useMemo(() => {
    const wanted = search.toLowerCase()
    const all = pages.data?.pages.flatMap(({ items }) => items) ?? []
    return all.filter(({ username, displayName, groups }) =>
      `${username} ${displayName} ${groups.join(' ')}`.toLowerCase().includes(wanted),
    )
  }, [pages.data, search])
  const close = (): void => void navigate({ search: ({ user: _user, new: _new, ...rest }) => rest, replace: true })
  return (
    <AccessPage
      title="Users"
      lead="People who may sign in. What they may do comes from their groups and bindings."
      cli={'plinth user list\nplinth user create ana --groups payments/leads'}
      needs={{ action: 'list', object: 'user', domain: '*' }}
      actions={
        <MayButton
          look="primary"
          needs={{ action: 'create', object: 'user', domain: '*' }}
          onClick={() => void navigate({ search: (now) => ({ ...now, new: 'user' }) })}
        >
          <Icon name="plus" /> New user
        </MayButton>
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <FilterInput
          label="Filter users"
          value={search}
          onChange={(value) => void navigate({ search: (now) => withWord(now, 'search', value), replace: true })}
        />
        <Count of={pages} shown={shown.length} one="user" />
      </div>
      <Listing
        of={pages}
        label="Users"
        columns={columns}
        rows={shown}
        id={({ username }) => username}
        empty={
          <Empty title="No user fits">A user signs in with a password here, or comes by an identity provider.</Empty>
        }
      />
      {user !== undefined && <UserPanel username={user} onClose={close} />}
      {creating !== undefined && <NewUser onClose={close} />}
    </AccessPage>
  )
}
