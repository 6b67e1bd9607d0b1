import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'

const passwordMin = 12

export function NewPassword({ username, onClose }: { username: string; onClose: () => void }) {
  const [password, setPassword] = useState('')
  const change = useAction('updateUser', { quiet: true, done: `${username} has a new password`, onDone: onClose })
  return (
    <FormDialog
      title={`New password for ${username}`}
      action="Set it"
      busy={change.isPending}
      ready={password.length >= passwordMin}
      error={change.error}
      onSubmit={() => change.mutate({ params: { username }, body: { password } })}
      onClose={onClose}
    >
      <TextField
        label="Password"
        type="password"
        required
        autoComplete="new-password"
        value={password}
        onChange={setPassword}
        help={`${passwordMin} characters at least`}
      />
    </FormDialog>
  )
}
