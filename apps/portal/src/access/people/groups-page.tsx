import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Empty } from '../../ui/empty.tsx'
import { FilterInput, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Load } from '../../ui/load.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { withWord } from '../shared/with-word.ts'
import { GroupPanel } from './group-panel.tsx'

type Group = Answer<'listGroups'>['items'][number]

const namesShown = 6

const columns: readonly Column<Group>[] = [
  {
    head: 'Group',
    cell: ({ name }) => (
      <Link
        to="/access/groups"
        search={(now) => ({ ...now, group: name })}
        className="font-medium underline decoration-line-strong underline-offset-2 hover:text-accent"
      >
        {name}
      </Link>
    ),
  },
  { head: 'What for', cell: ({ description }) => description, wide: true },
  { head: 'Members', cell: ({ members }) => <span className="numeric">{members.length}</span>, right: true },
  {
    head: 'Who',
    cell: ({ members }) => (
      <span className="block max-w-96 truncate text-quiet" title={members.join(', ')}>
        {members.slice(0, namesShown).join(', ')}
        {members.length > namesShown && ` and ${members.length - namesShown} more`}
      </span>
    ),
    wide: true,
  },
]

function NewGroup({ onClose, onMade }: { onClose: () => void; onMade: (name: string) => void }) {
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const create = useAction('createGroup', {
    quiet: true,
    stale: ['listGroups'],
    done: ({ name: made }) => `The group ${made} is there; add its members`,
    onDone: ({ name: made }) => onMade(made),
  })
  return (
    <FormDialog
      title="New group"
      action="Create"
      busy={create.isPending}
      error={create.error}
      onSubmit={() => create.mutate({ body: { name, ...(description !== '' && { description }) } })}
      onClose={onClose}
    >
      <TextField
        label="Name"
        required
        value={name}
        onChange={setName}
        spellCheck={false}
        placeholder="payments/on-call"
        help="A project before the slash says whose it is"
      />
      <TextField label="What for" value={description} onChange={setDescription} placeholder="Who is called at night" />
    </FormDialog>
  )
}

function GroupTable({ groups, wanted }: { groups: readonly Group[]; wanted: string }) {
  const shown = groups.filter(({ name, description, members }) =>
    `${name} ${description} ${members.join(' ')}`.toLowerCase().includes(wanted),
  )
  if (shown.length > 0) return <Table label="Groups" columns={columns} rows={shown} id={({ name }) => name} />
  return (
    <Empty title={groups.length === 0 ? 'No group yet' : 'No group fits'}>
      A group such as <code>payments/leads</code> holds people who need the same. Bindings name the group, so joining
      and leaving is all that changes.
    </Empty>
  )
}

export function GroupsPage() {
  const { group, search = '' } = useSearch({ from: '/app/access/groups' })
  const navigate = useNavigate({ from: '/access/groups' })
  const [creating, setCreating] = useState(false)
  const groups = useQuery(ask('listGroups', {}))
  const add = (
    <MayButton
      look="primary"
      needs={{ action: 'create', object: 'group', domain: '*' }}
      onClick={() => setCreating(true)}
    >
      <Icon name="plus" /> New group
    </MayButton>
  )
  return (
    <AccessPage
      title="Groups"
      lead="Bind a group once, and whoever joins it has what it has."
      cli={'plinth group list\nplinth group add payments/leads ana'}
      needs={{ action: 'list', object: 'group', domain: '*' }}
      actions={add}
    >
      <div className="mb-3">
        <FilterInput
          label="Filter groups"
          value={search}
          onChange={(value) => void navigate({ search: (now) => withWord(now, 'search', value), replace: true })}
        />
      </div>
      <Load of={groups}>{({ items }) => <GroupTable groups={items} wanted={search.toLowerCase()} />}</Load>
      {group !== undefined && (
        <GroupPanel
          name={group}
          group={groups.data?.items.find(({ name }) => name === group)}
          onClose={() => void navigate({ search: ({ group: _group, ...rest }) => rest, replace: true })}
        />
      )}
      {creating && (
        <NewGroup
          onClose={() => setCreating(false)}
          onMade={(name) => {
            setCreating(false)
            void navigate({ search: (now) => ({ ...now, group: name }) })
          }}
        />
      )}
    </AccessPage>
  )
}
