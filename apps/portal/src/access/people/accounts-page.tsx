import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { useCurrentProject, useProjects } from '../../shell/current-project.ts'
import { Empty } from '../../ui/empty.tsx'
import { SelectField, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Load } from '../../ui/load.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { AccountPanel } from './account-panel.tsx'

type Account = Answer<'listServiceAccounts'>['items'][number]

const columns: readonly Column<Account>[] = [
  {
    head: 'Account',
    cell: ({ name }) => (
      <Link
        to="/access/service-accounts"
        search={(now) => ({ ...now, account: name })}
        className="font-medium underline decoration-line-strong underline-offset-2 hover:text-accent"
      >
        {name}
      </Link>
    ),
  },
  { head: 'Subject', cell: ({ subject }) => <code className="text-xs">{subject}</code> },
  { head: 'What for', cell: ({ description }) => description, wide: true },
  { head: 'By', cell: ({ createdBy }) => createdBy.replace(/^user:/, ''), wide: true },
  { head: 'Since', cell: ({ createdAt }) => <Ago at={createdAt} />, right: true, wide: true },
]

function NewAccount({ project, onClose }: { project: string; onClose: (made?: string) => void }) {
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const create = useAction('createServiceAccount', {
    quiet: true,
    stale: ['listServiceAccounts'],
    done: ({ subject }) => `${subject} is there; bind it, and make it a token`,
    onDone: (made) => onClose(made.name),
  })
  return (
    <FormDialog
      title={`New service account of ${project}`}
      action="Create"
      busy={create.isPending}
      error={create.error}
      onSubmit={() =>
        create.mutate({ params: { project }, body: { name, ...(description !== '' && { description }) } })
      }
      onClose={() => onClose()}
    >
      <TextField label="Name" required value={name} onChange={setName} spellCheck={false} placeholder="release-bot" />
      <TextField
        label="What for"
        value={description}
        onChange={setDescription}
        placeholder="Tags releases from the build farm"
      />
    </FormDialog>
  )
}

function Accounts({ project }: { project: string }) {
  const { account } = useSearch({ from: '/app/access/service-accounts' })
  const navigate = useNavigate({ from: '/access/service-accounts' })
  const [creating, setCreating] = useState(false)
  const accounts = useQuery(ask('listServiceAccounts', { params: { project } }))
  const open = (name: string | undefined): void =>
    void navigate({ search: (now) => ({ ...now, account: name }), replace: name === undefined })
  const needs = { action: 'create', object: 'service-account', domain: project } as const
  const add = (
    <MayButton look="primary" needs={needs} onClick={() => setCreating(true)}>
      <Icon name="plus" /> New service account
    </MayButton>
  )
  return (
    <>
      <Load of={accounts}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No service account yet" action={add}>
              A program that acts for {project}, such as a build farm elsewhere. It may do nothing until it is bound,
              and its tokens are narrowed to scopes.
            </Empty>
          ) : (
            <>
              <Table label="Service accounts" columns={columns} rows={items} id={({ name }) => name} />
              <div className="mt-3">{add}</div>
            </>
          )
        }
      </Load>
      {account !== undefined && (
        <AccountPanel
          project={project}
          account={account}
          description={accounts.data?.items.find(({ name }) => name === account)?.description ?? ''}
          onClose={() => open(undefined)}
        />
      )}
      {creating && (
        <NewAccount
          project={project}
          onClose={(made) => {
            setCreating(false)
            if (made !== undefined) open(made)
          }}
        />
      )}
    </>
  )
}

export function AccountsPage() {
  const search = useSearch({ from: '/app/access/service-accounts' })
  const navigate = useNavigate({ from: '/access/service-accounts' })
  const projects = useProjects().data?.items ?? []
  const current = useCurrentProject()
  const project = search.project ?? current
  return (
    <AccessPage
      title="Service accounts"
      lead="Programs that act for a project, with tokens of their own."
      cli={`plinth service-account list ${project ?? 'payments'}\nplinth service-account token ${project ?? 'payments'}/release-bot`}
    >
      <div className="mb-4 max-w-60">
        <SelectField
          label="Project"
          value={project ?? ''}
          onChange={(value) => void navigate({ search: { project: value } })}
          options={projects.map(({ name }) => [name, name] as const)}
        />
      </div>
      {project === undefined ? (
        <Empty title="No project">Service accounts belong to a project; create one first.</Empty>
      ) : (
        <Accounts project={project} />
      )}
    </AccessPage>
  )
}
