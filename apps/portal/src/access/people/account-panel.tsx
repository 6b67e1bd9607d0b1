import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { ask } from '../../api/queries.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Load } from '../../ui/load.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { TokenDialog } from '../shared/token-dialog.tsx'
import { TokenList } from '../shared/token-list.tsx'
import { BindingsOf } from './bindings-of.tsx'

type Props = { project: string; account: string; description: string; onClose: () => void }

const stale = ['listServiceAccountTokens'] as const

function Tokens({ project, account }: { project: string; account: string }) {
  const params = { project, account }
  const [making, setMaking] = useState(false)
  const tokens = useQuery(ask('listServiceAccountTokens', { params }))
  const make = useAction('createServiceAccountToken', { quiet: true, stale })
  const withdraw = useAction('deleteServiceAccountToken', { stale, done: 'The token no longer works' })
  return (
    <section aria-label="Tokens">
      <div className="mb-1 flex items-baseline gap-3">
        <h3 className="flex-1 font-semibold">Tokens</h3>
        <MayButton
          small
          needs={{ action: 'update', object: `service-account/${account}`, domain: project }}
          onClick={() => setMaking(true)}
        >
          New token
        </MayButton>
      </div>
      <Load of={tokens} lines={1}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-sm text-quiet">None; nothing can act as this account yet.</p>
          ) : (
            <TokenList
              tokens={items}
              busy={withdraw.isPending}
              onWithdraw={({ id }) => withdraw.mutate({ params: { ...params, token: id } })}
            />
          )
        }
      </Load>
      {making && (
        <TokenDialog
          title={`New token for ${account}`}
          token={make.data?.token}
          busy={make.isPending}
          error={make.error}
          onMake={(body) => make.mutate({ params, body })}
          onClose={() => {
            setMaking(false)
            make.reset()
          }}
        />
      )}
    </section>
  )
}

export function AccountPanel({ project, account, description, onClose }: Props) {
  const [deleting, setDeleting] = useState(false)
  const remove = useAction('deleteServiceAccount', {
    stale: ['listServiceAccounts', 'listBindings'],
    done: `${account} is deleted, with its tokens and bindings`,
    onDone: onClose,
  })
  return (
    <Dialog title={`${project}/${account}`} look="drawer" onClose={onClose}>
      <div className="flex flex-col gap-6 p-4">
        {description !== '' && <p className="text-quiet">{description}</p>}
        <Tokens project={project} account={account} />
        <BindingsOf subject={`sa:${project}/${account}`} />
        <div>
          <MayButton
            look="danger"
            needs={{ action: 'delete', object: `service-account/${account}`, domain: project }}
            onClick={() => setDeleting(true)}
          >
            Delete the account
          </MayButton>
        </div>
        {deleting && (
          <Confirm
            title={`Delete ${account}?`}
            action="Delete"
            typeName={account}
            busy={remove.isPending}
            onClose={() => setDeleting(false)}
            onConfirm={() => remove.mutate({ params: { project, account } })}
          >
            Its tokens stop working at once and its bindings go with it. There is no way back.
          </Confirm>
        )}
      </div>
    </Dialog>
  )
}
