import { Link } from '@tanstack/react-router'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { buttonLook } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { MayButton } from '../../ui/may-button.tsx'
import { say } from '../../ui/say.ts'
import { useNames } from '../shared/use-names.ts'
import { AddForm } from './add-form.tsx'
import { BindingsOf } from './bindings-of.tsx'

type Group = Answer<'listGroups'>['items'][number]

const stale = ['listGroups', 'listUsers', 'getUser', 'whatCan'] as const
const needs = { action: 'update', object: 'group', domain: '*' } as const

function Members({ group: { name, members } }: { group: Group }) {
  const { users } = useNames()
  const add = useAction('addGroupMember', { stale, done: `${name} has one more` })
  const back = useAction('addGroupMember', { stale })
  const remove = useAction('removeGroupMember', { stale })
  const take = (username: string): void => {
    const body = { group: name, username }
    const told = { tone: 'healthy', text: `${username} left ${name}`, undo: () => back.mutate({ body }) } as const
    remove.mutate({ body }, { onSuccess: () => say(told) })
  }
  return (
    <section aria-label="Members">
      <h3 className="mb-1 font-semibold">
        Members <span className="numeric font-normal text-quiet">{members.length}</span>
      </h3>
      {members.length === 0 ? (
        <p className="mb-2 text-sm text-quiet">Nobody yet.</p>
      ) : (
        <ul className="mb-2 max-h-80 overflow-auto rounded-md border border-line">
          {members.map((member) => (
            <li key={member} className="flex items-center gap-3 border-b border-line px-3 py-1.5 last:border-0">
              <Link to="/access/users" search={{ user: member }} className="flex-1 hover:text-accent">
                {member}
              </Link>
              <MayButton
                small
                look="quiet"
                needs={needs}
                aria-label={`Take out ${member}`}
                onClick={() => take(member)}
              >
                Take out
              </MayButton>
            </li>
          ))}
        </ul>
      )}
      <AddForm
        label="Add a user"
        suggestions={users.map((user) => user.slice('user:'.length)).filter((user) => !members.includes(user))}
        busy={add.isPending}
        onAdd={(username) => add.mutate({ body: { group: name, username } })}
      />
    </section>
  )
}

export function GroupPanel({ name, group, onClose }: { name: string; group: Group | undefined; onClose: () => void }) {
  return (
    <Dialog title={name} look="drawer" onClose={onClose}>
      <div className="flex flex-col gap-6 p-4">
        {group === undefined ? (
          <p className="text-quiet">No group of this name, or none that you may see.</p>
        ) : (
          <>
            {group.description !== '' && <p className="text-quiet">{group.description}</p>}
            <div className="flex flex-wrap gap-2">
              <Link to="/access/what-can" search={{ subject: `group:${name}` }} className={buttonLook()}>
                What can it?
              </Link>
              <Link to="/access/view-as" search={{ subject: `group:${name}` }} className={buttonLook()}>
                View as
              </Link>
            </div>
            <Members group={group} />
            <BindingsOf subject={`group:${name}`} />
          </>
        )}
      </div>
    </Dialog>
  )
}
