import { type ComponentProps, useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'

const passwordMin = 12
const listOf = (text: string): string[] => text.split(/[\s,]+/).filter((one) => one !== '')

export function NewUser({ onClose }: { onClose: () => void }) {
  const [draft, setDraft] = useState({ username: '', displayName: '', password: '', groups: '' })
  const { username, displayName, password, groups } = draft
  const create = useAction('createUser', {
    quiet: true,
    stale: ['listUsers', 'listGroups'],
    done: ({ username: made }) => `${made} may sign in`,
    onDone: onClose,
  })
  const save = (): void =>
    create.mutate({
      body: {
        username,
        password,
        ...(displayName !== '' && { displayName }),
        ...(groups !== '' && { groups: listOf(groups) }),
      },
    })
  type More = Omit<ComponentProps<typeof TextField>, 'label' | 'value' | 'onChange'>
  const field = (name: keyof typeof draft, label: string, more: More) => (
    <TextField
      autoComplete="off"
      spellCheck={false}
      {...more}
      label={label}
      value={draft[name]}
      onChange={(value) => setDraft((now) => ({ ...now, [name]: value }))}
    />
  )
  return (
    <FormDialog
      title="New user"
      action="Create"
      busy={create.isPending}
      ready={password.length >= passwordMin}
      error={create.error}
      onSubmit={save}
      onClose={onClose}
    >
      {field('username', 'User name', { required: true, help: 'Small letters, digits, dots and hyphens' })}
      {field('displayName', 'Name', { placeholder: 'Ana Duarte' })}
      {field('password', 'Password', {
        required: true,
        type: 'password',
        autoComplete: 'new-password',
        help: `${passwordMin} characters at least; hand it over by another way than this platform`,
      })}
      {field('groups', 'Groups', {
        placeholder: 'payments/developers payments/leads',
        help: 'Whoever is in a group has what it is bound to',
      })}
    </FormDialog>
  )
}
