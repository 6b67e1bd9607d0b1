import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../../api/actions.ts'
import type { Answer } from '../../api/plinth.ts'
import { TextArea, TextField } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'

const titleMin = 3

type Props = { csv: string; draft: Answer<'getChangeSet'> | undefined; onClose: () => void }

/** Gives the edited text a name, as a draft that others can look at. */
export function DraftDialog({ csv, draft, onClose }: Props) {
  const navigate = useNavigate()
  const [title, setTitle] = useState(draft?.title ?? '')
  const [description, setDescription] = useState(draft?.description ?? '')
  const open = ({ id }: { id: string }): void =>
    void navigate({ to: '/access/changes/$changeSet', params: { changeSet: id } })
  const stale = ['listChangeSets', 'getChangeSet', 'impactOfChangeSet'] as const
  const create = useAction('createChangeSet', { quiet: true, stale, onDone: open })
  const update = useAction('updateChangeSet', { quiet: true, stale, onDone: open })
  const error = create.error ?? update.error
  return (
    <FormDialog
      title={draft ? 'Save the change set' : 'Draft a change'}
      action={draft ? 'Save' : 'Draft it'}
      busy={create.isPending || update.isPending}
      ready={title.trim().length >= titleMin}
      error={error}
      onSubmit={() =>
        draft
          ? update.mutate({ params: { changeSet: draft.id }, body: { title, description, csv } })
          : create.mutate({ body: { title, csv, ...(description !== '' && { description }) } })
      }
      onClose={onClose}
    >
      <p className="text-sm text-quiet">Nothing is in force yet: next you see its impact, and who has to approve it.</p>
      <TextField
        label="Title"
        required
        value={title}
        onChange={setTitle}
        placeholder="Let QA deploy to staging"
        autoFocus
      />
      <TextArea label="Why" rows={3} value={description} onChange={setDescription} />
    </FormDialog>
  )
}
