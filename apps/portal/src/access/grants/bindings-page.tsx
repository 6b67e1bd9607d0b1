import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { askPages } from '../../api/queries.ts'
import { useCurrentProject } from '../../shell/current-project.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Empty } from '../../ui/empty.tsx'
import { FilterInput } from '../../ui/field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Count, Listing } from '../../ui/listing.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { Subject, Where, whereText } from '../../ui/names.tsx'
import type { Column } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { ConditionsView } from '../shared/conditions-view.tsx'
import { withWord } from '../shared/with-word.ts'
import { ChangeSetNeeded } from './change-set-needed.tsx'
import { GiveRole } from './give-role.tsx'

type Binding = Answer<'listBindings'>['items'][number]

const stale = ['listBindings', 'canI', 'getMe', 'whatCan', 'accessReview', 'unusedGrants'] as const
const rowOf = ({ subject, role, domain, expiresAt, conditions }: Binding) => ({
  subject,
  role,
  domain,
  ...(expiresAt !== undefined && { expiresAt }),
  ...(conditions && { conditions }),
})

function End({ binding }: { binding: Binding }) {
  const { id, subject, role, domain } = binding
  const [asking, setAsking] = useState(false)
  const back = useAction('createBinding', { stale, done: `${subject} has ${role} again` })
  const end = useAction('deleteBinding', {
    quiet: true,
    stale,
    done: `${subject} no longer has ${role} in ${whereText(domain)}`,
    onDone: () => setAsking(false),
    undo: () => back.mutate({ body: rowOf(binding) }),
  })
  return (
    <>
      <MayButton
        small
        look="quiet"
        needs={{ action: 'delete', object: 'binding', domain }}
        onClick={() => setAsking(true)}
        aria-label={`End ${role} of ${subject} in ${domain}`}
      >
        End
      </MayButton>
      {asking && (
        <Confirm
          title={`Take ${role} from ${subject}?`}
          action="End the binding"
          busy={end.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() => end.mutate({ params: { binding: id } })}
        >
          <p>In {whereText(domain)}. It holds at once, for requests that are already signed in too.</p>
          {end.isError && (
            <ChangeSetNeeded
              error={end.error}
              title={`Take ${role} from ${subject}`}
              edit={{ removeLinks: [rowOf(binding)] }}
            />
          )}
        </Confirm>
      )}
    </>
  )
}

const columns: readonly Column<Binding>[] = [
  { head: 'Subject', cell: ({ subject }) => <Subject value={subject} link /> },
  {
    head: 'Role',
    cell: ({ role }) => (
      <Link to="/access/roles" search={{ role }} className="font-mono text-xs hover:text-accent hover:underline">
        {role.replace(/^role:/, '')}
      </Link>
    ),
  },
  { head: 'Where', cell: ({ domain }) => <Where domain={domain} /> },
  {
    head: 'Holds',
    cell: ({ expiresAt, conditions }) => (
      <ConditionsView {...(expiresAt !== undefined && { expiresAt })} {...(conditions && { conditions })} />
    ),
    wide: true,
  },
  { head: 'By', cell: ({ createdBy }) => createdBy.replace(/^user:/, ''), wide: true },
  { head: 'Since', cell: ({ createdAt }) => <Ago at={createdAt} />, wide: true, right: true },
  { head: 'End', cell: (binding) => <End binding={binding} />, right: true },
]

const none = (
  <Empty title="No binding fits">
    A binding gives a role to a person or a group in a project or an environment:{' '}
    <code>group:payments/leads is team-lead in payments</code>.
  </Empty>
)

export function BindingsPage() {
  const { search = '', subject, role, domain, give } = useSearch({ from: '/app/access/bindings' })
  const navigate = useNavigate({ from: '/access/bindings' })
  const project = useCurrentProject()
  const query = { limit: 200, ...(give === undefined && subject !== undefined && { subject }) }
  const pages = useInfiniteQuery(askPages('listBindings', { query }))
  const shown = useMemo(() => {
    const wanted = search.toLowerCase()
    const all = pages.data?.pages.flatMap(({ items }) => items) ?? []
    return all.filter((one) => `${one.subject} ${one.role} ${one.domain}`.toLowerCase().includes(wanted))
  }, [pages.data, search])
  return (
    <AccessPage
      title="Bindings"
      lead="Who holds which role where. A role holds below its domain too."
      cli={'plinth binding list\nplinth grant user:ana developer --in payments --for 8h'}
      needs={{ action: 'list', object: 'binding', domain: '*' }}
      actions={
        <MayButton
          look="primary"
          needs={{ action: 'grant', object: 'binding', domain: domain ?? project ?? '*' }}
          onClick={() => void navigate({ search: (now) => ({ ...now, give: 'new' }) })}
        >
          <Icon name="plus" /> Give a role
        </MayButton>
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <FilterInput
          label="Filter bindings"
          value={search}
          onChange={(value) => void navigate({ search: (now) => withWord(now, 'search', value), replace: true })}
        />
        <Count of={pages} shown={shown.length} one="binding" />
        <span className="flex-1" />
        <Link to="/access/review" search={{ show: 'unused' }} className="text-sm text-accent hover:underline">
          Those that nobody uses
        </Link>
      </div>
      <Listing of={pages} label="Bindings" columns={columns} rows={shown} id={({ id }) => id} empty={none} />
      {give !== undefined && (
        <GiveRole
          start={{ subject: subject ?? '', role: role ?? '', domain: domain ?? '' }}
          onClose={() => void navigate({ search: ({ give: _give, role: _role, ...rest }) => rest, replace: true })}
        />
      )}
    </AccessPage>
  )
}
