import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { RequestRow } from '../access/grants/request-row.tsx'
import { TokenDialog } from '../access/shared/token-dialog.tsx'
import { TokenList } from '../access/shared/token-list.tsx'
import { useAction } from '../api/actions.ts'
import { ask } from '../api/queries.ts'
import { Button, buttonLook } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Facts } from '../ui/facts.tsx'
import { Icon } from '../ui/icon.tsx'
import { Load } from '../ui/load.tsx'
import { Where } from '../ui/names.tsx'
import { Card, Page, Section } from '../ui/page.tsx'
import { signOut } from './session.ts'

function Tokens() {
  const { token } = useSearch({ from: '/app/account' })
  const navigate = useNavigate({ from: '/account' })
  const tokens = useQuery(ask('listMyTokens', {}))
  const make = useAction('createMyToken', { quiet: true, stale: ['listMyTokens'] })
  const withdraw = useAction('deleteMyToken', { stale: ['listMyTokens'], done: 'The token no longer works' })
  const open = (): void => void navigate({ search: { token: 'new' } })
  const add = (
    <Button onClick={open}>
      <Icon name="plus" /> New token
    </Button>
  )
  return (
    <Section title="My tokens" aside="for git and programs that act as me">
      <Load of={tokens} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No token yet" action={add}>
              A token stands for you without your password: narrow it to what it is for, such as{' '}
              <code>get repository in payments</code>.
            </Empty>
          ) : (
            <>
              <TokenList
                tokens={items}
                busy={withdraw.isPending}
                onWithdraw={({ id }) => withdraw.mutate({ params: { token: id } })}
              />
              <div className="mt-3">{add}</div>
            </>
          )
        }
      </Load>
      {token !== undefined && (
        <TokenDialog
          title="New token"
          token={make.data?.token}
          busy={make.isPending}
          error={make.error}
          onMake={(body) => make.mutate({ body })}
          onClose={() => {
            make.reset()
            void navigate({ search: {}, replace: true })
          }}
        />
      )}
    </Section>
  )
}

function Requests({ me }: { me: string }) {
  const requests = useQuery(ask('listAccessRequests', { query: { limit: 100 } }))
  return (
    <Section
      title="My requests"
      aside={
        <Link to="/access/requests" search={{ ask: 'new' }} className="text-accent hover:underline">
          Ask for access
        </Link>
      }
    >
      <Load of={requests} lines={1}>
        {({ items }) => {
          const mine = items.filter(({ subject }) => subject === me)
          return mine.length === 0 ? (
            <p className="text-quiet">None. What you need for an hour you ask for here, with a reason.</p>
          ) : (
            <Card>
              <ul>
                {mine.map((request) => (
                  <RequestRow key={request.id} request={request} me={me} />
                ))}
              </ul>
            </Card>
          )
        }}
      </Load>
    </Section>
  )
}

export function AccountPage() {
  const me = useQuery(ask('getMe', {}))
  const navigate = useNavigate()
  const leave = async (): Promise<void> => {
    await signOut()
    await navigate({ to: '/login', search: {} })
  }
  return (
    <Page
      title="My account"
      lead="Who I am here, what acts as me, and what I asked for."
      cli={'plinth whoami\nplinth token create --name laptop --scope "get repository payments"'}
      actions={<Button onClick={() => void leave()}>Sign out</Button>}
    >
      <Load of={me}>
        {({ subject, displayName, groups, roles }) => (
          <>
            <Card className="p-4">
              <Facts
                facts={[
                  ['Name', displayName],
                  ['Subject', <code key="subject">{subject}</code>],
                  ['Groups', groups.length === 0 ? 'none' : <code key="groups">{groups.join(', ')}</code>],
                  [
                    'Roles',
                    roles.length === 0
                      ? 'none'
                      : roles.map(({ role, domain }) => (
                          <span key={`${role} ${domain}`} className="mr-4 inline-block">
                            {role.replace(/^role:/, '')} <span className="text-quiet">in</span>{' '}
                            <Where domain={domain} />
                          </span>
                        )),
                  ],
                ]}
              />
              <div className="mt-4">
                <Link to="/access/what-can" className={buttonLook()}>
                  All I may do
                </Link>
              </div>
            </Card>
            <Tokens />
            <Requests me={subject} />
          </>
        )}
      </Load>
    </Page>
  )
}
