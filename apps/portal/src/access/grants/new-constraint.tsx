import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SelectField, SuggestField, TextField } from '../../ui/field.tsx'
import { ProblemView } from '../../ui/problem-view.tsx'
import { useNames } from '../shared/use-names.ts'

const kinds = [
  ['sod', 'Nobody holds both of two roles'],
  ['sodMax', 'Nobody holds more than some of these roles'],
  ['roleMax', 'A role has a limited number of holders'],
  ['rolePre', 'A role needs another one first'],
] as const
type Kind = (typeof kinds)[number][0]

const isKind = (value: string): value is Kind => kinds.some(([kind]) => kind === value)

export function NewConstraint({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState<Kind>('sod')
  const [roles, setRoles] = useState<readonly string[]>(['', ''])
  const [max, setMax] = useState('2')
  const [description, setDescription] = useState('')
  const names = useNames()
  const create = useAction('createConstraint', {
    quiet: true,
    stale: ['listConstraints'],
    done: 'It holds from now on',
    onDone: onClose,
  })
  const count = kind === 'roleMax' ? 1 : kind === 'sodMax' ? Math.max(roles.length, 2) : 2
  const shown = Array.from({ length: count }, (_, index) => roles[index] ?? '')
  const label = (index: number): string =>
    kind === 'rolePre' ? (index === 0 ? 'Role' : 'Needs') : count === 1 ? 'Role' : `Role ${index + 1}`
  return (
    <Dialog title="New constraint" onClose={onClose}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          create.mutate({
            body: {
              kind,
              roles: shown.filter((role) => role !== ''),
              ...((kind === 'sodMax' || kind === 'roleMax') && { max: Number(max) }),
              ...(description !== '' && { description }),
            },
          })
        }}
      >
        <SelectField
          label="What shall hold"
          value={kind}
          onChange={(value) => isKind(value) && setKind(value)}
          options={kinds}
        />
        {shown.map((role, index) => (
          <SuggestField
            key={index}
            label={label(index)}
            required
            value={role}
            onChange={(value) => setRoles(shown.map((one, at) => (at === index ? value : one)))}
            suggestions={names.roles}
            placeholder="role:deployer"
          />
        ))}
        {kind === 'sodMax' && (
          <div>
            <Button small onClick={() => setRoles([...shown, ''])}>
              Another role
            </Button>
          </div>
        )}
        {(kind === 'sodMax' || kind === 'roleMax') && (
          <TextField label="At most" type="number" min={1} max={1000} required value={max} onChange={setMax} />
        )}
        <TextField
          label="Why"
          value={description}
          onChange={setDescription}
          placeholder="Who deploys does not audit the deployment"
        />
        {create.isError && <ProblemView error={create.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={create.isPending}>
            Let it hold
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
