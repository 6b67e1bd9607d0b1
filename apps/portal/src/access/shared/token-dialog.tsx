import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SelectField, TextField } from '../../ui/field.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'
import { type Scope, ScopeFields } from './scope-fields.tsx'

export type NewToken = { name: string; expiresInDays: number; scopes?: Scope[] }

const lifetimesDays = [7, 30, 90, 365] as const

type Props = {
  title: string
  /** Once it is made; it is never shown again. */
  token: string | undefined
  busy: boolean
  error: unknown
  onMake: (token: NewToken) => void
  onClose: () => void
}

export function TokenDialog({ title, token, busy, error, onMake, onClose }: Props) {
  const [name, setName] = useState('')
  const [days, setDays] = useState(30)
  const [scopes, setScopes] = useState<readonly Scope[]>([])
  if (token !== undefined)
    return (
      <Dialog title="Copy it now" onClose={onClose}>
        <div className="flex flex-col gap-4 p-4">
          <p className="text-quiet">
            It is shown this once: only its hash is kept. Whoever has it is who it stands for.
          </p>
          <pre
            tabIndex={0}
            aria-label="The token"
            className="rounded-md bg-sunken p-3 text-xs break-all whitespace-pre-wrap"
          >
            {token}
          </pre>
          <div className="flex items-center justify-between">
            <CopyButton text={token} />
            <Button look="primary" onClick={onClose}>
              I have it
            </Button>
          </div>
        </div>
      </Dialog>
    )
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          onMake({ name, expiresInDays: days, ...(scopes.length > 0 && { scopes: [...scopes] }) })
        }}
      >
        <TextField label="What for" required value={name} onChange={setName} placeholder="git on my laptop" />
        <SelectField
          label="Ends after"
          value={String(days)}
          onChange={(value) => setDays(Number(value))}
          options={lifetimesDays.map((one) => [String(one), `${one} days`] as const)}
        />
        <ScopeFields value={scopes} onChange={setScopes} />
        {error !== null && error !== undefined && <ProblemView error={error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy}>
            Make the token
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
