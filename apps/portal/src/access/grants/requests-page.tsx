import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { ask, askPages } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Empty, Loading } from '../../ui/empty.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { AskAccess } from './ask-access.tsx'
import { type AccessRequest, RequestRow } from './request-row.tsx'

type Group = { title: string; requests: readonly AccessRequest[] }

function grouped(requests: readonly AccessRequest[], me: string | undefined): readonly Group[] {
  const isOpen = ({ state }: AccessRequest): boolean => state === 'pending' || state === 'granted'
  const toDecide = requests.filter(({ state, mayDecide }) => state === 'pending' && mayDecide)
  const inForce = requests.filter(({ state }) => state === 'granted')
  const mine = requests.filter((one) => one.subject === me && one.state === 'pending')
  return [
    { title: 'To decide', requests: toDecide },
    { title: 'In force', requests: inForce },
    { title: 'Mine, waiting', requests: mine.filter((one) => !toDecide.includes(one)) },
    { title: 'Done', requests: requests.filter((one) => !isOpen(one)) },
  ]
}

function Groups({ groups, me }: { groups: readonly Group[]; me: string | undefined }) {
  return (
    <>
      {groups
        .filter((group) => group.requests.length > 0)
        .map((group) => (
          <Section key={group.title} title={group.title} aside={group.requests.length}>
            <Card>
              <ul>
                {group.requests.map((request) => (
                  <RequestRow key={request.id} request={request} me={me} />
                ))}
              </ul>
            </Card>
          </Section>
        ))}
    </>
  )
}

export function RequestsPage() {
  const search = useSearch({ from: '/app/access/requests' })
  const navigate = useNavigate({ from: '/access/requests' })
  const me = useQuery(ask('getMe', {})).data?.subject
  const pages = useInfiniteQuery(askPages('listAccessRequests', { query: { limit: 100 } }))
  const requests = pages.data?.pages.flatMap(({ items }) => items) ?? []
  const close = (): void => void navigate({ search: {}, replace: true })
  return (
    <AccessPage
      title="Requests for access"
      lead="More than usual, for a time: asked with a reason, decided by somebody else, ended by itself."
      cli={
        'plinth access request role:deployer --in payments/production --for 1h --reason "Hotfix"\nplinth access approve acr_01'
      }
      actions={
        <Button look="primary" onClick={() => void navigate({ search: { ask: 'new' } })}>
          <Icon name="plus" /> Ask for access
        </Button>
      }
    >
      {pages.isPending && <Loading />}
      {pages.isError && <ProblemView error={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.isSuccess && requests.length === 0 && (
        <Empty
          title="No request yet"
          action={<Button onClick={() => void navigate({ search: { ask: 'new' } })}>Ask for access</Button>}
        >
          Who needs to deploy to production once asks for <code>deployer</code> for an hour, instead of holding it
          always.
        </Empty>
      )}
      <Groups groups={grouped(requests, me)} me={me} />
      {pages.hasNextPage && (
        <Button className="mt-4" busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          Older ones
        </Button>
      )}
      {search.ask !== undefined && (
        <AskAccess
          start={{
            role: search.role ?? '',
            domain: search.domain ?? '',
            reason: search.reason ?? '',
            breakGlass: search.glass !== undefined,
          }}
          onClose={close}
        />
      )}
    </AccessPage>
  )
}
