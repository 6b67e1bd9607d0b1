import type { SubjectLifecycle } from '@plinth/contracts'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { SelectField, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'

const steps: readonly (readonly [SubjectLifecycle, string])[] = [
  ['draft', 'draft: it may still change in any way'],
  ['active', 'active: it is relied on'],
  ['deprecated', 'deprecated: use something else until a day'],
  ['retired', 'retired: it takes no new version'],
]

/** From one state of its life to another; a deprecation says until when, and where to go. */
export function LifecycleDialog({
  governed,
  onClose,
}: {
  governed: Answer<'getSubjectGovernance'>
  onClose: () => void
}) {
  const { project, subject, lifecycle } = governed
  const at = steps.findIndex(([state]) => state === lifecycle.state)
  const [state, setState] = useState<SubjectLifecycle>((steps[at + 1] ?? steps[at])?.[0] ?? 'active')
  const [retireOn, setRetireOn] = useState(lifecycle.retireOn ?? '')
  const [replacement, setReplacement] = useState(lifecycle.replacement ?? '')
  const [note, setNote] = useState('')
  const set = useAction('setSubjectLifecycle', {
    stale: ['getSubjectGovernance', 'searchProjectSchemas'],
    done: `${subject} is ${state}`,
    onDone: onClose,
    quiet: true,
  })
  const ending = state === 'deprecated' || state === 'retired'
  const body = {
    state,
    ...(ending && retireOn !== '' && { retireOn }),
    ...(ending && replacement.trim() !== '' && { replacement: replacement.trim() }),
    ...(note.trim() !== '' && { note: note.trim() }),
  }
  return (
    <FormDialog
      title="Its next step in life"
      action="Take it"
      busy={set.isPending}
      error={set.error}
      onClose={onClose}
      onSubmit={() => set.mutate({ params: { project, subject }, body })}
    >
      <SelectField
        label="State"
        value={state}
        onChange={(value) => setState(steps.find(([one]) => one === value)?.[0] ?? state)}
        options={steps}
      />
      {ending && (
        <>
          <TextField label="Gone from" type="date" value={retireOn} onChange={setRetireOn} />
          <TextField label="Use instead" value={replacement} onChange={setReplacement} placeholder="orders.v2" />
        </>
      )}
      <TextField label="Note" value={note} onChange={setNote} help="Whoever reads it is told by an event" />
    </FormDialog>
  )
}
