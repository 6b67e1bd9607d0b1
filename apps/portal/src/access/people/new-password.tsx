import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'

const passwordMin = 12

export function NewPassword({ username, onClose }: { username: string; onClose: () => void }) {
  const [password, setPassword] = useState('')
  const change = useAction('updateUser', { quiet: true, done: `${username} has a new password`, onDone: onClose })
  return (
    <Dialog title={`New password for ${username}`} onClose={onClose}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate({ params: { username }, body: { password } })
        }}
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
        {change.isError && <ProblemView error={change.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={change.isPending} disabled={password.length < passwordMin}>
            Set it
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
