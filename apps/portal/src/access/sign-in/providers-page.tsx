import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Load } from '../../ui/load.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { Card } from '../../ui/page.tsx'
import { Ago } from '../../ui/time.tsx'
import { AccessPage } from '../shared/access-page.tsx'
import { ProviderDialog } from './provider-dialog.tsx'

type Provider = Answer<'listIdentityProviders'>['items'][number]

function Remove({ provider: { name, displayName } }: { provider: Provider }) {
  const [asking, setAsking] = useState(false)
  const remove = useAction('deleteIdentityProvider', {
    stale: ['listIdentityProviders', 'listSignInProviders'],
    done: `${displayName} is gone; who signed in by it is signed out`,
    onDone: () => setAsking(false),
  })
  return (
    <>
      <MayButton
        small
        look="danger"
        needs={{ action: 'delete', object: 'identity-provider', domain: '*' }}
        aria-label={`Remove ${displayName}`}
        onClick={() => setAsking(true)}
      >
        Remove
      </MayButton>
      {asking && (
        <Confirm
          title={`Remove ${displayName}?`}
          action="Remove"
          typeName={name}
          busy={remove.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() => remove.mutate({ params: { provider: name } })}
        >
          Everybody who signed in by it is signed out at once and cannot sign in that way again.
        </Confirm>
      )}
    </>
  )
}

function ProviderCard({ provider, onEdit }: { provider: Provider; onEdit: () => void }) {
  const { name, displayName, issuer, clientId, redirectUri, usernameClaim, groupsClaim, groups = {}, signUp } = provider
  const mapped = Object.entries(groups)
  return (
    <Card className="p-4">
      <section aria-label={displayName}>
        <div className="mb-3 flex flex-wrap items-center gap-2">
          <h2 className="flex-1 text-lg font-semibold">{displayName}</h2>
          <MayButton
            small
            needs={{ action: 'update', object: 'identity-provider', domain: '*' }}
            aria-label={`Edit ${displayName}`}
            onClick={onEdit}
          >
            Edit
          </MayButton>
          <Remove provider={provider} />
        </div>
        <Facts
          facts={[
            ['Name', <code key="name">{name}</code>],
            ['Issuer', <code key="issuer">{issuer}</code>],
            ['Client', <code key="client">{clientId}</code>],
            [
              'Redirect URI',
              <span key="redirect">
                <code>{redirectUri}</code> <CopyButton text={redirectUri} />
              </span>,
            ],
            ['User by', <code key="user">{usernameClaim}</code>],
            [
              'Groups by',
              groupsClaim === undefined ? (
                <span className="text-quiet">not taken over</span>
              ) : (
                <span key="groups">
                  <code>{groupsClaim}</code>
                  <span className="block">
                    {mapped.map(([theirs, ours]) => (
                      <span key={theirs} className="block text-xs text-quiet">
                        <code>{theirs}</code> → <code className="text-ink">{ours}</code>
                      </span>
                    ))}
                  </span>
                </span>
              ),
            ],
            ['First sign-in', signUp ? 'makes the user' : 'needs a user who is there'],
            ['Changed', <Ago key="changed" at={provider.updatedAt} />],
          ]}
        />
      </section>
    </Card>
  )
}

export function ProvidersPage() {
  const { provider } = useSearch({ from: '/app/access/providers' })
  const navigate = useNavigate({ from: '/access/providers' })
  const providers = useQuery(ask('listIdentityProviders', {}))
  const open = (name: string): void => void navigate({ search: { provider: name } })
  const add = (
    <MayButton
      look="primary"
      needs={{ action: 'update', object: 'identity-provider', domain: '*' }}
      onClick={() => open('new')}
    >
      <Icon name="plus" /> Add a provider
    </MayButton>
  )
  return (
    <AccessPage
      title="Sign-in providers"
      lead="Sign in with the accounts that people have elsewhere, at whatever OpenID Connect provider."
      cli={'plinth identity-provider list\nplinth identity-provider set okta --issuer https://… --client-id …'}
      needs={{ action: 'list', object: 'identity-provider', domain: '*' }}
      actions={add}
    >
      <Load of={providers}>
        {({ items }) => (
          <>
            {items.length === 0 ? (
              <Empty title="Passwords only" action={add}>
                With a provider such as Okta, Entra or Keycloak people sign in as they do elsewhere, and its groups
                become groups here.
              </Empty>
            ) : (
              <div className="grid items-start gap-4 2xl:grid-cols-2">
                {items.map((one) => (
                  <ProviderCard key={one.name} provider={one} onEdit={() => open(one.name)} />
                ))}
              </div>
            )}
            {provider !== undefined && (
              <ProviderDialog
                provider={items.find(({ name }) => name === provider)}
                onClose={() => void navigate({ search: {}, replace: true })}
              />
            )}
          </>
        )}
      </Load>
    </AccessPage>
  )
}
