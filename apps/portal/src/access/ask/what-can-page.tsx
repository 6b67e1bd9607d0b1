import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Empty, Loading } from '../../ui/empty.tsx'
import { FilterInput, SuggestField } from '../../ui/field.tsx'
import { Subject, Where } from '../../ui/names.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'
import { Status } from '../../ui/status.tsx'
import type { Column } from '../../ui/table.tsx'
import { VirtualTable } from '../../ui/virtual-table.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { conditionTexts } from '../shared/conditions-view.tsx'
import { useNames } from '../shared/use-names.ts'

type Right = Answer<'whatCan'>['items'][number]

const columns: readonly Column<Right>[] = [
  { head: 'Effect', cell: ({ effect }) => <Status state={effect} tone={effect === 'deny' ? 'failed' : 'healthy'} /> },
  { head: 'Action', cell: ({ action }) => <code className="text-xs">{action === '*' ? 'anything' : action}</code> },
  { head: 'Object', cell: ({ object }) => <code className="text-xs">{object === '*' ? 'everything' : object}</code> },
  { head: 'Where', cell: ({ domain }) => <Where domain={domain} /> },
  {
    head: 'By',
    cell: ({ through }) => (
      <span className="flex items-center gap-x-1.5 whitespace-nowrap">
        {through.length === 0 && <span className="text-quiet">a rule of its own</span>}
        {through.map(({ role, expiresAt, conditions }, index) => (
          <span key={role}>
            {index > 0 && <span className="text-quiet">→ </span>}
            <Subject value={role} bare={role.startsWith('role:')} />
            {(expiresAt !== undefined || conditions) && (
              <span className="text-xs text-degraded" title={conditionTexts(conditions).join(', ')}>
                {' '}
                for a time
              </span>
            )}
          </span>
        ))}
      </span>
    ),
    wide: true,
  },
]

function Rights({ subject, mine }: { subject: string; mine: boolean }) {
  const { search = '' } = useSearch({ from: '/app/access/what-can' })
  const navigate = useNavigate({ from: '/access/what-can' })
  const answer = useQuery(ask('whatCan', { body: mine ? {} : { subject } }))
  const shown = useMemo(() => {
    const wanted = search.toLowerCase()
    return (answer.data?.items ?? []).filter(({ action, object, domain, effect, through }) =>
      `${effect} ${action} ${object} ${domain} ${through.map(({ role }) => role).join(' ')}`
        .toLowerCase()
        .includes(wanted),
    )
  }, [answer.data, search])
  if (answer.isPending) return <Loading lines={6} />
  if (answer.isError) return <ProblemView error={answer.error} onRetry={() => void answer.refetch()} />
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <FilterInput
          label="Filter rights"
          value={search}
          onChange={(value) =>
            void navigate({ search: (now) => ({ ...now, search: value === '' ? undefined : value }), replace: true })
          }
        />
        <p role="status" className="numeric text-sm text-quiet">
          {shown.length} {shown.length === 1 ? 'right' : 'rights'} of <Subject value={subject} />
        </p>
        <span className="flex-1" />
        <Link to="/access/view-as" search={{ subject }} className="text-sm text-accent hover:underline">
          See the portal so
        </Link>
      </div>
      {shown.length === 0 ? (
        <Empty title={answer.data.items.length === 0 ? 'Nothing' : 'No right fits'}>
          What no rule allows is denied. Bind a role, and it is all here.
        </Empty>
      ) : (
        <VirtualTable
          label="Rights"
          columns={columns}
          rows={shown}
          id={({ action, object, domain, effect, through }) =>
            `${effect} ${action} ${object} ${domain} ${through.map(({ role }) => role).join('>')}`
          }
        />
      )}
    </>
  )
}

export function WhatCanPage() {
  const { subject } = useSearch({ from: '/app/access/what-can' })
  const navigate = useNavigate({ from: '/access/what-can' })
  const me = useQuery(ask('getMe', {})).data?.subject
  const names = useNames()
  const [who, setWho] = useState(subject ?? '')
  const shown = subject ?? me
  return (
    <AccessPage
      title="What can"
      lead="All that somebody may do, and by which bindings."
      cli={`plinth access what-can${subject === undefined ? '' : ` ${subject}`}`}
    >
      <form
        className="mb-5 flex max-w-md items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          void navigate({ search: who === '' ? {} : { subject: who } })
        }}
      >
        <div className="flex-1">
          <SuggestField
            label="Who"
            value={who}
            onChange={setWho}
            suggestions={[...names.subjects, ...names.roles]}
            placeholder={me ?? 'user:ana'}
          />
        </div>
        <Button type="submit" look="primary">
          What can?
        </Button>
      </form>
      {shown !== undefined && <Rights key={shown} subject={shown} mine={shown === me} />}
    </AccessPage>
  )
}
