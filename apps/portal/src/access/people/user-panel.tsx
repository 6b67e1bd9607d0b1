import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { ask } from '../../api/queries.ts'
import { Button, buttonLook } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Load } from '../../ui/load.tsx'
import { Facts } from '../../ui/facts.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { Status } from '../../ui/status.tsx'
import { Ago } from '../../ui/time.tsx'
import { useNames } from '../shared/use-names.ts'
import { AddForm } from './add-form.tsx'
import { BindingsOf } from './bindings-of.tsx'
import { NewPassword } from './new-password.tsx'

type User = Answer<'getUser'>

const stale = ['listUsers', 'getUser', 'listGroups', 'whatCan'] as const

function GroupsOf({ user: { username, groups } }: { user: User }) {
  const names = useNames()
  const add = useAction('addGroupMember', { stale, done: ({ name }) => `${username} is in ${name}` })
  const back = useAction('addGroupMember', { stale })
  const remove = useAction('removeGroupMember', {
    stale,
    done: ({ name }) => `${username} left ${name}`,
    undo: ({ name }) => back.mutate({ body: { group: name, username } }),
  })
  return (
    <section aria-label="Groups">
      <h3 className="mb-1 font-semibold">Groups</h3>
      {groups.length > 0 && (
        <ul className="mb-2 rounded-md border border-line">
          {groups.map((group) => (
            <li key={group} className="flex items-center gap-3 border-b border-line px-3 py-1.5 last:border-0">
              <Link to="/access/groups" search={{ group }} className="flex-1 font-mono text-xs hover:text-accent">
                {group}
              </Link>
              <MayButton
                small
                look="quiet"
                needs={{ action: 'update', object: 'group', domain: '*' }}
                aria-label={`Take out of ${group}`}
                onClick={() => remove.mutate({ body: { group, username } })}
              >
                Take out
              </MayButton>
            </li>
          ))}
        </ul>
      )}
      <AddForm
        label="Add to group"
        suggestions={names.groups.map((name) => name.slice('group:'.length)).filter((name) => !groups.includes(name))}
        busy={add.isPending}
        onAdd={(group) => add.mutate({ body: { group, username } })}
      />
    </section>
  )
}

function Looks({ subject }: { subject: string }) {
  return (
    <>
      <Link to="/access/what-can" search={{ subject }} className={buttonLook()}>
        What can {subject.slice('user:'.length)}?
      </Link>
      <Link to="/access/view-as" search={{ subject }} className={buttonLook()}>
        View as
      </Link>
    </>
  )
}

function SignOut({ username, onClose }: { username: string; onClose: () => void }) {
  const signOut = useAction('endUserSessions', {
    done: ({ sessions, tokens }) => `${username} is signed out: ${sessions} sessions and ${tokens} tokens ended`,
    onDone: onClose,
  })
  return (
    <Confirm
      title={`Sign ${username} out everywhere?`}
      action="Sign out"
      busy={signOut.isPending}
      onClose={onClose}
      onConfirm={() => signOut.mutate({ params: { username }, query: { tokens: true } })}
    >
      Sessions end within a second, open pages too; personal access tokens are withdrawn.
    </Confirm>
  )
}

function Actions({ user }: { user: User }) {
  const { username, disabled } = user
  const [asking, setAsking] = useState<'disable' | 'signOut' | 'password'>()
  const close = (): void => setAsking(undefined)
  const needs = { action: 'update', object: `user/${username}`, domain: '*' } as const
  const change = useAction('updateUser', {
    stale,
    done: (now) => (now.disabled ? `${username} is disabled and signed out` : `${username} may sign in again`),
    onDone: close,
  })
  const params = { username }
  return (
    <div className="flex flex-wrap gap-2">
      <Looks subject={`user:${username}`} />
      <MayButton needs={needs} onClick={() => setAsking('password')}>
        New password
      </MayButton>
      <MayButton needs={needs} onClick={() => setAsking('signOut')}>
        Sign out everywhere
      </MayButton>
      {disabled ? (
        <MayButton
          needs={needs}
          busy={change.isPending}
          onClick={() => change.mutate({ params, body: { disabled: false } })}
        >
          Enable
        </MayButton>
      ) : (
        <MayButton needs={needs} look="danger" onClick={() => setAsking('disable')}>
          Disable
        </MayButton>
      )}
      {asking === 'disable' && (
        <Confirm
          title={`Disable ${username}?`}
          action="Disable"
          typeName={username}
          busy={change.isPending}
          onClose={close}
          onConfirm={() => change.mutate({ params, body: { disabled: true } })}
        >
          Every session ends at once and no token works. Bindings stay; enabling gives everything back.
        </Confirm>
      )}
      {asking === 'signOut' && <SignOut username={username} onClose={close} />}
      {asking === 'password' && <NewPassword username={username} onClose={close} />}
    </div>
  )
}

export function UserPanel({ username, onClose }: { username: string; onClose: () => void }) {
  const user = useQuery(ask('getUser', { params: { username } }))
  return (
    <Dialog title={username} look="drawer" onClose={onClose}>
      <div className="flex flex-col gap-6 p-4">
        <Load of={user}>
          {(found) => (
            <>
              <Facts
                facts={[
                  ['Name', found.displayName],
                  [
                    'State',
                    <Status
                      key="state"
                      state={found.disabled ? 'disabled' : 'active'}
                      tone={found.disabled ? 'unknown' : 'healthy'}
                    />,
                  ],
                  ['Since', <Ago key="since" at={found.createdAt} />],
                ]}
              />
              <Actions user={found} />
              <GroupsOf user={found} />
              <BindingsOf subject={`user:${username}`} />
            </>
          )}
        </Load>
        <div className="flex justify-end">
          <Button onClick={onClose}>Close</Button>
        </div>
      </div>
    </Dialog>
  )
}
