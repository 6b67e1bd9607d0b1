import type { Answer } from '../../api/plinth.ts'
import { Button } from '../../ui/button.tsx'
import { Ago } from '../../ui/time.tsx'

export type TokenInfo = Answer<'listMyTokens'>['items'][number]

type Props = { tokens: readonly TokenInfo[]; busy: boolean; onWithdraw: (token: TokenInfo) => void }

/** Tokens by what they are for; of each its beginning, what it is narrowed to, and when it was last used. */
export function TokenList({ tokens, busy, onWithdraw }: Props) {
  return (
    <ul className="rounded-md border border-line bg-surface">
      {tokens.map((token) => (
        <li
          key={token.id}
          className="flex flex-wrap items-start gap-x-4 gap-y-1 border-b border-line px-4 py-3 last:border-0"
        >
          <div className="min-w-0 flex-1 basis-56">
            <p>
              <span className="font-medium">{token.name}</span>{' '}
              <code className="text-xs text-quiet">{token.prefix}…</code>
            </p>
            <p className="text-xs text-quiet">
              {token.lastUsedAt === undefined ? 'Never used' : <Ago at={token.lastUsedAt} prefix="Last used " />}
              {' · '}
              <Ago at={token.expiresAt} prefix={Date.parse(token.expiresAt) < Date.now() ? 'ended ' : 'ends '} />
            </p>
            <p className="mt-1 flex flex-wrap gap-1">
              {token.scopes ? (
                token.scopes.map(({ action, object, domain }) => (
                  <code key={`${action} ${object} ${domain}`} className="rounded-sm border border-line px-1.5 text-xs">
                    {action} {object} in {domain}
                  </code>
                ))
              ) : (
                <span className="text-xs text-degraded">All that its owner may do</span>
              )}
            </p>
          </div>
          <Button
            small
            look="quiet"
            busy={busy}
            aria-label={`Withdraw ${token.name}`}
            onClick={() => onWithdraw(token)}
          >
            Withdraw
          </Button>
        </li>
      ))}
    </ul>
  )
}
