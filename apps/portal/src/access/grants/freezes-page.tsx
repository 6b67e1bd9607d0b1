import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { useCurrentProject } from '../../shell/current-project.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Empty } from '../../ui/empty.tsx'
import { SuggestField, TextArea, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Load } from '../../ui/load.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { Where, whereText } from '../../ui/names.tsx'
import { Status } from '../../ui/status.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { instantOf } from '../shared/question-fields.tsx'
import { useNames } from '../shared/use-names.ts'

type Freeze = Answer<'listFreezes'>['items'][number]

const stale = ['listFreezes', 'canI', 'explainAccess'] as const

function End({ freeze: { id, domain } }: { freeze: Freeze }) {
  const [asking, setAsking] = useState(false)
  const end = useAction('deleteFreeze', {
    stale,
    done: `${whereText(domain)} may be changed again`,
    onDone: () => setAsking(false),
  })
  return (
    <>
      <MayButton
        small
        look="quiet"
        needs={{ action: 'delete', object: 'freeze', domain }}
        aria-label={`End the freeze of ${whereText(domain)}`}
        onClick={() => setAsking(true)}
      >
        End
      </MayButton>
      {asking && (
        <Confirm
          title={`End the freeze of ${whereText(domain)}?`}
          action="End it"
          typeName={domain}
          busy={end.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() => end.mutate({ params: { freeze: id } })}
        >
          Deployments and every other change are possible again at once.
        </Confirm>
      )}
    </>
  )
}

const columns: readonly Column<Freeze>[] = [
  {
    head: 'State',
    cell: ({ from }) =>
      Date.parse(from) <= Date.now() ? (
        <Status state="in force" tone="degraded" />
      ) : (
        <Status state="to come" tone="waiting" />
      ),
  },
  { head: 'Where', cell: ({ domain }) => <Where domain={domain} /> },
  { head: 'Why', cell: ({ reason }) => <span className="block min-w-40">{reason}</span> },
  { head: 'From', cell: ({ from }) => <Ago at={from} />, wide: true },
  { head: 'Until', cell: ({ until }) => <Ago at={until} /> },
  { head: 'By', cell: ({ createdBy }) => createdBy.replace(/^user:/, ''), wide: true },
  { head: 'End', cell: (freeze) => <End freeze={freeze} />, right: true },
]

function NewFreeze({ onClose }: { onClose: () => void }) {
  const [domain, setDomain] = useState('')
  const [from, setFrom] = useState('')
  const [until, setUntil] = useState('')
  const [reason, setReason] = useState('')
  const { domains } = useNames()
  const create = useAction('createFreeze', {
    quiet: true,
    stale,
    done: `${whereText(domain)} is frozen`,
    onDone: onClose,
  })
  const begins = instantOf(from)
  const ends = instantOf(until)
  return (
    <FormDialog
      title="Freeze changes"
      action="Freeze"
      busy={create.isPending}
      ready={ends !== undefined}
      error={create.error}
      onSubmit={() => {
        if (ends !== undefined)
          create.mutate({ body: { domain, until: ends, reason, ...(begins !== undefined && { from: begins }) } })
      }}
      onClose={onClose}
    >
      <p className="text-sm text-quiet">
        Reading goes on; deploying and every other change is refused, with your reason. Bindings marked break-glass hold
        through it.
      </p>
      <SuggestField
        label="Domain"
        required
        value={domain}
        onChange={setDomain}
        suggestions={['*', ...domains]}
        placeholder="payments/production"
      />
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField label="From" type="datetime-local" value={from} onChange={setFrom} help="Now, when empty" />
        <TextField label="Until" required type="datetime-local" value={until} onChange={setUntil} />
      </div>
      <TextArea
        label="Why"
        required
        rows={2}
        value={reason}
        onChange={setReason}
        placeholder="Black Friday"
        help="Everybody who is refused reads it."
      />
    </FormDialog>
  )
}

export function FreezesPage() {
  const freezes = useQuery(ask('listFreezes', {}))
  // Whoever may everywhere may in a project too; whoever leads one may there.
  const project = useCurrentProject()
  const [creating, setCreating] = useState(false)
  const create = (
    <MayButton
      look="primary"
      needs={{ action: 'create', object: 'freeze', domain: project ?? '*' }}
      onClick={() => setCreating(true)}
    >
      <Icon name="plus" /> Freeze changes
    </MayButton>
  )
  return (
    <AccessPage
      title="Freezes"
      lead="Times in which nothing is changed: a launch, an audit, the last days of the year."
      cli={
        'plinth freeze list\nplinth freeze create payments/production --until 2026-12-01T06:00:00Z --reason "Black Friday"'
      }
      actions={create}
    >
      <Load of={freezes}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing is frozen">
              A freeze of <code>payments/production</code> lets everybody read and nobody deploy, until it ends by
              itself.
            </Empty>
          ) : (
            <Table label="Freezes" columns={columns} rows={items} id={({ id }) => id} />
          )
        }
      </Load>
      {creating && <NewFreeze onClose={() => setCreating(false)} />}
    </AccessPage>
  )
}
