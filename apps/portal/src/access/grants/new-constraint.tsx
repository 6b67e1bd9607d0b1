import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import { Button } from '../../ui/button.tsx'
import { SelectField, SuggestField, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { useNames } from '../shared/use-names.ts'

const kinds = [
  ['sod', 'Nobody holds both of two roles'],
  ['sodMax', 'Nobody holds more than some of these roles'],
  ['roleMax', 'A role has a limited number of holders'],
  ['rolePre', 'A role needs another one first'],
] as const
type Kind = (typeof kinds)[number][0]

const isKind = (value: string): value is Kind => kinds.some(([kind]) => kind === value)

type RolesProps = { kind: Kind; roles: readonly string[]; onChange: (roles: readonly string[]) => void }

function RoleFields({ kind, roles, onChange }: RolesProps) {
  const names = useNames()
  const label = (index: number): string =>
    kind === 'rolePre' ? (index === 0 ? 'Role' : 'Needs') : roles.length === 1 ? 'Role' : `Role ${index + 1}`
  return (
    <>
      {roles.map((role, index) => (
        <SuggestField
          key={index}
          label={label(index)}
          required
          value={role}
          onChange={(value) => onChange(roles.map((one, at) => (at === index ? value : one)))}
          suggestions={names.roles}
          placeholder="role:deployer"
        />
      ))}
      {kind === 'sodMax' && (
        <div>
          <Button small onClick={() => onChange([...roles, ''])}>
            Another role
          </Button>
        </div>
      )}
    </>
  )
}

export function NewConstraint({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState<Kind>('sod')
  const [roles, setRoles] = useState<readonly string[]>(['', ''])
  const [max, setMax] = useState('2')
  const [description, setDescription] = useState('')
  const create = useAction('createConstraint', {
    quiet: true,
    stale: ['listConstraints'],
    done: 'It holds from now on',
    onDone: onClose,
  })
  const count = kind === 'roleMax' ? 1 : kind === 'sodMax' ? Math.max(roles.length, 2) : 2
  const shown = Array.from({ length: count }, (_, index) => roles[index] ?? '')
  const save = (): void =>
    create.mutate({
      body: {
        kind,
        roles: shown.filter((role) => role !== ''),
        ...((kind === 'sodMax' || kind === 'roleMax') && { max: Number(max) }),
        ...(description !== '' && { description }),
      },
    })
  return (
    <FormDialog
      title="New constraint"
      action="Let it hold"
      busy={create.isPending}
      error={create.error}
      onSubmit={save}
      onClose={onClose}
    >
      <SelectField
        label="What shall hold"
        value={kind}
        onChange={(value) => isKind(value) && setKind(value)}
        options={kinds}
      />
      <RoleFields kind={kind} roles={shown} onChange={setRoles} />
      {(kind === 'sodMax' || kind === 'roleMax') && (
        <TextField label="At most" type="number" min={1} max={1000} required value={max} onChange={setMax} />
      )}
      <TextField
        label="Why"
        value={description}
        onChange={setDescription}
        placeholder="Who deploys does not audit the deployment"
      />
    </FormDialog>
  )
}
