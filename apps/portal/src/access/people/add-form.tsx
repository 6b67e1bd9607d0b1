import { useState } from 'react'
import { SuggestField } from '../../ui/field.tsx'
import { MayButton } from '../../ui/may-button.tsx'

type Props = { label: string; suggestions: readonly string[]; busy: boolean; onAdd: (name: string) => void }

/** Adds a user to a group, from either side. */
export function AddForm({ label, suggestions, busy, onAdd }: Props) {
  const [name, setName] = useState('')
  return (
    <form
      className="flex items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        onAdd(name.replace(/^(?:user|group):/, ''))
        setName('')
      }}
    >
      <div className="flex-1">
        <SuggestField label={label} value={name} onChange={setName} suggestions={suggestions} />
      </div>
      <MayButton
        type="submit"
        needs={{ action: 'update', object: 'group', domain: '*' }}
        disabled={name === ''}
        busy={busy}
      >
        Add
      </MayButton>
    </form>
  )
}
