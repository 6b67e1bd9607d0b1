import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ask } from '../api/queries.ts'
import { buttonLook } from '../ui/button.tsx'
import { Where } from '../ui/names.tsx'
import { Card, Section } from '../ui/page.tsx'
import { RequestRow } from './grants/request-row.tsx'
import { Figures } from './overview/figures.tsx'
import { ChangesWaiting, FreezesInForce } from './overview/waiting.tsx'
import { AccessPage } from './shared/access-page.tsx'
import { roleSubject } from './shared/use-names.ts'

function Mine() {
  const me = useQuery(ask('getMe', {})).data
  if (!me) return null
  return (
    <Section
      title="What I hold"
      aside={
        <Link to="/access/what-can" className="text-accent hover:underline">
          All I may do
        </Link>
      }
      flush
    >
      <Card className="p-4">
        {me.roles.length === 0 ? (
          <p className="text-quiet">No role yet. Ask for one below, or ask whoever leads your project.</p>
        ) : (
          <ul className="flex flex-wrap gap-x-6 gap-y-1">
            {me.roles.map(({ role, domain }) => (
              <li key={`${role} ${domain}`}>
                <Link to="/access/roles" search={{ role: roleSubject(role) }} className="font-medium hover:text-accent">
                  {role.replace(/^role:/, '')}
                </Link>{' '}
                <span className="text-quiet">in</span> <Where domain={domain} />
              </li>
            ))}
          </ul>
        )}
        {me.groups.length > 0 && (
          <p className="mt-2 text-sm text-quiet">
            By my groups <span className="font-mono text-xs text-ink">{me.groups.join(', ')}</span>
          </p>
        )}
      </Card>
    </Section>
  )
}

/** What waits for me and what is out of the ordinary; what one may not see is left out. */
export function OverviewPage() {
  const me = useQuery(ask('getMe', {})).data?.subject
  const requests = useQuery(ask('listAccessRequests', { query: { limit: 100 } })).data?.items ?? []
  const toDecide = requests.filter(({ state, mayDecide }) => state === 'pending' && mayDecide)
  const inForce = requests.filter(({ state }) => state === 'granted')
  const ordered = inForce.toSorted((a, b) => Number(b.breakGlass) - Number(a.breakGlass))
  return (
    <AccessPage
      title="Access"
      lead={
        toDecide.length > 0
          ? `${toDecide.length} ${toDecide.length === 1 ? 'request waits' : 'requests wait'} for your decision.`
          : 'Who may do what, what changes about it, and who looked.'
      }
      cli={'plinth access requests\nplinth change-set list --state proposed\nplinth access review --unused'}
      actions={
        <Link to="/access/requests" search={{ ask: 'new' }} className={buttonLook()}>
          Ask for access
        </Link>
      }
    >
      <Figures />
      {toDecide.length > 0 && (
        <Section title="To decide" aside={toDecide.length}>
          <Card>
            <ul>
              {toDecide.map((request) => (
                <RequestRow key={request.id} request={request} me={me} />
              ))}
            </ul>
          </Card>
        </Section>
      )}
      <ChangesWaiting />
      {ordered.length > 0 && (
        <Section title="More than usual, just now" aside={ordered.length}>
          <Card>
            <ul>
              {ordered.map((request) => (
                <RequestRow key={request.id} request={request} me={me} />
              ))}
            </ul>
          </Card>
        </Section>
      )}
      <div className="mt-8 grid gap-8 lg:grid-cols-2">
        <FreezesInForce />
        <Mine />
      </div>
    </AccessPage>
  )
}
