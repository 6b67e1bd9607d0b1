import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'

const passwordMin = 12
const listOf = (text: string): string[] => text.split(/[\s,]+/).filter((one) => one !== '')

export function NewUser({ onClose }: { onClose: () => void }) {
  const [username, setUsername] = useState('')
  const [displayName, setDisplayName] = useState('')
  const [password, setPassword] = useState('')
  const [groups, setGroups] = useState('')
  const create = useAction('createUser', {
    quiet: true,
    stale: ['listUsers', 'listGroups'],
    done: ({ username: made }) => `${made} may sign in`,
    onDone: onClose,
  })
  return (
    <Dialog title="New user" onClose={onClose}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          create.mutate({
            body: {
              username,
              password,
              ...(displayName !== '' && { displayName }),
              ...(groups !== '' && { groups: listOf(groups) }),
            },
          })
        }}
      >
        <TextField
          label="User name"
          required
          value={username}
          onChange={setUsername}
          autoComplete="off"
          spellCheck={false}
          help="Small letters, digits, dots and hyphens"
        />
        <TextField
          label="Name"
          value={displayName}
          onChange={setDisplayName}
          autoComplete="off"
          placeholder="Ana Duarte"
        />
        <TextField
          label="Password"
          required
          type="password"
          value={password}
          onChange={setPassword}
          autoComplete="new-password"
          help={`${passwordMin} characters at least; hand it over by another way than this platform`}
        />
        <TextField
          label="Groups"
          value={groups}
          onChange={setGroups}
          spellCheck={false}
          placeholder="payments/developers payments/leads"
          help="Whoever is in a group has what it is bound to"
        />
        {create.isError && <ProblemView error={create.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending} disabled={password.length < passwordMin}>
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
