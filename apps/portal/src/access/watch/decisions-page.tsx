import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useDeferredValue, useMemo } from 'react'
import { actions } from '@plinth/contracts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { buttonLook } from '../../ui/button.tsx'
import { Hash } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Facts } from '../../ui/facts.tsx'
import { FilterInput } from '../../ui/field.tsx'
import { Listing } from '../../ui/listing.tsx'
import { Subject, Where } from '../../ui/names.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Status } from '../../ui/status.tsx'
import type { Column } from '../../ui/table.tsx'
import { Ago, exact } from '../../ui/time.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { withWord } from '../shared/with-word.ts'

type Decision = Answer<'queryDecisions'>['items'][number]

const keyOf = ({ requestId, action, object }: Decision): string => `${requestId} ${action} ${object}`
const isKnownAction = (action: string): boolean => actions.some((one) => one === action)

const columns = (onOpen: (decision: Decision) => void): readonly Column<Decision>[] => [
  { head: 'When', cell: ({ at }) => <Ago at={at} /> },
  {
    head: 'Verdict',
    cell: ({ allowed }) => (
      <Status state={String(allowed)} tone={allowed ? 'healthy' : 'failed'} text={allowed ? 'allowed' : 'denied'} />
    ),
  },
  { head: 'Who', cell: ({ subject }) => <Subject value={subject} />, wide: true },
  {
    head: 'What',
    cell: (decision) => (
      <button
        type="button"
        onClick={() => onOpen(decision)}
        className="text-left font-mono text-xs underline decoration-line-strong underline-offset-2 hover:text-accent"
      >
        {decision.action} {decision.object}
      </button>
    ),
  },
  { head: 'Where', cell: ({ domain }) => <Where domain={domain} />, wide: true },
  {
    head: 'Times',
    cell: ({ weight }) => <span className="numeric text-quiet">{weight === 1 ? '' : `× ${weight}`}</span>,
    right: true,
    wide: true,
  },
]

function Panel({ decision, onClose }: { decision: Decision; onClose: () => void }) {
  const { subject, subjects, action, object, domain, allowed, reason, rule, revision, operation, address, at } =
    decision
  return (
    <Dialog title={`${allowed ? 'Allowed' : 'Denied'}: ${action} ${object}`} look="drawer" onClose={onClose}>
      <div className="flex flex-col gap-5 p-4">
        <Facts
          facts={[
            ['Who', <Subject key="who" value={subject} link />],
            ['Is also', subjects.filter((one) => one !== subject).join(', ') || '–'],
            ['Where', <Where key="where" domain={domain} />],
            ['Because', reason],
            ['Rule', rule === undefined ? 'none matched' : <code key="rule">{rule}</code>],
            ['Revision', String(revision)],
            ['Operation', operation],
            ['From', address ?? '–'],
            ['When', exact(at)],
            ['Request', <Hash key="request" value={decision.requestId} length={40} />],
            ['Stands for', decision.weight === 1 ? 'itself' : `${decision.weight} alike`],
          ]}
        />
        {isKnownAction(action) && (
          <div className="flex flex-wrap gap-2">
            <Link
              to="/access/explain"
              search={{ subject, action, object, domain, at, ...(address !== undefined && { address }) }}
              className={buttonLook('primary')}
            >
              Explain it
            </Link>
            <Link to="/access/audit" search={{ requestId: decision.requestId }} className={buttonLook()}>
              In the ledger
            </Link>
          </div>
        )}
      </div>
    </Dialog>
  )
}

type Verdict = 'all' | 'yes' | 'no'

function Filters({ verdict }: { verdict: Verdict }) {
  const search = useSearch({ from: '/app/access/decisions' })
  const navigate = useNavigate({ from: '/access/decisions' })
  const set = (name: 'subject' | 'domain') => (value: string) =>
    void navigate({ search: (now) => withWord(now, name, value), replace: true })
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <FilterInput label="Who, as user:dev" value={search.subject ?? ''} onChange={set('subject')} />
      <FilterInput label="Domain, as payments" value={search.domain ?? ''} onChange={set('domain')} />
      <Segmented
        label="Verdict"
        value={verdict}
        onChange={(value) =>
          void navigate({
            search: (now) => ({ ...now, allowed: value === 'all' ? undefined : value }),
            replace: true,
          })
        }
        options={[
          ['all', 'All'],
          ['no', 'Denied'],
          ['yes', 'Allowed'],
        ]}
      />
    </div>
  )
}

export function DecisionsPage() {
  const search = useSearch({ from: '/app/access/decisions' })
  const navigate = useNavigate({ from: '/access/decisions' })
  const subject = useDeferredValue(search.subject)
  const domain = useDeferredValue(search.domain)
  const verdict = search.allowed === 'yes' || search.allowed === 'no' ? search.allowed : 'all'
  const decisions = useQuery({
    ...ask('queryDecisions', {
      query: {
        limit: 500,
        ...(subject !== undefined && { subject }),
        ...(domain !== undefined && { domain }),
        ...(verdict !== 'all' && { allowed: verdict === 'yes' }),
      },
    }),
    placeholderData: (before) => before,
  })
  const open = useMemo(
    () => (decision: Decision | undefined) =>
      void navigate({
        search: (now) => ({ ...now, entry: decision && keyOf(decision) }),
        replace: decision === undefined,
      }),
    [navigate],
  )
  const shownColumns = useMemo(() => columns(open), [open])
  const items = decisions.data?.items ?? []
  const opened = items.find((decision) => keyOf(decision) === search.entry)
  return (
    <AccessPage
      title="Decisions"
      lead="What the gateway decided: every denial, every privileged allow, and a sample of the other allows."
      cli={`plinth access decisions${verdict === 'no' ? ' --denied' : ''}${subject === undefined ? '' : ` --subject ${subject}`}`}
      needs={{ action: 'list', object: 'decision', domain: '*' }}
    >
      <Filters verdict={verdict} />
      <Listing
        of={decisions}
        label="Decisions"
        columns={shownColumns}
        rows={items}
        id={keyOf}
        empty={
          <Empty title="No decision fits">
            Each request at the front door is decided; a denial is here within some seconds, with the rule or the lack
            of one.
          </Empty>
        }
      />
      {opened && <Panel decision={opened} onClose={() => open(undefined)} />}
    </AccessPage>
  )
}
