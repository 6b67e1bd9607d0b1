import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '../api/actions.ts'
import type { Answer } from '../api/plinth.ts'
import { ask } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Empty } from '../ui/empty.tsx'
import { FilterInput, TextField } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { Load } from '../ui/load.tsx'
import { ProblemView } from '../ui/problem-view.tsx'
import { type Column, Table } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'

type Binding = Answer<'listBindings'>['items'][number]

const stale = ['listBindings', 'canI', 'getMe'] as const

function Remove({ binding: { id, subject, role, domain } }: { binding: Binding }) {
  const [asking, setAsking] = useState(false)
  const remove = useAction('deleteBinding', {
    stale,
    done: `${subject} no longer has ${role}`,
    onDone: () => setAsking(false),
  })
  return (
    <>
      <Button
        small
        look="quiet"
        onClick={() => setAsking(true)}
        aria-label={`Take away ${role} from ${subject} in ${domain}`}
      >
        Take away
      </Button>
      {asking && (
        <Confirm
          title={`Take ${role} from ${subject}?`}
          action="Take it away"
          busy={remove.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() => remove.mutate({ params: { binding: id } })}
        >
          In {domain === '*' ? 'the whole platform' : domain}. It holds at once, for requests that are already signed in
          too.
        </Confirm>
      )}
    </>
  )
}

const columns: readonly Column<Binding>[] = [
  { head: 'Subject', cell: ({ subject }) => <code className="text-xs">{subject}</code> },
  { head: 'Role', cell: ({ role }) => <code className="text-xs">{role}</code> },
  { head: 'Where', cell: ({ domain }) => (domain === '*' ? 'the whole platform' : domain) },
  {
    head: 'Until',
    cell: ({ expiresAt }) =>
      expiresAt === undefined ? <span className="text-quiet">open</span> : <Ago at={expiresAt} />,
    wide: true,
  },
  { head: 'By', cell: ({ createdBy }) => createdBy.replace(/^user:/, ''), wide: true },
  { head: 'Since', cell: ({ createdAt }) => <Ago at={createdAt} />, wide: true, right: true },
  { head: 'Take away', cell: (binding) => <Remove binding={binding} />, right: true },
]

function Give({ onClose }: { onClose: () => void }) {
  const [subject, setSubject] = useState('user:')
  const [role, setRole] = useState('role:developer')
  const [domain, setDomain] = useState('')
  const give = useAction('createBinding', {
    quiet: true,
    stale,
    done: `${subject} has ${role} in ${domain}`,
    onDone: onClose,
  })
  return (
    <Dialog title="Give a role" onClose={onClose}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          give.mutate({ body: { subject, role, domain } })
        }}
      >
        <TextField
          label="Subject"
          required
          value={subject}
          onChange={setSubject}
          spellCheck={false}
          help="user:ana, group:payments/leads, sa:payments/ledger"
        />
        <TextField
          label="Role"
          required
          value={role}
          onChange={setRole}
          spellCheck={false}
          help="role:developer, role:team-lead, role:deployer, role:qa, role:auditor"
        />
        <TextField
          label="Domain"
          required
          value={domain}
          onChange={setDomain}
          spellCheck={false}
          help="A project, project/environment, or * for the whole platform. Nobody gives what they do not hold."
        />
        {give.isError && <ProblemView error={give.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={give.isPending}>
            Give it
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

export function BindingsView() {
  const bindings = useQuery(ask('listBindings', { query: { limit: 200 } }))
  const [filter, setFilter] = useState('')
  const [giving, setGiving] = useState(false)
  const wanted = filter.toLowerCase()
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <FilterInput label="Filter bindings" value={filter} onChange={setFilter} />
        <span className="flex-1" />
        <Button onClick={() => setGiving(true)}>
          <Icon name="plus" /> Give a role
        </Button>
      </div>
      <Load of={bindings}>
        {({ items }) => {
          const shown = items.filter(({ subject, role, domain }) =>
            `${subject} ${role} ${domain}`.toLowerCase().includes(wanted),
          )
          return shown.length === 0 ? (
            <Empty title="No binding fits">
              A binding gives a role to a person or a group in a project or an environment.
            </Empty>
          ) : (
            <Table label="Bindings" columns={columns} rows={shown} id={({ id }) => id} />
          )
        }}
      </Load>
      {giving && <Give onClose={() => setGiving(false)} />}
    </>
  )
}
